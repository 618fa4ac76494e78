from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sigmask.annotation.output_folder import OutputExistsError, open_output
from sigmask.annotation.quarantine import write_quarantine
from sigmask.annotation.summary import Summary, Tally
from sigmask.data.corpus_address import CorpusAddress
from sigmask.errors import BadReason
from sigmask.types import Annotation, BadSample, Scope


def bad(number: int, reason: BadReason = BadReason.TRUNCATED) -> BadSample:
    return BadSample(f"id{number}", reason, f"broken {number}", "pairs.parquet", number)


def test_a_summary_adds_up_and_survives_the_disk(tmp_path: Path) -> None:
    tally = Tally()
    for filled, quality, scope, flags in ((0.0, 0.5, Scope.NONE, ("doubtful",)), (0.5, 1.0, Scope.LOCAL, ())):
        mask = np.zeros((4, 4), np.bool_)
        mask[: int(4 * filled)] = True
        maps = np.zeros((4, 4), np.float32)
        tally.add(Annotation(mask, maps, maps, quality, scope, flags=flags))
    address = CorpusAddress("/a/b\udce9", {"original": "src"}, "/a")  # a name that is not UTF-8
    summary = tally.summary(bad=[bad(7), bad(8)], seconds=2.0, model="tiny", fingerprint="abc", address=address)
    assert summary.bad == {"truncated": 2}
    assert (summary.rows, summary.written, summary.pairs_per_second) == (4, 2, 2.0)
    assert (summary.mean_area, summary.mean_quality) == (0.25, 0.75)
    assert summary.scope_counts == {"none": 1, "local": 1}
    assert summary.doubtful == 1
    assert summary.first_bad == ["id7: broken 7", "id8: broken 8"]
    assert (summary.corpus, summary.columns, summary.root) == ("/a/b\ufffd\ufffd\ufffd", {"original": "src"}, "/a")
    summary.save(tmp_path)
    assert Summary.load(tmp_path) == summary


def test_tallies_add_up() -> None:
    tally = Tally(1, 0.5, 1.0, {"local": 1}, doubtful=1)
    tally.merge(Tally(2, 0.25, 1.0, {"none": 1, "local": 1}, doubtful=2))
    assert tally == Tally(3, 0.75, 2.0, {"local": 2, "none": 1}, doubtful=3)


def test_a_summary_names_the_first_few_bad_rows_only() -> None:
    many = [bad(number) for number in range(9)]
    summary = Tally().summary(bad=many, seconds=0.0, model="", fingerprint="")
    assert [line.split(":")[0] for line in summary.first_bad] == ["id0", "id1", "id2", "id3", "id4"]
    assert (summary.rows, summary.written, summary.pairs_per_second) == (9, 0, 0.0)


def test_the_quarantine_holds_every_bad_row_in_order(tmp_path: Path) -> None:
    write_quarantine(
        tmp_path, [bad(number, BadReason.TRUNCATED if number else BadReason.MISSING_FILE) for number in range(7)]
    )
    rows = pq.read_table(tmp_path / "quarantine.parquet").to_pylist()
    assert [row["row_index"] for row in rows] == list(range(7))
    assert rows[0] == {
        "sample_id": "id0",
        "source_file": "pairs.parquet",
        "row_index": 0,
        "reason": "missing_file",
        "message": "broken 0",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["quarantine.parquet"]


def test_an_empty_quarantine_is_a_file_without_rows(tmp_path: Path) -> None:
    write_quarantine(tmp_path, [])
    assert pq.read_table(tmp_path / "quarantine.parquet").num_rows == 0


def test_an_output_with_a_run_is_refused_and_replaced_only_when_told(tmp_path: Path) -> None:
    open_output(tmp_path / "new" / "out")
    (tmp_path / "summary.json").write_text("{}")
    (tmp_path / "masks-00000.parquet").write_text("")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"a finished run .*--overwrite"):
        open_output(tmp_path)
    open_output(tmp_path, overwrite=True)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["notes.txt"]


def test_an_unfinished_run_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "masks-00000.parquet.partial").write_text("")
    with pytest.raises(OutputExistsError, match="an unfinished run"):
        open_output(tmp_path)


def test_a_file_is_no_output_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputExistsError, match="must be a folder"):
        open_output(tmp_path / "out", overwrite=True)
