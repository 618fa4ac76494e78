"""Undecoded rows become pairs, or bad samples that name the part at fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sigmask.data.columns import ColumnNames
from sigmask.data.raw_pair import RawPair, decode_pair, raw_pair, read_instruction
from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import BadReason, SampleError
from sigmask.types import UNREADABLE_INSTRUCTION, BadSample, EditPair

IMAGE = np.zeros((20, 30, 3), np.uint8)


def nested_lists(depth: int) -> list[Any]:
    """`depth` lists, each in the next, around the text "x"."""
    cell: Any = "x"
    for _ in range(depth):
        cell = [cell]
    return cell


def nested_structs(key: str, depth: int) -> dict[str, Any]:
    """`depth` image structs, each under `key` of the next."""
    cell: Any = "a.png"
    for _ in range(depth):
        cell = {key: cell}
    return cell


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (float("nan"), None),
        ([], None),
        (" make it red\n", "make it red"),
        (["", None, " first ", "second"], "first"),
        (np.array(["a", "b"], object), "a"),
        (nested_lists(8), "x"),
    ],
)
def test_instruction_cells(cell: Any, expected: str | None) -> None:
    assert read_instruction(cell) == expected


@pytest.mark.parametrize("cell", [3, {"text": "x"}, b"bytes", "caf\udce9", [7], nested_lists(9), nested_lists(100_000)])
def test_an_instruction_that_is_no_text_is_a_bad_row(cell: Any) -> None:
    with pytest.raises(SampleError) as caught:
        read_instruction(cell)
    assert caught.value.reason is BadReason.BAD_ROW


def test_a_row_keeps_its_place_and_cells() -> None:
    mask = np.ones((20, 30), np.bool_)
    pair = decode_pair(RawPair("a", [IMAGE], IMAGE, ["go"], 7, mask, "shard.parquet", 12))

    assert isinstance(pair, EditPair)
    assert (pair.sample_id, pair.instruction, pair.edit_type) == ("a", "go", "7")
    assert (pair.source_file, pair.row_index) == ("shard.parquet", 12)
    assert pair.mask is not None and pair.mask.all()


@pytest.mark.parametrize(
    ("change", "reason", "part"),
    [
        ({"original": None}, BadReason.NULL_CELL, "original"),
        ({"edited": b"\xff\xd8\xffnonsense"}, BadReason.TRUNCATED, "edited"),
        ({"original": [IMAGE, IMAGE]}, BadReason.BAD_ROW, "original"),
        ({"mask": np.ones((30, 20), np.bool_)}, BadReason.BAD_MASK, "mask"),
        ({"mask": ["mask/a.jpg", "mask/a.png"]}, BadReason.BAD_MASK, "mask"),
        ({"edit_type": nested_lists(100_000)}, BadReason.BAD_ROW, "edit_type"),
        ({"original": nested_structs("path", 100_000)}, BadReason.NOT_AN_IMAGE, "original"),
        ({"edited": nested_structs("bytes", 100_000)}, BadReason.NOT_AN_IMAGE, "edited"),
        ({"mask": nested_structs("path", 100_000)}, BadReason.NOT_AN_IMAGE, "mask"),
    ],
)
def test_a_bad_row_says_which_part_is_at_fault(change: dict[str, Any], reason: BadReason, part: str) -> None:
    cells: dict[str, Any] = {"original": IMAGE, "edited": IMAGE} | change
    bad = decode_pair(RawPair("a", **cells, source_file="t.csv", row_index=3))

    assert isinstance(bad, BadSample)
    assert bad.reason is reason
    assert bad.message.startswith(f"{part}: ")
    assert (bad.sample_id, bad.source_file, bad.row_index) == ("a", "t.csv", 3)


@pytest.mark.parametrize("cell", [5, b"caf\xe9", "caf\udce9", {"a": 1}, nested_lists(100_000), UnreadableCell("why")])
def test_an_instruction_that_cannot_be_read_is_flagged_and_costs_nothing_else(cell: Any) -> None:
    pair = decode_pair(RawPair("a", IMAGE, IMAGE, cell))

    assert isinstance(pair, EditPair)
    assert (pair.instruction, pair.flags) == (None, (UNREADABLE_INSTRUCTION,))


def test_a_part_that_the_instruction_has_not_costs_the_instruction_and_the_images_their_row() -> None:
    columns = ColumnNames("a", "b", instruction="said[0].value")
    raw = raw_pair({"a": IMAGE, "b": IMAGE, "said": "no list"}, columns, "t.jsonl", 0, None)
    assert isinstance(raw, RawPair)
    pair = decode_pair(raw)
    assert isinstance(pair, EditPair) and pair.flags == (UNREADABLE_INSTRUCTION,)

    bad = raw_pair({"a": "no list", "b": IMAGE}, ColumnNames("a[0]", "b"), "t.jsonl", 0, None)
    assert isinstance(bad, BadSample) and bad.reason is BadReason.BAD_ROW


@pytest.mark.parametrize("mask", [np.ones((30, 20), np.bool_), np.full((20, 30), 90, np.uint8), "gone.png", ["a", "b"]])
def test_a_bad_mask_costs_nothing_where_nobody_asks_for_it(mask: Any) -> None:
    raw = RawPair("a", IMAGE, IMAGE, mask=mask)

    assert isinstance(decode_pair(raw), BadSample)
    pair = decode_pair(raw, with_mask=False)
    assert isinstance(pair, EditPair) and pair.mask is None


def test_an_id_that_cannot_be_written_makes_a_bad_row() -> None:
    row = {"a": "a.png", "b": "b.png", "id": nested_lists(100_000)}
    bad = raw_pair(row, ColumnNames("a", "b", sample_id="id"), "t.jsonl", 4, None)

    assert isinstance(bad, BadSample)
    assert (bad.reason, bad.sample_id, bad.row_index) == (BadReason.BAD_ROW, "t.jsonl:4", 4)
