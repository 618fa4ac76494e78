"""What the instruction buys: the prior's variants, and the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sigmask.annotation.annotator import Annotator
from sigmask.errors import ConfigError, SigmaskError, SigmaskWarning
from sigmask.evaluation import instruction_ablation
from sigmask.evaluation.bench_writer import BenchWriter
from sigmask.evaluation.instruction_ablation import CONDITIONS, ablate_instruction, ablation_page, main
from sigmask.evaluation.methods import create_method
from sigmask.evaluation.prior_variants import naive_prior, uniform_prior
from sigmask.evaluation.stored_run import RunStore
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.types import Annotation, EditPair, Scope
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
    again = annotator(pair.original, pair.edited, "remove the dog").prior
    assert np.array_equal(before, again)  # the caller's annotator is as it was


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


class Noting:
    """Marks nothing, and remembers what it was told."""

    name = fingerprint = "noting"

    def __init__(self) -> None:
        self.told: list[str | None] = []

    def __call__(self, original: np.ndarray, edited: np.ndarray, instruction: str | None) -> Annotation:
        self.told.append(instruction)
        nothing = np.zeros(edited.shape[:2], np.float32)
        return Annotation(nothing > 0, nothing, nothing, 0.5, Scope.NONE)


def test_each_condition_is_told_what_its_name_says(
    tmp_path: Path, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting()
    monkeypatch.setattr(Annotator, "from_pretrained", lambda *_, **__: noting)
    names = ["right instruction", "no instruction", "wrong instruction"]
    monkeypatch.setattr(instruction_ablation, "CONDITIONS", {name: CONDITIONS[name] for name in names})
    own = ["remove the dog", "add a hat", "make it red"]
    pairs = [replace(pair, instruction=text) for pair, text in zip(drawn_pairs, own, strict=False)]
    ablate_instruction([str(write_table_corpus(tmp_path / "drawn", pairs))], "tiny", RunStore(tmp_path / "store"))
    right, none, wrong = noting.told[:3], noting.told[3:6], noting.told[6:]
    assert (right, none, len(wrong)) == (own, [None] * 3, 3)
    assert all(told in own and told != text for told, text in zip(wrong, own, strict=True))


def test_without_names_it_takes_what_has_instructions(
    tmp_path: Path,
    drawn_pairs: list[EditPair],
    annotator: Annotator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Annotator, "from_pretrained", lambda *_, **__: annotator)
    monkeypatch.setattr(instruction_ablation, "default_store", lambda: tmp_path / "store")
    unedited = [replace(pair, edited=pair.original, mask=np.zeros_like(pair.mask)) for pair in drawn_pairs]
    told = write_table_corpus(tmp_path / "told", unedited)
    mute = write_table_corpus(tmp_path / "mute", [replace(pair, instruction=None) for pair in drawn_pairs])
    monkeypatch.setattr(instruction_ablation, "benchmarks_at_hand", lambda: [str(told), str(mute)])
    with pytest.warns(SigmaskWarning, match=f"left out, having no instructions: {mute}$"):
        main(limit=1)
    page = capsys.readouterr().out
    assert "| told |" in page and "| mute |" not in page
    assert "Per edit type" not in page  # of unedited pairs alone
    with pytest.raises(ConfigError, match="got none in"):
        main([str(mute)])
    monkeypatch.setattr(instruction_ablation, "benchmarks_at_hand", lambda: [str(mute)])
    with pytest.raises(ConfigError, match="found none at hand"):
        main()


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instruction_ablation, "ablate_instruction", lambda *_, **__: pytest.fail("it ran"))
    with pytest.raises(SigmaskError, match="there is no folder"):
        main(["drawn"], output=tmp_path / "nowhere" / "ablation.md")
