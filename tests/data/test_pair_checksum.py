from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sigmask.data.cell_selector import ImageHalf
from sigmask.data.pair_checksum import in_memory, pair_checksum, require_unchanged
from sigmask.errors import BadReason, SampleError


def test_the_checksum_is_the_crc_of_one_file_behind_the_other() -> None:
    assert pair_checksum(b"1234", b"56789") == zlib.crc32(b"123456789") == 0xCBF43926  # the CRC's own check value
    assert pair_checksum(ImageHalf(b"1234", "left"), b"56789") == 0xCBF43926
    assert pair_checksum(b"1234", np.zeros((8, 8, 3), np.uint8)) is None


def test_every_form_of_a_cell_gives_the_same_bytes(tmp_path: Path) -> None:
    encoded = bytes(range(100))
    (tmp_path / "a.png").write_bytes(encoded)
    forms = [encoded, "a.png", {"bytes": encoded, "path": "a.png"}, {"bytes": None, "path": "a.png"}, ["a.png"]]
    forms += ["data:image/png;base64," + base64.b64encode(encoded).decode(), "https://host.org/b/a.png"]
    assert [in_memory(form, tmp_path) for form in forms] == [encoded] * len(forms)
    assert in_memory(ImageHalf("a.png", "top"), tmp_path) == ImageHalf(encoded, "top")


def test_what_holds_no_file_stays_as_it_is() -> None:
    picture = Image.new("RGB", (8, 8))
    assert in_memory(picture, None) is picture
    assert in_memory(None, None) is None
    with pytest.raises(SampleError, match="list of 2"):
        in_memory([b"a", b"b"], None)


def test_only_two_known_checksums_can_differ() -> None:
    for annotated, now in ((1, 1), (None, 1), (1, None)):
        require_unchanged(annotated, now)
    with pytest.raises(SampleError) as refused:
        require_unchanged(1, 2)
    assert refused.value.reason is BadReason.CHANGED
