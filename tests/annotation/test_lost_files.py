from __future__ import annotations

from pathlib import Path

import pytest

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskWarning
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawn_corpora import write_parquet_corpus


@pytest.fixture
def half_lost(tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    """Two files of five rows; of the second the footer is gone."""
    folder = tmp_path / "corpus"
    write_parquet_corpus(folder / "a.parquet", drawn_pairs)
    whole = write_parquet_corpus(folder / "b.parquet", drawn_pairs).read_bytes()
    (folder / "b.parquet").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.mark.parametrize(("limit", "stops"), [("45%", True), ("55%", False), ("4", True), ("5", False)])
def test_a_lost_file_counts_as_many_rows_as_the_others_hold(half_lost: Path, limit: str, stops: bool) -> None:
    options = AnnotateOptions(max_bad=BadRowLimit.parse(limit))
    output = half_lost.parent / "out"
    if stops:
        with pytest.raises(TooManyBadRowsError, match=r"1 of 2 source files.*\(b\.parquet\).* about 5 of 10 rows"):
            annotate(load_corpus(half_lost), FakeAnnotator(), output, options)
        return
    with pytest.warns(SigmaskWarning, match=r"1 of 2 source files cannot be read at all \(b\.parquet\)"):
        assert annotate(load_corpus(half_lost), FakeAnnotator(), output, options).rows == 6


def test_a_mended_file_is_read_by_a_retry(half_lost: Path) -> None:
    output = half_lost.parent / "out"
    with pytest.warns(SigmaskWarning, match="--retry-quarantine reads it"):
        annotate(load_corpus(half_lost), FakeAnnotator(), output)
    (half_lost / "b.parquet").write_bytes((half_lost / "a.parquet").read_bytes())
    with pytest.warns(SigmaskWarning, match="are made again"):
        summary = annotate(load_corpus(half_lost), FakeAnnotator(), output, AnnotateOptions(retry_quarantine=True))
    assert (summary.rows, summary.written) == (10, 10)
