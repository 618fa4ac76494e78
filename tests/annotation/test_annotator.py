"""The annotator over random weights: every kind of input, mixed sizes, equal images; and the embedded weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.annotation.fingerprint import NamesItsSettings, differences
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.data.corpus import load_corpus
from sigmask.data.geometry import resize_image
from sigmask.demo.demo_corpus import write_demo_corpus
from sigmask.errors import BadReason, SampleError, SigmaskError
from sigmask.instruction.embedding_table import EmbeddingTable, write_table
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.types import Annotation, BadSample, EditPair, Scope
from tests.drawing import draw_corners, draw_photo
from tests.drawn_corpora import encode_image
from tests.models.random_locator import random_locator

INSTRUCTIONS = (None, "remove the dog", "make the sky purple", "change the background to a beach", "turn it into anime")


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator.of_model(
        random_locator("tiny"), StaticTextEncoder.from_package(), name="random", fingerprint="abc", least_quality=0.0
    )


@pytest.fixture
def exact(annotator: Annotator, monkeypatch: pytest.MonkeyPatch) -> Annotator:
    """In float32, whatever the machine prefers."""
    monkeypatch.setattr(annotator.backend, "dtype", torch.float32)
    return annotator


def _same(first: Annotation, second: Annotation) -> None:
    assert first.edit == second.edit
    assert first.flags == second.flags
    np.testing.assert_allclose(first.probability, second.probability, atol=1e-4)
    np.testing.assert_allclose(first.prior, second.prior, atol=1e-4)
    assert (first.mask != second.mask).mean() <= 1e-3
    assert first.quality == pytest.approx(second.quality, abs=1e-4)


def test_paths_pil_and_arrays_give_the_same(exact: Annotator, drawn_pairs: list[EditPair], tmp_path: Path) -> None:
    pair = drawn_pairs[0]
    from_arrays = exact(pair.original, pair.edited, pair.instruction)
    assert from_arrays.mask.shape == from_arrays.prior.shape == pair.edited.shape[:2]
    assert from_arrays.model == "random"
    assert from_arrays.edit
    pictures = [Image.fromarray(image) for image in (pair.original, pair.edited)]
    _same(exact(*pictures, pair.instruction), from_arrays)
    paths = [tmp_path / "original.png", tmp_path / "edited.png"]
    for picture, path in zip(pictures, paths, strict=True):
        picture.save(path)
    _same(exact(*paths, pair.instruction), from_arrays)
    _same(exact(*map(str, paths), pair.instruction), from_arrays)


def test_sizes_that_differ_give_maps_in_the_edited_grid(exact: Annotator, rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 120, 180)
    annotation = exact(photo, resize_image(photo, 60, 90), "remove the dog")
    assert annotation.mask.shape == (60, 90)
    assert annotation.flags == ("resized",)
    assert "unaligned" in exact(photo, draw_photo(rng, 60, 90)).flags  # two pictures of different things
    cropped = exact(draw_photo(rng, 120, 120), draw_photo(rng, 60, 90))
    assert cropped.mask.shape == (60, 90)
    assert "aspect_mismatch" in cropped.flags


@pytest.mark.parametrize("instruction", [5, ["remove the dog"], {"text": "add a cat"}])
def test_an_instruction_that_is_no_text_is_refused(
    exact: Annotator, rng: np.random.Generator, instruction: object
) -> None:
    photo = draw_photo(rng, 64, 64)
    with pytest.raises(SampleError, match="expected an instruction as text or None"):
        exact(photo, photo, instruction)  # type: ignore[arg-type]


def test_a_damaged_jpeg_is_flagged(exact: Annotator, drawn_pairs: list[EditPair], tmp_path: Path) -> None:
    pair = drawn_pairs[0]
    encoded = bytearray(encode_image(pair.edited, "JPEG", quality=95))
    middle = len(encoded) // 2
    encoded[middle : middle + 35] = bytes(range(100, 135))
    (tmp_path / "edited.jpg").write_bytes(encoded)
    assert exact(pair.original, tmp_path / "edited.jpg").flags == ("damaged",)


def test_a_crop_off_centre_is_registered(exact: Annotator, rng: np.random.Generator) -> None:
    scene = draw_corners(rng, 300, 400)
    annotation = exact(scene, np.ascontiguousarray(scene[20:, 120:]))
    assert annotation.flags == ("registered",)
    assert annotation.mask.shape == (280, 280)


def test_grey_images_are_taken(exact: Annotator, rng: np.random.Generator) -> None:
    grey = draw_photo(rng, 64, 96).mean(2).astype(np.uint8)
    annotation = exact(grey, grey[::-1].copy())
    assert annotation.mask.shape == (64, 96)
    assert annotation.edit == ()


def test_no_instruction_and_an_empty_one_are_the_same(exact: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    nothing = exact(pair.original, pair.edited, None)
    _same(exact(pair.original, pair.edited, ""), nothing)
    assert np.array_equal(nothing.prior, np.full_like(nothing.prior, 0.5))


def test_another_language_is_as_nothing_said_and_is_flagged(exact: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    nothing, foreign = (exact(pair.original, pair.edited, said) for said in (None, "把它换成别的东西"))
    assert foreign.flags == (*nothing.flags, "not_understood")
    assert np.array_equal(foreign.mask, nothing.mask)
    assert np.array_equal(foreign.prior, nothing.prior)


def test_a_batch_of_mixed_sizes_equals_the_singles_in_order(exact: Annotator, drawn_pairs: list[EditPair]) -> None:
    singles = [exact(pair.original, pair.edited, pair.instruction) for pair in drawn_pairs]
    for batch_size in (2, 8):
        batch = exact.batch(drawn_pairs, batch_size=batch_size)
        assert [item.mask.shape for item in batch] == [pair.edited.shape[:2] for pair in drawn_pairs]
        for single, item in zip(singles, batch, strict=True):
            _same(single, item)
    assert exact.batch([]) == []
    first, second = drawn_pairs[0], drawn_pairs[1]
    mixed = exact.batch([(first.original, first.edited, first.instruction), second, (first.original, first.edited)])
    for item, single in zip(mixed, (singles[0], singles[1], exact(first.original, first.edited)), strict=True):
        _same(item, single)


def test_a_bad_sample_in_a_batch_is_named(annotator: Annotator, folder_corpus: Path) -> None:
    victim = sorted((folder_corpus / "edited").iterdir())[2]
    victim.write_bytes(b"")
    with pytest.raises(SampleError, match=rf"'{victim.stem}' cannot be annotated \(empty_file: ") as caught:
        annotator.batch(load_corpus(folder_corpus))
    assert caught.value.reason is BadReason.EMPTY_FILE
    assert any("on_bad" in note for note in caught.value.__notes__)


def test_what_is_bad_in_a_batch_need_not_end_it(exact: Annotator, drawn_pairs: list[EditPair], tmp_path: Path) -> None:
    first, second = drawn_pairs[:2]
    told: dict[int, SampleError] = {}
    pairs = [first, (tmp_path / "lost.png", first.edited), BadSample("seven", BadReason.EMPTY_FILE, "no bytes"), second]
    found = exact.batch(pairs, batch_size=2, on_bad=told.__setitem__)
    assert [item is None for item in found] == [False, True, True, False]
    for item, single in zip([found[0], found[3]], exact.batch([first, second]), strict=True):
        assert item is not None
        _same(item, single)
    assert {place: error.reason for place, error in told.items()} == {
        1: BadReason.MISSING_FILE,
        2: BadReason.EMPTY_FILE,
    }


def test_what_is_no_pair_is_told(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    for wrong in ({"original": 1}, (1, 2, 3, 4), "ab"):
        with pytest.raises(SigmaskError, match=r"expected a pair as an EditPair, \(original, edited\)"):
            annotator.batch([wrong])  # type: ignore[list-item]
    with pytest.raises(SigmaskError, match="batch_size must be at least 1, got 0"):
        annotator.batch(drawn_pairs, batch_size=0)


def test_a_batch_takes_what_can_be_read_once(exact: Annotator, drawn_pairs: list[EditPair]) -> None:
    found = exact.batch((pair for pair in drawn_pairs), batch_size=2)
    for one, other in zip(found, exact.batch(drawn_pairs, batch_size=2), strict=True):
        _same(one, other)


def test_the_machines_own_precision_comes_close(
    annotator: Annotator, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = annotator.batch(drawn_pairs)
    monkeypatch.setattr(annotator.backend, "dtype", torch.float32)
    for item, exact in zip(fast, annotator.batch(drawn_pairs), strict=True):
        assert np.abs(item.probability - exact.probability).mean() < 0.02


def test_equal_images_get_one_answer_under_every_instruction(exact: Annotator, rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 64, 96)
    prepared = [exact.prepare(EditPair("", photo, photo.copy(), instruction)) for instruction in INSTRUCTIONS]
    assert len({item.edit for item in prepared}) == len(INSTRUCTIONS)
    logits = exact.backend.run(*exact.inputs(prepared)).mask_logits
    assert np.array_equal(logits, np.broadcast_to(logits[:1], logits.shape))


def test_a_mask_of_little_worth_is_given_up_and_flagged(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    kept = annotator(pair.original, pair.edited)
    settings = {"name": "random", "threshold": 1e-6}
    for least, empty in ((max(kept.quality - 0.01, 0), False), (kept.quality + 0.01, True)):
        strict = Annotator.of_model(annotator.model, annotator.encoder, least_quality=least, **settings)
        found = strict(pair.original, pair.edited)
        assert found.quality == pytest.approx(kept.quality, abs=0.01)
        assert found.mask.any() != empty
        assert ("doubtful" in found.flags) == empty
        assert (found.scope is Scope.NONE) == empty
        np.testing.assert_allclose(found.probability, kept.probability, atol=1e-4)
    for wrong in (1.01, -0.01, float("nan")):
        with pytest.raises(SigmaskError, match="least_quality must lie between 0 and 1"):
            Annotator.of_model(annotator.model, annotator.encoder, name="random", least_quality=wrong)


def test_the_threshold_must_lie_between_zero_and_one() -> None:
    model, encoder = random_locator(), StaticTextEncoder.from_package()
    for threshold in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(SigmaskError, match="threshold must lie strictly between 0 and 1"):
            Annotator.of_model(model, encoder, name="random", threshold=threshold)


def test_a_higher_threshold_marks_less(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    low, high = (
        Annotator.of_model(annotator.model, annotator.encoder, name="random", threshold=threshold, least_quality=0.0)(
            pair.original, pair.edited
        )
        for threshold in (1e-6, 1 - 1e-6)
    )
    assert low.mask.all()
    assert not high.mask.any()
    assert low.scope in (Scope.LOCAL, Scope.GLOBAL)
    assert high.scope is Scope.NONE


def test_the_fingerprint_names_weights_and_threshold(annotator: Annotator) -> None:
    other = Annotator.of_model(annotator.model, annotator.encoder, name="random", fingerprint="abc", threshold=0.4)
    assert annotator.fingerprint.startswith("abc-")
    assert annotator.fingerprint != other.fingerprint
    assert isinstance(annotator, NamesItsSettings)
    assert differences(annotator.settings, other.settings) == [
        "threshold: '0.5' there, '0.4' now",
        f"least quality: '0' there, '{LEAST_QUALITY:g}' now",
    ]
    assert {"weights", "sigmask version", "backend", "device", "precision"} < set(annotator.settings)


def test_a_missing_file_is_a_sample_error(annotator: Annotator, tmp_path: Path, rng: np.random.Generator) -> None:
    with pytest.raises(SampleError) as caught:
        annotator(tmp_path / "none.png", draw_photo(rng, 64, 64))
    assert caught.value.reason is BadReason.MISSING_FILE


def test_it_is_what_the_pipeline_asks_for(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    def through(worker: PairAnnotator, pairs: Sequence[EditPair]) -> list[Annotation]:
        return worker.infer([worker.prepare(pair) for pair in pairs])

    assert len(through(annotator, drawn_pairs)) == len(drawn_pairs)


def test_saved_weights_open_again_with_their_own_text_table(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    model = random_locator()
    Annotator.of_model(model, StaticTextEncoder.from_package(), name="random").save_pretrained(tmp_path / "first")
    vectors = np.zeros((1, 128), np.float32)
    vectors[0, 0] = 1
    table = EmbeddingTable("own", ("circle",), vectors, np.ones(1, np.float32))
    write_table(tmp_path / "first" / "text.safetensors", table)
    opened = Annotator.from_pretrained(str(tmp_path / "first"), device="cpu")
    assert (opened.name, opened.encoder.name) == (f"first ({opened.fingerprint[:8]})", "own")
    opened.save_pretrained(tmp_path / "second")
    again = Annotator.from_pretrained(str(tmp_path / "second"), device="cpu")
    assert again.encoder.name == "own"
    assert again.fingerprint == opened.fingerprint
    pair = drawn_pairs[0]
    _same(
        again(pair.original, pair.edited, pair.instruction),
        opened(pair.original, pair.edited, pair.instruction),
    )


def test_the_embedded_model_marks_nothing_on_a_picture_against_itself() -> None:
    embedded = Annotator.from_pretrained("tiny", device="cpu")
    for seed in range(5):
        photo = draw_photo(np.random.default_rng(seed), 256, 384)
        pairs = [EditPair("", photo, photo.copy(), instruction) for instruction in INSTRUCTIONS]
        for annotation in embedded.batch(pairs):
            assert not annotation.mask.any()
            assert annotation.scope is Scope.NONE


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_the_embedded_model_finds_the_demos_edits(backend: str, tmp_path: Path) -> None:
    pytest.importorskip("skimage", reason="the extra 'demo' is not installed")
    embedded = Annotator.from_pretrained("tiny", device="cpu", backend=backend)
    edits = write_demo_corpus(tmp_path)
    found = {
        pair.sample_id: embedded(pair.original, pair.edited, pair.instruction).mask
        for pair in load_corpus(tmp_path)
        if isinstance(pair, EditPair)
    }
    scores = []
    for name, edit in edits.items():
        if not edit.mask.any():
            assert not found[name].any()
            continue
        scores.append(2 * (found[name] & edit.mask).sum() / (found[name].sum() + edit.mask.sum()))
    assert len(scores) >= 6
    assert min(scores) > 0.6 and np.mean(scores) > 0.85  # 91 when this was written: a floor, not a figure
