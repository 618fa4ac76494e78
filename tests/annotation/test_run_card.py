from __future__ import annotations

from pathlib import Path

import pytest

from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.annotation.run_card import is_run_card
from sigmask.data.corpus import load_corpus
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawn_corpora import write_parquet_corpus


def test_datasets_opens_the_folder_of_a_run_with_bad_rows(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: it comes with sigmask[dev]")
    write_parquet_corpus(tmp_path / "pairs.parquet", drawn_pairs)
    annotate(load_corpus(tmp_path / "pairs.parquet"), FakeAnnotator([drawn_pairs[1].sample_id]), tmp_path / "run")
    opened = datasets.load_dataset(str(tmp_path / "run"), split="train", cache_dir=str(tmp_path / "cache"))
    assert opened["sample_id"][:] == [pair.sample_id for pair in drawn_pairs if pair is not drawn_pairs[1]]
    assert isinstance(opened.features["mask"], datasets.Image)


def test_it_is_withdrawn_with_the_summary_while_parts_are_made(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_parquet_corpus(tmp_path / "pairs.parquet", drawn_pairs)
    corpus = load_corpus(tmp_path / "pairs.parquet")
    annotate(corpus, FakeAnnotator(), tmp_path / "run", AnnotateOptions(limit=2, rows_per_part=2))
    seen: list[bool] = []

    def look(rows: int, bad: int) -> None:
        seen.append((tmp_path / "run" / "README.md").exists())

    annotate(corpus, FakeAnnotator(), tmp_path / "run", AnnotateOptions(rows_per_part=2), on_rows=look)
    assert seen[0] and not any(seen[1:])
    assert "5 masks" in (tmp_path / "run" / "README.md").read_text()


def test_a_readme_of_the_users_own_stays(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_parquet_corpus(tmp_path / "pairs.parquet", drawn_pairs)
    corpus = load_corpus(tmp_path / "pairs.parquet")
    card = tmp_path / "run" / "README.md"
    annotate(corpus, FakeAnnotator(), tmp_path / "run")
    assert is_run_card(card)
    card.write_text("my notes")
    annotate(corpus, FakeAnnotator(), tmp_path / "run", AnnotateOptions(overwrite=True))
    assert card.read_text() == "my notes"
