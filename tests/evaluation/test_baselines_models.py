"""The rivals that need a network: their logic with stand-ins, their loading code with tiny random models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sigmask.errors import WeightsError
from sigmask.evaluation.baselines import create_baseline
from sigmask.evaluation.baselines import difference_only as difference_only_module
from sigmask.evaluation.baselines import dinov2_cosine as dinov2_module
from sigmask.evaluation.baselines import instruction_only as instruction_only_module
from sigmask.evaluation.baselines import prompted_box as prompted_box_module
from sigmask.evaluation.baselines.deep_features import FeatureDistance, cosine_distance
from sigmask.evaluation.baselines.prompted_box import Boxes, mask_named_object
from sigmask.types import Annotation, EditPair, ImageArray, MaskArray, Scope


def test_cosine_distance_by_hand() -> None:
    original = torch.tensor([[3.0, 1.0, 2.0], [4.0, 0.0, 0.0]])[:, None]
    edited = torch.tensor([[3.0, 0.0, -5.0], [4.0, 7.0, 0.0]])[:, None]
    np.testing.assert_allclose(cosine_distance(original, edited), [[0.0, 1.0, 2.0]], atol=1e-6)


def test_features_are_taken_once_a_pair_for_every_depth(rng: np.random.Generator) -> None:
    calls = []

    def network(pixels: Tensor) -> dict[int, Tensor]:
        calls.append(tuple(pixels.shape))
        coarse = torch.nn.functional.avg_pool2d(pixels, 8)
        return {0: coarse, 1: 1 - coarse}

    original = rng.integers(0, 100, (30, 60, 3), dtype=np.uint8)
    edited = original.copy()
    edited[:, 30:] = edited[:, 30:, ::-1] + np.array([0, 0, 150], np.uint8)
    pair, distance = EditPair("", original, edited), FeatureDistance(network, long_side=64, size_multiple=32)
    first, _ = distance(pair, 0), distance(pair, 1)
    assert calls == [(2, 3, 32, 64)]
    assert first.shape == (30, 60) and first[:, 36:].min() > 10 * first[:, :24].max()
    distance(EditPair("", original, original), 0)
    assert len(calls) == 2


def test_dinov2_says_which_weights_it_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "own.safetensors"
    weights.write_bytes(b"abc")
    monkeypatch.setenv("SIGMASK_DINOV2_SMALL", str(weights))
    baseline = create_baseline("dinov2-cosine")
    assert baseline.available() is None
    # SHA-256 of "abc" is the first example of FIPS 180
    assert baseline.weights() == "local file own.safetensors, sha256 ba7816bf8f01cfea"
    monkeypatch.delenv("SIGMASK_DINOV2_SMALL")
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    assert "needs a download: hf download timm/vit_small_patch14_dinov2.lvd142m" in str(baseline.available())
    assert baseline.weights() == dinov2_module._HUB_ID


def test_instruction_only_is_the_prior_and_silent_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(instruction_only_module, "load_annotator", lambda model: _annotator(model, told))
    picture = np.zeros((4, 6, 3), np.uint8)
    score = instruction_only_module.instruction_only(EditPair("", picture, picture, "remove it"), model="stub")
    np.testing.assert_allclose(score, np.linspace(0, 1, 24).reshape(4, 6), atol=1e-6)
    assert not instruction_only_module.instruction_only(EditPair("", picture, picture), model="stub").any()
    assert told == ["remove it", None]


def test_difference_only_never_tells_the_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(difference_only_module, "load_annotator", lambda model: _annotator(model, told))
    picture = np.zeros((4, 6, 3), np.uint8)
    output = create_baseline("difference-only", model="stub")(EditPair("", picture, picture, "remove it"))
    assert isinstance(output, Annotation) and output.model == "stub"
    assert told == [None]


def test_a_named_object_is_sought_on_the_original() -> None:
    original, edited = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 200, np.uint8)
    sought: list[str] = []

    def detect(image: ImageArray, phrase: str) -> Boxes:
        assert image is original
        sought.append(phrase)
        return np.array([[3.0, 2.0, 10.0, 8.0]]) if phrase == "dog" else np.zeros((0, 4))

    def segment(image: ImageArray, boxes: Boxes) -> MaskArray:
        left, top, right, bottom = boxes[0].astype(int)
        mask = np.zeros(image.shape[:2], np.bool_)
        mask[top:bottom, left:right] = True
        return mask

    found = mask_named_object(EditPair("", original, edited, "replace the dog with a cat"), detect, segment)
    assert found[2:8, 3:10].min() == 1 and found.sum() == 6 * 7
    assert not mask_named_object(EditPair("", original, edited, "remove the lamp"), detect, segment).any()
    assert not mask_named_object(EditPair("", original, edited), detect, segment).any()
    assert sought == ["dog", "lamp"]


def test_detector_and_segmenter_load_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real classes with random weights of a few thousand numbers: what they find means nothing, shapes do."""
    pytest.importorskip("transformers", reason="needs the package transformers")
    monkeypatch.setattr(prompted_box_module, "_BOX_SCORE", 0.0)
    torch.manual_seed(0)
    _write_tiny_detector(tmp_path / "detector")
    _write_tiny_segmenter(tmp_path / "segmenter")
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    boxes = prompted_box_module.load_detector(str(tmp_path / "detector"))(image, "Cat")
    assert boxes.shape == (10, 4) and boxes[:, 2].max() <= 90
    segment = prompted_box_module.load_segmenter(str(tmp_path / "segmenter"))
    one, both = (segment(image, np.array(each)) for each in ([[5, 5, 40, 30]], [[5, 5, 40, 30], [9, 9, 70, 50]]))
    assert one.shape == (60, 80) and one.dtype == np.bool_
    assert (both >= one).all()


