from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.annotation.part_plan import Part, PartReader, plan_parts
from sigmask.annotation.sharding import Shard
from sigmask.data.corpus import Corpus
from sigmask.data.raw_pair import RawPair
from sigmask.data.unit import Unit
from sigmask.errors import SigmaskError


class CountingReader:
    """Files with row groups of given sizes; a row is its place. Counts the rows that were read."""

    columns = None

    def __init__(self, files: dict[str, list[int]], *, kind: str = "parquet", known: bool = True) -> None:
        self.kind = kind
        self.read_rows = 0
        self._files = files
        self._known = known

    def units(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(name, group, rows if self._known else None, sum(groups[:group]))
            for name, groups in self._files.items()
            for group, rows in enumerate(groups)
        )

    def read(self, unit: Unit) -> Iterator[RawPair]:
        for place in range(self._files[unit.source_file][unit.row_group]):
            self.read_rows += 1
            yield RawPair("", None, None, source_file=unit.source_file, row_index=unit.first_row + place)


def rows_read(corpus: Corpus, parts: tuple[Part, ...]) -> list[list[tuple[str, int]]]:
    reader = PartReader(corpus)
    return [[(row.source_file, row.row_index) for row in reader.read(part)] for part in parts]


FILES = st.dictionaries(
    st.sampled_from(["a.parquet", "b/a.parquet", "b_a.parquet", "ü.parquet"]), st.lists(st.integers(0, 9), max_size=6)
)


@settings(max_examples=40)
@given(files=FILES, most=st.integers(1, 12), limit=st.none() | st.integers(0, 40), known=st.booleans())
def test_the_parts_hold_every_row_once_and_in_order(
    files: dict[str, list[int]], most: int, limit: int | None, known: bool
) -> None:
    corpus = Corpus("corpus", CountingReader(files, known=known))
    parts = plan_parts(corpus, limit=limit, rows_per_part=most)
    read = rows_read(corpus, parts)
    expected = [(name, row) for name, groups in files.items() for row in range(sum(groups))][:limit]
    assert [row for part in read for row in part] == expected
    assert [part.rows for part in parts] == [len(rows) for rows in read]
    assert all(0 < part.rows <= most for part in parts)
    assert [(part.source_file, part.first_row) for part in parts] == [rows[0] for rows in read]
    assert len({part.file_name for part in parts}) == len(parts)


@settings(max_examples=25)
@given(files=FILES, count=st.integers(1, 5))
def test_shards_split_the_parts_without_rest_or_overlap(files: dict[str, list[int]], count: int) -> None:
    parts = plan_parts(Corpus("corpus", CountingReader(files)), rows_per_part=4)
    shares = [Shard(index, count).own(parts) for index in range(count)]
    assert sorted(part.name for share in shares for part in share) == sorted(part.name for part in parts)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_small_row_groups_of_one_file_go_together_and_files_stay_apart() -> None:
    corpus = Corpus("corpus", CountingReader({"a.parquet": [3, 3, 3, 3], "b.parquet": [3]}))
    parts = plan_parts(corpus, rows_per_part=7)
    assert [(part.source_file, part.first_row, part.rows) for part in parts] == [
        ("a.parquet", 0, 6),
        ("a.parquet", 6, 6),
        ("b.parquet", 0, 3),
    ]


def test_a_large_unit_is_cut_but_read_only_once() -> None:
    reader = CountingReader({"a.parquet": [100]})
    parts = plan_parts(Corpus("corpus", reader), rows_per_part=10)
    assert len(parts) == 10
    rows_read(Corpus("corpus", reader), parts)
    assert reader.read_rows == 100
    rows_read(Corpus("corpus", reader), (parts[2], parts[1]))  # backwards means from the start again
    assert reader.read_rows == 100 + 30 + 20


def test_counting_stops_at_the_limit_and_is_done_once() -> None:
    reader = CountingReader({"a.tar.gz": [20], "b.tar.gz": [100], "c.tar.gz": [100]}, known=False)
    corpus = Corpus("corpus", reader)
    first = plan_parts(corpus, limit=30, rows_per_part=25)
    assert [(part.source_file, part.rows) for part in first] == [("a.tar.gz", 20), ("b.tar.gz", 10)]
    assert reader.read_rows == 20 + 11
    assert plan_parts(corpus, limit=30, rows_per_part=25) == first
    assert reader.read_rows == 20 + 11
    assert [len(rows) for rows in rows_read(corpus, first)] == [20, 10]


def test_a_plan_is_the_same_whatever_was_counted_before() -> None:
    fresh, counted = (Corpus("corpus", CountingReader({"a.tar.gz": [9]}, known=False)) for _ in range(2))
    assert len(counted) == 9
    assert plan_parts(counted, limit=4) == plan_parts(fresh, limit=4)


def test_a_unit_that_is_longer_than_it_said_is_read_to_its_end() -> None:
    (part,) = plan_parts(Corpus("corpus", CountingReader({"a.parquet": [3]})))
    (rows,) = rows_read(Corpus("corpus", CountingReader({"a.parquet": [5]})), (part,))
    assert len(rows) == 5


def test_names_are_readable_stable_and_sort_as_the_rows_do() -> None:
    corpus = Corpus("corpus", CountingReader({"data/train 00000.parquet": [8] * 3}))
    names = [part.file_name for part in plan_parts(corpus, rows_per_part=8)]
    assert names[1] == "masks-data_train_00000-fabd6d-00000008.parquet"
    assert names == sorted(names)


def test_one_pair_more_in_a_folder_makes_other_parts_and_one_row_group_more_does_not() -> None:
    for kind, moves in (("folder", True), ("parquet", False)):
        before, after = (
            plan_parts(Corpus("corpus", CountingReader({"a": groups}, kind=kind)), rows_per_part=4)
            for groups in ([4, 4], [4, 4, 1])
        )
        assert before[0].name == after[0].name
        assert (before[0].identity != after[0].identity) is moves


def test_a_block_that_begins_at_another_byte_is_another() -> None:
    (part,) = plan_parts(Corpus("corpus", CountingReader({"a.jsonl": [3]})))
    moved = replace(part, pieces=(replace(part.pieces[0], unit=replace(part.pieces[0].unit, offset=7)),))
    assert moved.identity != part.identity


@pytest.mark.parametrize("text", ["3/3", "-1/3", "0/0", "1", "a/b", "1/2/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(SigmaskError, match="a shard is i/n"):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert str(Shard.parse(" 2/3 ")) == "2/3"
    assert Shard.parse("0/1").is_whole
    assert not Shard.parse("0/2").is_whole
