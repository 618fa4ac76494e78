"""Columns and the parts of their cells, by a parquet file's types and by a table's rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sigmask.data.corpus import load_corpus
from sigmask.data.found_columns import FoundColumns
from sigmask.errors import CorpusError
from sigmask.types import EditPair
from tests.drawn_corpora import encode_image

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_structs_and_lists_of_a_schema_have_parts_and_images_have_none() -> None:
    pair = pa.struct([("before", IMAGE), ("after", pa.list_(pa.binary()))])
    found = FoundColumns.of_schema(pa.schema([("id", pa.int64()), ("picture", IMAGE), ("pair", pair)]))

    assert found.names == ("id", "picture", "pair")
    assert found.parts == ("pair.before", "pair.after[0]", "pair.after[1]")


def test_objects_and_lists_of_rows_have_parts() -> None:
    rows = [{"id": 1, "images": ["a.png"]}, {"images": ["a.png", "b.png"], "said": {"prompt": None}}]

    found = FoundColumns.of_rows(rows)

    assert found.names == ("id", "images", "said")
    assert found.parts == ("images[0]", "images[1]", "said.prompt")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        *(("pair.before", True), ("pair.before.bytes", True), ("pair", True), ("pair.before[left]", True)),
        *(("images[1/2]", True), ("images[7]", True), ("other.x", True)),
        *(("pair.befor", False), ("pair[0]", False), ("images.x", False)),
    ],
)
def test_what_a_selector_may_find(name: str, there: bool) -> None:
    found = FoundColumns(("pair", "images", "other"), ("pair.before", "images[0]", "images[1]"))
    assert found.may_hold(name) == there


@pytest.mark.parametrize("listed", [False, True])
def test_images_within_structs_are_read_as_the_error_proposes(
    listed: bool, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    def image(pixels: object, kind: str) -> object:
        cell = {"bytes": encode_image(pixels), "path": None}  # type: ignore[arg-type]
        return [cell] if listed and kind == "after" else cell

    cells = [
        {"before": image(pair.original, "before"), "after": image(pair.edited, "after"), "prompt": pair.instruction}
        for pair in drawn_pairs
    ]
    path = tmp_path / "nested.parquet"
    pq.write_table(pa.table({"pair": cells}), path)

    with pytest.raises(CorpusError) as caught:
        load_corpus(path)
    after = "pair.after[0]" if listed else "pair.after"
    shown = f"'{after}'" if listed else after
    assert str(caught.value).endswith(f"--original pair.before --edited {shown} --instruction pair.prompt")

    read = list(load_corpus(path, original="pair.before", edited=after, instruction="pair.prompt"))
    assert [row.instruction for row in read if isinstance(row, EditPair)] == [pair.instruction for pair in drawn_pairs]


def test_what_is_plain_has_no_parts_and_halves_are_none() -> None:
    found = FoundColumns.of_schema(pa.schema([("src", pa.binary()), ("picture", IMAGE)]))
    assert found.plain == {"src"}
    assert FoundColumns.of_rows([{"a": "x.png", "b": None, "c": ["y"]}, {"a": 1, "b": None}]).plain == {"a"}
    assert [found.may_hold(name) for name in ("src.bytes", "src[0]", "src[left]", "picture.bytes")] == [
        *(False, False, True, True)
    ]


def test_a_part_of_a_plain_column_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    cells = [encode_image(np.zeros((8, 8, 3), np.uint8))]
    pq.write_table(pa.table({"src": cells, "dst": cells}), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match=r"--original: 'src\.bytes' names a part of a cell.*give 'src'"):
        load_corpus(tmp_path / "a.parquet", original="src.bytes", edited="dst")
