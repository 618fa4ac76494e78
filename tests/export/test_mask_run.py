from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sigmask.data.mask_rle import decode_mask_rle
from sigmask.export.mask_run import MaskRun, RunError
from tests.export.drawn_run import SOURCE, draw_pairs, write_run

# pycocotools' own, which users never see: Python shows deprecations in tests only
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_rows_are_found_by_where_they_come_from(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 11)
    run = MaskRun(write_run(tmp_path / "run", pairs, leave_out=[5]))
    assert (len(run), run.model, run.fingerprint, run.finished) == (10, "drawn", "0123abcd", True)
    assert run.find(SOURCE, 5) is run.find("other.parquet", 0) is run.find(SOURCE, 99) is None
    facts = list(run.facts())
    for index in [*range(5), *range(6, 11)]:
        position = run.find(SOURCE, index)
        assert position is not None
        row = run.row(position)
        assert (row["row_index"], row["sample_id"]) == (index, pairs[index].sample_id)
        assert np.array_equal(decode_mask_rle(row["mask_rle"]), pairs[index].mask)
        assert facts[position].row_index == index
        assert facts[position].area == pytest.approx(row["area_fraction"])


def test_a_row_that_is_there_twice_is_an_error(tmp_path: Path, rng: np.random.Generator) -> None:
    folder = write_run(tmp_path / "run", draw_pairs(rng, 4))
    (folder / "masks-again.parquet").write_bytes((folder / "masks-00000.parquet").read_bytes())
    with pytest.raises(RunError, match="4 rows twice"):
        MaskRun(folder)


def test_folders_that_are_no_run(tmp_path: Path, rng: np.random.Generator) -> None:
    for folder, message in ((tmp_path / "nowhere", "is not there"), (tmp_path, "holds none")):
        with pytest.raises(RunError, match=message):
            MaskRun(folder)
    folder = write_run(tmp_path / "run", draw_pairs(rng, 6))
    (folder / "masks-00001.parquet").write_bytes(b"PAR1 but no parquet")
    with pytest.raises(RunError, match="is damaged"):
        MaskRun(folder)


def test_a_run_without_summary_is_not_finished(tmp_path: Path, rng: np.random.Generator) -> None:
    folder = write_run(tmp_path / "run", draw_pairs(rng, 2))
    (folder / "summary.json").unlink()
    assert not MaskRun(folder).finished
    (folder / "summary.json").write_text("{")
    with pytest.raises(RunError, match=r"summary\.json"):
        MaskRun(folder)
