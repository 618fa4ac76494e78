from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sigmask.data.image_decoding import decode_image
from sigmask.errors import SampleError
from sigmask.export.image_file import image_file
from tests.drawing import draw_photo


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(photo: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(photo, "JPEG", exif=exif)


def transparent(photo: Image.Image) -> bytes:
    photo = photo.convert("RGBA")
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    return encoded(photo, "PNG")


def sixteen_bits(photo: Image.Image) -> bytes:
    return encoded(Image.fromarray(np.asarray(photo)[..., 0].astype(np.uint16) * 257), "PNG")


KINDS: dict[str, tuple[Any, bool]] = {
    "jpeg": (lambda photo: encoded(photo, "JPEG"), True),
    "progressive grey jpeg": (lambda photo: encoded(photo.convert("L"), "JPEG", progressive=True), True),
    "cmyk jpeg": (lambda photo: encoded(photo.convert("CMYK"), "JPEG"), True),
    "png": (lambda photo: encoded(photo, "PNG"), True),
    "palette png": (lambda photo: encoded(photo.quantize(16), "PNG"), True),
    "turned jpeg": (turned, False),
    "transparent png": (transparent, False),
    "sixteen-bit png": (sixteen_bits, False),
    "webp": (lambda photo: encoded(photo, "WEBP", quality=80), False),
    "tiff": (lambda photo: encoded(photo, "TIFF"), False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_reader_sees_the_pixels_that_were_annotated(kind: str, rng: np.random.Generator) -> None:
    """`Image.open(...).convert("RGB")` is how IMDL-BenCo, datasets and the rest read; it knows no EXIF and no white."""
    make, own = KINDS[kind]
    source = make(Image.fromarray(draw_photo(rng, 40, 56)))
    file = image_file(source, None)
    assert file.own is own
    assert (file.encoded == source) is own
    plain = Image.open(io.BytesIO(file.encoded))
    assert file.suffix == {"JPEG": ".jpg", "PNG": ".png"}[str(plain.format)]
    pixels = np.asarray(plain.convert("RGB"))
    assert (file.height, file.width) == pixels.shape[:2]
    assert np.array_equal(pixels, decode_image(source))


def test_cells_are_found_like_the_readers_find_them(tmp_path: Path, rng: np.random.Generator) -> None:
    source = encoded(Image.fromarray(draw_photo(rng, 20, 20)), "PNG")
    (tmp_path / "a.png").write_bytes(source)
    for cell in ("a.png", ["a.png"], {"bytes": source, "path": None}, {"bytes": None, "path": "a.png"}):
        assert image_file(cell, tmp_path).encoded == source


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    for cell in (b"nothing", "missing.png", None):
        with pytest.raises(SampleError):
            image_file(cell, tmp_path)