def test_a_detector_that_is_nowhere_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the package transformers")
    with pytest.raises(WeightsError, match="is not in the Hub's cache"):
        prompted_box_module.load_detector(str(tmp_path / "empty"))


def _annotator(model: str, told: list[str | None]):  # type: ignore[no-untyped-def]
    def annotate(original: ImageArray, edited: ImageArray, instruction: str | None) -> Annotation:
        told.append(instruction)
        shape = edited.shape[:2]
        ramp = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
        prior = ramp if instruction else np.full(shape, 0.5, np.float32)
        return Annotation(ramp > 0.5, ramp, prior, quality=1.0, scope=Scope.LOCAL, model=model)

    annotate.fingerprint = "0123"  # type: ignore[attr-defined]
    return annotate


def _write_tiny_segmenter(folder: Path) -> None:
    import transformers as hf

    vision = hf.SamVisionConfig(
        hidden_size=16, output_channels=16, num_hidden_layers=1, num_attention_heads=2, image_size=64, patch_size=16,
        mlp_dim=16, window_size=2, global_attn_indexes=[0], num_pos_feats=8,
    )  # fmt: skip
    prompt = hf.SamPromptEncoderConfig(hidden_size=16, image_size=64, patch_size=16, mask_input_channels=4)
    decoder = hf.SamMaskDecoderConfig(
        hidden_size=16, mlp_dim=16, num_hidden_layers=1, num_attention_heads=2, iou_head_hidden_dim=16
    )
    config = hf.SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder)
    hf.SamModel(config).save_pretrained(folder)
    sizes = {"size": {"longest_edge": 64}, "pad_size": {"height": 64, "width": 64}, "mask_size": {"longest_edge": 16}}
    hf.SamProcessor(hf.SamImageProcessor(**sizes)).save_pretrained(folder)


def _write_tiny_detector(folder: Path) -> None:
    import transformers as hf

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "cat", "dog"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = hf.BertTokenizer(vocab_file=str(folder / "vocab.txt"))
    backbone = hf.SwinConfig(
        image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    text = hf.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config = hf.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_queries=10,
    )  # fmt: skip
    hf.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    images = hf.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    hf.GroundingDinoProcessor(images, tokenizer).save_pretrained(folder)
