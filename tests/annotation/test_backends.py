"""Engines: all give torch's answer, an export is kept and taken again, and a wrong choice is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends import create_backend
from sigmask.annotation.backends.flat_model import FlatModel
from sigmask.annotation.backends.openvino_backend import CACHE_VARIABLE, OpenVinoBackend, cache_folder
from sigmask.annotation.backends.torch_backend import TorchBackend
from sigmask.errors import SigmaskError
from sigmask.instruction.parser import parse
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.models.instruction_batch import InstructionBatch, collate_instructions
from sigmask.models.locator import Locator
from tests.drawing import draw_photo
from tests.models.random_locator import random_locator

INSTRUCTIONS = ("remove the dog", "", "change the background to a beach", "make the car red and add a lamp")
needs_openvino = pytest.mark.usefixtures("openvino")


@pytest.fixture
def openvino() -> None:
    pytest.importorskip("openvino", reason="the extra 'openvino' is not installed")


@pytest.fixture(scope="module")
def model() -> Locator:
    return random_locator("tiny")


@pytest.fixture
def exported(openvino: None, model: Locator, monkeypatch: pytest.MonkeyPatch) -> OpenVinoBackend:
    """In float32, whatever the machine prefers."""
    backend = OpenVinoBackend(model, threads=1)
    monkeypatch.setitem(backend._settings, "INFERENCE_PRECISION_HINT", "f32")
    return backend


def _said(count: int) -> InstructionBatch:
    return collate_instructions([parse(text) for text in INSTRUCTIONS[:count]], StaticTextEncoder.from_package())


def _images(count: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng((count, height, width))
    return np.stack([[draw_photo(rng, height, width) for _ in range(count)] for _ in range(2)])


def test_the_export_answers_as_torch_for_any_frame_and_batch(exported: OpenVinoBackend, model: Locator) -> None:
    reference = TorchBackend(model, torch.device("cpu"))
    reference.dtype = torch.float32
    for count, height, width in ((2, 64, 96), (1, 96, 64), (4, 96, 96)):
        images, said = _images(count, height, width), _said(count)
        expected, found = reference.run(images, said), exported.run(images, said)
        for name in ("mask_logits", "prior", "quality_logits", "scope_logits"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=2e-3)
        assert found.mask_logits.shape == (count, height, width)
        assert found.mask_logits.dtype == np.float32


def test_equal_images_get_one_answer_under_every_instruction(openvino: None, model: Locator) -> None:
    photo = draw_photo(np.random.default_rng(0), 64, 96)
    images = np.stack([[photo] * len(INSTRUCTIONS)] * 2)
    logits = OpenVinoBackend(model, threads=1).run(images, _said(len(INSTRUCTIONS))).mask_logits
    assert np.array_equal(logits, np.broadcast_to(logits[:1], logits.shape))


@needs_openvino
def test_an_export_is_kept_and_taken_again(model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    images, said = _images(1, 64, 64), _said(1)
    first = OpenVinoBackend(model, key="abc", threads=1).run(images, said)
    (kept,) = (tmp_path / "cache" / "openvino").iterdir()
    assert kept.name.startswith("abc-")
    assert sorted(path.name for path in kept.iterdir()) == ["model.bin", "model.xml"]
    monkeypatch.setattr(FlatModel, "forward", None)  # a second export would fail
    again = OpenVinoBackend(model, key="abc", threads=1).run(images, said)
    np.testing.assert_allclose(again.mask_logits, first.mask_logits, atol=1e-3)


@needs_openvino
def test_a_damaged_export_is_made_again(model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    OpenVinoBackend(model, key="abc", threads=1)
    (kept,) = (tmp_path / "openvino").iterdir()
    (kept / "model.xml").write_text("<net>", encoding="utf-8")
    OpenVinoBackend(model, key="abc", threads=1)
    assert len((kept / "model.xml").read_text(encoding="utf-8")) > 1000


def test_the_cache_is_where_the_user_says_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "sigmask"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "sigmask"


def test_a_wrong_choice_says_what_there_is(model: Locator, monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    with pytest.raises(SigmaskError, match="Did you mean 'openvino'"):
        create_backend("openvin", model, cpu)
    with pytest.raises(SigmaskError, match=r"runs on the CPU, not on 'cuda'|not installed"):
        create_backend("openvino", model, torch.device("cuda"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SigmaskError, match=r"pip install 'sigmask\[openvino\]'"):
        create_backend("openvino", model, cpu)
    assert create_backend("auto", model, cpu).name == "torch"


@needs_openvino
def test_engine_and_precision_are_part_of_the_fingerprint(model: Locator) -> None:
    encoder = StaticTextEncoder.from_package()
    prints = {Annotator(model, encoder, name="r", backend=name).fingerprint for name in ("torch", "openvino")}
    assert len(prints) == 2
