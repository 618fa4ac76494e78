from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sigmask.annotation.pipeline import AnnotateOptions, ModelFailedError, annotate
from sigmask.annotation.preparation import ReadAhead
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError
from sigmask.types import Annotation, EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair
from tests.drawn_corpora import write_parquet_corpus


def read_masks(folder: Path) -> list[dict[str, object]]:
    return [row for part in sorted(folder.glob("masks-*.parquet")) for row in pq.read_table(part).to_pylist()]


@pytest.fixture
def many(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, list[str]]:
    """Twenty-three pairs of three sizes in one parquet file, and their ids in order."""
    pairs = [draw_pair(rng, 48 + 16 * (number % 3), 64) for number in range(23)]
    return write_parquet_corpus(tmp_path / "pairs.parquet", pairs), [pair.sample_id for pair in pairs]


def test_every_row_is_written_once_and_in_order(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, ids = many
    annotator = FakeAnnotator()
    seen: list[tuple[int, int]] = []
    summary = annotate(
        load_corpus(path),
        annotator,
        tmp_path / "out",
        AnnotateOptions(batch_size=4, workers=3, rows_per_part=10),
        on_rows=lambda done, bad: seen.append((done, bad)),
    )
    rows = read_masks(tmp_path / "out")
    assert [row["sample_id"] for row in rows] == ids
    assert [row["row_index"] for row in rows] == list(range(23))
    assert {row["source_file"] for row in rows} == {"pairs.parquet"}
    assert len(list((tmp_path / "out").glob("masks-*.parquet"))) == 3
    assert annotator.batch_sizes == [4, 4, 2, 4, 4, 2, 3]  # no batch holds rows of two parts
    assert (seen[0], seen[-1]) == ((0, 0), (23, 0))
    assert (summary.rows, summary.written, summary.bad, summary.model) == (23, 23, {}, "fake")
    assert Summary.load(tmp_path / "out") == summary
    assert not list((tmp_path / "out").rglob("*.partial"))
    assert not list((tmp_path / "out").rglob("lock-*"))


def test_bad_rows_are_quarantined_and_the_rest_goes_on(tmp_path: Path, folder_corpus: Path) -> None:
    victims = sorted((folder_corpus / "edited").iterdir())
    victims[1].write_bytes(b"")
    victims[3].write_bytes(victims[3].read_bytes()[:60])
    summary = annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions(batch_size=2))
    assert (summary.rows, summary.written) == (5, 3)
    assert sum(summary.bad.values()) == 2
    assert summary.bad["empty_file"] == 1
    quarantined = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pylist()
    assert [row["sample_id"] for row in quarantined] == [victims[1].stem, victims[3].stem]
    assert [row["row_index"] for row in quarantined] == [1, 3]
    assert [row["row_index"] for row in read_masks(tmp_path / "out")] == [0, 2, 4]
    assert len(summary.first_bad) == 2


def test_only_the_pair_on_which_the_model_fails_is_lost(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, ids = many
    annotator = FakeAnnotator(fails_on=[ids[5]], fails_to_prepare=[ids[9]])
    summary = annotate(load_corpus(path), annotator, tmp_path / "out", AnnotateOptions(batch_size=8, workers=2))
    assert summary.bad == {"model_failed": 2}
    written = [row["sample_id"] for row in read_masks(tmp_path / "out")]
    assert written == [name for number, name in enumerate(ids) if number not in (5, 9)]
    messages = pq.read_table(tmp_path / "out" / "quarantine.parquet")["message"].to_pylist()
    assert "the model dislikes this one" in messages[0]
    assert "cannot prepare this one" in messages[1]


def test_a_model_that_fails_on_everything_stops_the_run(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write_parquet_corpus(tmp_path / "pairs.parquet", [draw_pair(rng, 16, 16) for _ in range(40)])
    with pytest.raises(ModelFailedError, match="each of the first 32 pairs"):
        annotate(load_corpus(path), FakeAnnotator(fails_on=["*"]), tmp_path / "out", AnnotateOptions(batch_size=8))
    assert not (tmp_path / "out" / "summary.json").exists()


def test_the_limit_counts_bad_rows_too(tmp_path: Path, folder_corpus: Path) -> None:
    sorted((folder_corpus / "edited").iterdir())[0].write_bytes(b"not an image at all")
    summary = annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions(limit=3))
    assert (summary.rows, summary.written) == (3, 2)


def test_a_second_run_finds_all_done_unless_told_to_overwrite(tmp_path: Path, folder_corpus: Path) -> None:
    corpus = load_corpus(folder_corpus)
    first, second, third = FakeAnnotator(), FakeAnnotator(), FakeAnnotator()
    summary = annotate(corpus, first, tmp_path / "out")
    assert annotate(corpus, second, tmp_path / "out") == summary
    assert second.batch_sizes == []
    assert annotate(corpus, third, tmp_path / "out", AnnotateOptions(overwrite=True)).written == 5
    assert third.batch_sizes == first.batch_sizes


def test_pairs_are_shown_in_order_with_their_annotations(tmp_path: Path, folder_corpus: Path) -> None:
    shown: list[tuple[EditPair, Annotation]] = []
    annotate(
        load_corpus(folder_corpus),
        FakeAnnotator(),
        tmp_path / "out",
        AnnotateOptions(batch_size=2),
        on_annotation=lambda pair, annotation: shown.append((pair, annotation)),
    )
    assert [pair.row_index for pair, _ in shown] == list(range(5))
    for pair, annotation in shown:
        assert pair.mask is not None
        assert (annotation.mask & pair.mask).sum() > 0.8 * pair.mask.sum()


def test_large_pictures_shrink_the_window_and_small_ones_widen_it_again() -> None:
    window = ReadAhead(least=3, most=28)
    assert window() == 28
    window.observe(2 * 8_000_000)
    assert window() == 3  # 48 million pixels hold three such pairs
    for _ in range(100):
        window.observe(2 * 512 * 512)
    assert window() == 28


@pytest.mark.parametrize("field", ["batch_size", "workers", "rows_per_part"])
def test_options_that_make_no_sense_are_refused(field: str) -> None:
    with pytest.raises(SigmaskError, match=f"{field} must be at least 1, got 0"):
        AnnotateOptions(**{field: 0})
