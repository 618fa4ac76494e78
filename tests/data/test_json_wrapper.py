"""Records under one key of a JSON object are found, and nothing else is taken for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sigmask.data.table as table
from sigmask.data.corpus import load_corpus
from sigmask.data.raw_pair import RawPair
from sigmask.data.table import table_columns, table_rows
from sigmask.errors import CorpusError
from sigmask.types import BadSample

ROWS = [{"original": f"{index}a.png", "edited": f"{index}b.png", "tags": [{"x": 1}]} for index in range(5)]


def written(folder: Path, content: Any, indent: int | None = None) -> Path:
    path = folder / "pairs.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=indent))
    return path


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "wrapper",
    [
        {"data": ROWS},
        {"version": 1, "sizes": [1, 2], "info": {"by": [{"name": "x"}]}, "annotations": ROWS, "end": "]}"},
        {"whatever": ROWS, "data": [3]},
        {"categories": [{"id": 1}], "samples": ROWS},
    ],
)
def test_the_list_of_objects_under_a_key_is_the_table(wrapper: Any, indent: int | None, tmp_path: Path) -> None:
    assert list(table_rows(written(tmp_path, wrapper, indent))) == ROWS


def test_blocks_of_a_wrapped_table_are_read_by_seeking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS_PER_BLOCK", 2)
    corpus = load_corpus(written(tmp_path, {"version": "{[", "items": ROWS}))

    assert [(unit.first_row, unit.rows) for unit in corpus.units()] == [(0, 2), (2, 2), (4, 1)]
    (last,) = corpus.read(corpus.units()[2])
    assert isinstance(last, RawPair) and (last.original, last.row_index) == ("4a.png", 4)


def test_a_damaged_element_and_a_missing_end_cost_themselves(tmp_path: Path) -> None:
    path = written(
        tmp_path, '{"data": [{"original": "a", "edited": "b"}, {"original": oops}, {"original": "c", "edited": "d"}'
    )

    rows = list(load_corpus(path).rows())

    assert [isinstance(row, BadSample) for row in rows] == [False, True, False, True]
    assert isinstance(rows[1], BadSample) and rows[1].message.startswith("element 2: not JSON")


def test_one_object_a_line_is_still_one_row_a_line(tmp_path: Path) -> None:
    assert list(table_rows(written(tmp_path, "\n".join(map(json.dumps, ROWS))))) == ROWS
    assert list(table_rows(written(tmp_path, {"original": "a", "edited": "b"}))) == [{"original": "a", "edited": "b"}]


def test_several_lists_are_refused_with_their_names(tmp_path: Path) -> None:
    path = written(tmp_path, {"train": ROWS, "test": ROWS})
    with pytest.raises(CorpusError, match=r"pairs\.json' holds several lists of objects \(train, test\)"):
        load_corpus(path)


def test_an_object_without_such_a_list_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="an object a line, or one object around a list of objects"):
        table_columns(written(tmp_path, {"a": {"original": "x"}}, indent=2))
