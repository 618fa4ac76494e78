from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco

from sigmask.annotation import writer as writer_module
from sigmask.annotation.mask_table import MASK_SCHEMA, Row, mask_row, row_bytes
from sigmask.annotation.write_errors import OutputWriteError
from sigmask.annotation.writer import PartWriter, WrittenFile, file_checksum
from sigmask.instruction.parser import parse
from sigmask.types import Action, Annotation, EditTuple, Scope


def annotation(mask: np.ndarray, edit: tuple[EditTuple, ...] = ()) -> Annotation:
    probability = mask.astype(np.float32)
    return Annotation(mask, probability, probability, 0.5, Scope.LOCAL, edit, ("registered",), "tiny")


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros((20, 30), np.bool_)
    mask[5:10, 10:20] = True
    return mask


def rows(mask: np.ndarray, number: int) -> list[Row]:
    return [mask_row(f"id{index}", "pairs.parquet", index, annotation(mask)) for index in range(number)]


def write_part(path: Path, content: list[Row]) -> WrittenFile:
    part = PartWriter(path)
    for row in content:
        part.write(row)
    return part.finish()


def test_a_part_holds_its_rows_in_order_and_knows_its_checksum(tmp_path: Path, mask: np.ndarray) -> None:
    path = tmp_path / "masks-a.parquet"
    written = write_part(path, rows(mask, 7))
    assert pq.read_table(path)["row_index"].to_pylist() == list(range(7))
    assert written == WrittenFile(path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert file_checksum(path) == written
    assert file_checksum(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == [path]


def test_memory_is_freed_by_row_groups(tmp_path: Path, mask: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "ROW_GROUP_BYTES", 3 * row_bytes(rows(mask, 1)[0]))
    write_part(tmp_path / "masks-a.parquet", rows(mask, 7))
    metadata = pq.read_metadata(tmp_path / "masks-a.parquet")
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 3, 1]


def test_the_same_rows_make_the_same_bytes_and_so_do_rows_that_were_read_back(tmp_path: Path, mask: np.ndarray) -> None:
    first = write_part(tmp_path / "a.parquet", rows(mask, 5))
    read_back = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert write_part(tmp_path / "b.parquet", read_back) == first


def test_a_part_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    write_part(tmp_path / "a.parquet", [])
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0
    assert pq.read_schema(tmp_path / "a.parquet").names == MASK_SCHEMA.names


def test_a_discarded_part_leaves_nothing(tmp_path: Path, mask: np.ndarray) -> None:
    part = PartWriter(tmp_path / "a.parquet")
    part.write(rows(mask, 1)[0])
    part.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_no_file_can_be_is_a_write_error(tmp_path: Path) -> None:
    with pytest.raises(OutputWriteError, match=r"cannot write .*nowhere.*run the same command again"):
        PartWriter(tmp_path / "nowhere" / "a.parquet")


def test_text_that_is_not_utf8_is_written_all_the_same(tmp_path: Path, mask: np.ndarray) -> None:
    half = "half \ud83d"
    row = mask_row("name\udcff", half, 0, annotation(mask, (EditTuple(None, half, Action.ADD),)))
    write_part(tmp_path / "a.parquet", [row])
    (written,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert written["sample_id"].startswith("name\ufffd")
    assert written["source_file"].startswith("half \ufffd")
    assert written["edited_concept"].startswith("half \ufffd")


def test_a_row_says_all_that_the_annotation_says(mask: np.ndarray) -> None:
    edit = EditTuple("cat", "black cat", Action.ATTRIBUTE)
    row = mask_row("a", "b.parquet", 4, annotation(mask, (edit, EditTuple("dog", None, Action.REMOVE))))
    assert row["area_fraction"] == pytest.approx(50 / 600)
    assert (row["original_concept"], row["edited_concept"], row["action"]) == ("cat", "black cat", "attribute")
    assert row["mask_rle"]["size"] == [20, 30]
    decoded = coco.decode({"size": row["mask_rle"]["size"], "counts": row["mask_rle"]["counts"].encode()})
    assert np.array_equal(decoded.astype(bool), mask)
    assert set(row) == set(MASK_SCHEMA.names)


def test_a_list_of_things_is_named_whole(mask: np.ndarray) -> None:
    row = mask_row("a", "", 0, annotation(mask, parse("remove the cup, the plate and the plate, and add a vase")))
    assert (row["original_concept"], row["edited_concept"], row["action"]) == ("cup and plate", None, "remove")


def test_without_an_instruction_there_is_no_action(mask: np.ndarray) -> None:
    assert mask_row("a", "", 0, annotation(mask))["action"] is None


def test_datasets_opens_the_masks_as_images(tmp_path: Path, mask: np.ndarray) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "masks-a.parquet"
    write_part(path, [mask_row("a", "b.parquet", 4, annotation(mask, (EditTuple(None, "hat", Action.ADD),)))])
    opened = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))
    assert isinstance(opened.features["mask"], datasets.Image)
    row = opened[0]
    assert row["mask"].mode == "1"
    assert np.array_equal(np.asarray(row["mask"]), mask)
    assert row["mask_rle"]["size"] == [20, 30]
    assert row["flags"] == ["registered"]
    assert row["edited_concept"] == "hat"
