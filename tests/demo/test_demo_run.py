from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from sigmask.annotation.output_folder import OutputExistsError
from sigmask.annotation.pipeline import AnnotateOptions
from sigmask.data.corpus import load_corpus
from sigmask.demo import demo_corpus
from sigmask.demo.demo_run import difference_mask, run_demo, run_on_corpus
from sigmask.demo.edits import draw_edits
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator


def test_the_demo_scores_every_pair(tmp_path: Path) -> None:
    result = run_demo(tmp_path / "demo", FakeAnnotator())
    assert result.summary.written == len(result.scores) == 11
    assert result.summary.bad == {}
    by_id = {score.sample_id: score for score in result.scores}
    assert math.isnan(by_id["refused"].f1_ours)
    assert all(0.0 < score.f1_ours <= 1.0 for name, score in by_id.items() if name != "refused")
    assert "side effect" in by_id["suit-without-patch"].note
    assert result.page.is_file()
    assert len(list((tmp_path / "demo" / "gallery" / "images").iterdir())) == 66
    assert {path.name for path in (tmp_path / "demo" / "pairs").iterdir()} == {
        "original",
        "edited",
        "mask",
        "instructions.jsonl",
    }


def test_a_second_demo_replaces_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (3, 2):
        monkeypatch.setattr(demo_corpus, "draw_edits", lambda rng, most=most: islice(draw_edits(rng), most))
        result = run_demo(tmp_path / "demo", FakeAnnotator())
    assert result.summary.written == 2
    assert len(list((tmp_path / "demo" / "pairs" / "edited").iterdir())) == 2
    assert len(list((tmp_path / "demo" / "gallery" / "images").iterdir())) == 12


def test_a_corpus_of_the_users_own_gets_a_gallery_and_needs_no_masks(
    tmp_path: Path, folder_corpus: Path, drawn_pairs: list[EditPair]
) -> None:
    for path in (folder_corpus / "mask").iterdir():
        path.unlink()
    (folder_corpus / "mask").rmdir()
    result = run_on_corpus(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions(limit=3))
    assert len(result.scores) == 3
    assert all(math.isnan(score.f1_ours) for score in result.scores)
    assert result.page.is_file()
    with pytest.raises(OutputExistsError):
        run_on_corpus(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions())


def test_difference_splits_what_changed_from_what_did_not() -> None:
    original = np.full((32, 32, 3), 100, np.uint8)
    edited = original.copy()
    edited[8:16, 8:16] = 180
    mask = difference_mask(original, edited)
    assert mask.sum() == 64
    assert mask[8:16, 8:16].all()
