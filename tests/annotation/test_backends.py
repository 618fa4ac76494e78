"""Engines: all give torch's answer, an export is kept and taken again, and a wrong choice is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends import create_backend, openvino_backend
from sigmask.annotation.backends.flat_model import FlatModel
from sigmask.annotation.backends.openvino_backend import CACHE_VARIABLE, OpenVinoBackend, cache_folder
from sigmask.annotation.backends.torch_backend import TorchBackend
from sigmask.errors import SigmaskError, SigmaskWarning
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
    assert np.array_equal(again.mask_logits, first.mask_logits)


@needs_openvino
@pytest.mark.parametrize("damaged", ["model.xml", "model.bin"])
def test_a_damaged_export_is_made_again(
    model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    OpenVinoBackend(model, key="abc", threads=1)
    (kept,) = (tmp_path / "openvino").iterdir()
    whole = (kept / damaged).stat().st_size
    (kept / damaged).write_bytes((kept / damaged).read_bytes()[:100])
    OpenVinoBackend(model, key="abc", threads=1)
    assert (kept / damaged).stat().st_size == pytest.approx(whole, rel=0.01)  # names in the graph are drawn anew


@needs_openvino
def test_exports_of_older_code_are_removed(model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    for name in ("abc-older", "other-weights"):
        (tmp_path / "openvino" / name).mkdir(parents=True)
    OpenVinoBackend(model, key="abc", threads=1)
    names = sorted(path.name for path in (tmp_path / "openvino").iterdir())
    assert names[1:] == ["other-weights"] and names[0].startswith("abc-") and names[0] != "abc-older"


def test_a_shape_that_comes_often_is_compiled_for_itself(
    exported: OpenVinoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_backend, "_OFTEN", 2)
    monkeypatch.setattr(openvino_backend, "_SHAPES_KEPT", 1)
    said, first, often = _said(1), (2, 1, 64, 64, 3), (2, 1, 96, 64, 3)
    reference = exported.run(_images(1, 64, 64), said)
    assert list(exported._compiled) == [first]
    for calls in range(3):
        assert exported.run(_images(1, 96, 64), said).mask_logits.shape == (1, 96, 64)
        assert set(exported._compiled) == ({first, ()} if calls == 0 else {often, ()})
    again = exported.run(_images(1, 64, 64), said)  # by the model for any shape now
    np.testing.assert_allclose(again.mask_logits, reference.mask_logits, atol=2e-3)


@needs_openvino
def test_openvino_is_imported_without_its_telemetry() -> None:
    code = "from sigmask.annotation.backends.openvino_backend import import_openvino as i; i(); import sys; "
    code += "import openvino.tools.ovc; assert sys.modules['openvino_telemetry'] is None"
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_openvino
def test_auto_falls_back_to_torch_with_a_warning(model: Locator, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("no such instruction\nand much more")

    monkeypatch.setattr("sigmask.annotation.backends.choice.OpenVinoBackend", broken)
    with pytest.warns(SigmaskWarning, match=r"cannot be used \(no such instruction\)"):
        assert create_backend("auto", model, torch.device("cpu")).name == "torch"


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
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(SigmaskError, match="runs on the CPU, not on 'cuda'"):
        create_backend("openvino", model, torch.device("cuda"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SigmaskError, match=r"pip install 'sigmask\[openvino\]'"):
        create_backend("openvino", model, cpu)
    assert create_backend("auto", model, cpu).name == "torch"


@needs_openvino
def test_engine_and_precision_are_part_of_the_fingerprint(model: Locator) -> None:
    encoder = StaticTextEncoder.from_package()
    for name in ("torch", "openvino"):
        annotator = Annotator(model, encoder, name="r", backend=name)
        assert annotator.fingerprint.endswith(f"{name}-cpu-{annotator.backend.precision}")
