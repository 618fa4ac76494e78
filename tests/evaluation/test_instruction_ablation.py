"""What the instruction buys: the prior's variants, and the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sigmask.annotation.annotator import Annotator
from sigmask.errors import ConfigError
from sigmask.evaluation.bench_writer import BenchWriter
from sigmask.evaluation.instruction_ablation import CONDITIONS, ablate_instruction, ablation_page
from sigmask.evaluation.methods import create_method
from sigmask.evaluation.prior_variants import naive_prior, uniform_prior
from sigmask.evaluation.stored_run import RunStore
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.types import Annotation, EditPair
from tests.drawn_corpora import write_table_corpus
from tests.models.random_locator import random_locator


@pytest.fixture
def annotator() -> Annotator:
    return Annotator.of_model(random_locator("tiny"), StaticTextEncoder.from_package(), name="random")


def test_a_uniform_prior_says_nothing_about_where(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    before = annotator(pair.original, pair.edited, "remove the dog").prior
    after = uniform_prior(annotator)(EditPair("", pair.original, pair.edited, "remove the dog")).prior
    assert np.ptp(before) > 1e-3
    assert np.allclose(after, 0.5)


def test_a_naive_prior_multiplies(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    told = annotator(pair.original, pair.edited, "remove the dog")
    untold = annotator(pair.original, pair.edited, None)
    product = naive_prior(annotator)(EditPair("", pair.original, pair.edited, "remove the dog"))
    assert not isinstance(product, Annotation)
    np.testing.assert_allclose(product, np.minimum(2 * told.prior, 1) * untold.probability)


def test_an_unknown_variant_lists_what_exists() -> None:
    with pytest.raises(ConfigError, match="uniform-prior"):
        create_method("tiny@uniform")


def test_a_revision_of_a_hub_id_is_no_variant(annotator: Annotator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Annotator, "from_pretrained", lambda name, **_: asked.append(name) or annotator)
    create_method("owner/weights@v2")
    create_method("owner/weights@uniform-prior")
    assert asked == ["owner/weights@v2", "owner/weights"]


def test_every_condition_is_in_the_table(
    tmp_path: Path, drawn_pairs: list[EditPair], annotator: Annotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Annotator, "from_pretrained", lambda *_, **__: annotator)
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs)
    results = ablate_instruction([str(table)], "tiny", RunStore(tmp_path / "store"), limit=3)
    assert set(results) == set(CONDITIONS)
    assert {each[0].method for each in results.values()} == {"tiny", "tiny@uniform-prior", "tiny@naive-prior"}
    lines = ablation_page(results, "tiny").splitlines()
    (row,) = [line for line in lines if line.startswith("| drawn |") and " to " in line]
    assert row.count("(") == len(CONDITIONS) - 1


def test_what_nobody_asked_for_has_a_table_of_its_own(
    tmp_path: Path, drawn_pairs: list[EditPair], annotator: Annotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Annotator, "from_pretrained", lambda *_, **__: annotator)
    writer = BenchWriter(tmp_path / "hard")
    for pair in drawn_pairs[:3]:
        assert pair.mask is not None
        unasked = pair.mask.copy()
        unasked[: len(unasked) // 2] = False
        writer.add(pair, unasked if unasked.any() else None)
    writer.finish()
    results = ablate_instruction([str(tmp_path / "hard" / "pairs.jsonl")], "tiny", RunStore(tmp_path / "store"))
    page = ablation_page(results, "tiny")
    table = page.split("does not name\n\n")[1].splitlines()
    edited = results["no instruction"][0].edited
    assert edited is not None and edited.side_effect_recall is not None
    cells = [cell.strip() for cell in table[2].strip("|").split("|")]
    assert cells[:2] == ["hard", str(edited.side_effect_pairs)]
    assert cells[2 + list(CONDITIONS).index("no instruction")] == f"{100 * edited.side_effect_recall:.1f}"
