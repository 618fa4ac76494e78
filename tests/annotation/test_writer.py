from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco

from sigmask.annotation.mask_table import MASK_SCHEMA, mask_row
from sigmask.annotation.writer import MaskWriter
from sigmask.types import Action, Annotation, EditTuple, Scope


def annotation(mask: np.ndarray, edit: tuple[EditTuple, ...] = ()) -> Annotation:
    probability = mask.astype(np.float32)
    return Annotation(mask, probability, probability, 0.5, Scope.LOCAL, edit, ("registered",), "tiny")


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros((20, 30), np.bool_)
    mask[5:10, 10:20] = True
    return mask


def test_parts_hold_the_rows_asked_for_and_the_last_one_the_rest(tmp_path: Path, mask: np.ndarray) -> None:
    with MaskWriter(tmp_path, rows_per_part=3) as writer:
        for index in range(7):
            writer.write(mask_row(f"id{index}", "pairs.parquet", index, annotation(mask)))
    parts = sorted(path.name for path in tmp_path.iterdir())
    assert parts == ["masks-00000.parquet", "masks-00001.parquet", "masks-00002.parquet"]
    tables = [pq.read_table(tmp_path / name) for name in parts]
    assert [table.num_rows for table in tables] == [3, 3, 1]
    assert [value for table in tables for value in table["row_index"].to_pylist()] == list(range(7))


def test_no_row_means_no_part(tmp_path: Path) -> None:
    with MaskWriter(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_error_drops_the_open_part_and_keeps_the_whole_ones(tmp_path: Path, mask: np.ndarray) -> None:
    with pytest.raises(RuntimeError), MaskWriter(tmp_path, rows_per_part=2) as writer:
        for index in range(3):
            writer.write(mask_row("x", "", index, annotation(mask)))
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["masks-00000.parquet"]


def test_a_row_says_all_that_the_annotation_says(mask: np.ndarray) -> None:
    edit = EditTuple("cat", "black cat", Action.ATTRIBUTE)
    row = mask_row("a", "b.parquet", 4, annotation(mask, (edit, EditTuple("dog", None, Action.REMOVE))))
    assert row["area_fraction"] == pytest.approx(50 / 600)
    assert (row["original_concept"], row["edited_concept"], row["action"]) == ("cat", "black cat", "attribute")
    assert row["mask_rle"]["size"] == [20, 30]
    decoded = coco.decode({"size": row["mask_rle"]["size"], "counts": row["mask_rle"]["counts"].encode()})
    assert np.array_equal(decoded.astype(bool), mask)
    assert set(row) == set(MASK_SCHEMA.names)


def test_without_an_instruction_there_is_no_action(mask: np.ndarray) -> None:
    assert mask_row("a", "", 0, annotation(mask))["action"] is None


def test_datasets_opens_the_masks_as_images(tmp_path: Path, mask: np.ndarray) -> None:
    datasets = pytest.importorskip("datasets")
    (tmp_path / "out").mkdir()
    with MaskWriter(tmp_path / "out") as writer:
        writer.write(mask_row("a", "b.parquet", 4, annotation(mask, (EditTuple(None, "hat", Action.ADD),))))
    opened = datasets.Dataset.from_parquet(
        str(tmp_path / "out" / "masks-00000.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert isinstance(opened.features["mask"], datasets.Image)
    row = opened[0]
    assert row["mask"].mode == "1"
    assert np.array_equal(np.asarray(row["mask"]), mask)
    assert row["mask_rle"]["size"] == [20, 30]
    assert row["flags"] == ["registered"]
    assert row["edited_concept"] == "hat"
