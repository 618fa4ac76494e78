"""Engines: all give torch's answer, an export is kept and taken again, and a wrong choice is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends import Backend, ModelSource, create_backend, openvino_backend
from sigmask.annotation.backends.flat_model import FlatModel
from sigmask.annotation.backends.onnx_backend import OnnxBackend
from sigmask.annotation.backends.onnx_export import export_graph
from sigmask.annotation.backends.openvino_backend import OpenVinoBackend
from sigmask.annotation.backends.torch_backend import TorchBackend
from sigmask.errors import MissingExtraError, SigmaskError, SigmaskWarning, WeightsError
from sigmask.instruction.instruction_arrays import InstructionArrays, instruction_arrays
from sigmask.instruction.parser import parse
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.models.locator import Locator
from sigmask.models.pretrained import save_pretrained
from sigmask.models.weights_folder import GRAPH_FILE, RANGES_FILE, find_weights
from sigmask.user_cache import CACHE_VARIABLE, cache_folder
from tests.drawing import draw_photo
from tests.models.random_locator import random_locator, with_affinity

INSTRUCTIONS = (
    "remove the left dog",
    "",
    "change the background to a beach",
    "make the car red and add a lamp at the top right",
)
needs_openvino = pytest.mark.usefixtures("openvino")


@pytest.fixture
def openvino() -> None:
    pytest.importorskip("openvino", reason="the extra 'openvino' is not installed")


@pytest.fixture(scope="module")
def model() -> Locator:
    return with_affinity(random_locator("tiny"))


@pytest.fixture
def exported(openvino: None, model: Locator, monkeypatch: pytest.MonkeyPatch) -> OpenVinoBackend:
    """In float32, whatever the machine prefers."""
    backend = OpenVinoBackend(ModelSource(model=model), threads=1)
    monkeypatch.setitem(backend._settings, "INFERENCE_PRECISION_HINT", "f32")
    return backend


@pytest.fixture(scope="module")
def weights(model: Locator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights with their graph."""
    pytest.importorskip("onnx", reason="exporting needs the package onnx")
    folder = tmp_path_factory.mktemp("weights")
    save_pretrained(model, folder)
    (folder / GRAPH_FILE).write_bytes(export_graph(model))
    return folder


def _said(count: int) -> InstructionArrays:
    return instruction_arrays([parse(text) for text in INSTRUCTIONS[:count]], StaticTextEncoder.from_package())


def _images(count: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng((count, height, width))
    return np.stack([[draw_photo(rng, height, width) for _ in range(count)] for _ in range(2)])


@pytest.fixture(params=["openvino from torch", "openvino from the graph", "onnx"])
def engine(request: pytest.FixtureRequest, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    if request.param == "onnx":
        return OnnxBackend(weights / GRAPH_FILE, threads=1)
    if request.param == "openvino from torch":
        backend: OpenVinoBackend = request.getfixturevalue("exported")
        return backend
    pytest.importorskip("openvino", reason="the extra 'openvino' is not installed")
    backend = OpenVinoBackend(ModelSource(folder=weights), threads=1)
    monkeypatch.setitem(backend._settings, "INFERENCE_PRECISION_HINT", "f32")
    return backend


def test_each_engine_answers_as_torch_for_any_frame_and_batch(engine: Backend, model: Locator) -> None:
    reference = TorchBackend(model, torch.device("cpu"))
    reference.dtype = torch.float32
    for count, height, width in ((2, 64, 96), (1, 96, 64), (4, 96, 96)):
        images, said = _images(count, height, width), _said(count)
        expected, found = reference.run(images, said), engine.run(images, said)
        for name in ("mask_logits", "prior", "quality_logits", "scope_logits"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=2e-3)
        assert found.mask_logits.shape == (count, height, width)
        assert found.mask_logits.dtype == np.float32


def test_equal_images_get_one_answer_under_every_instruction(engine: Backend) -> None:
    photo = draw_photo(np.random.default_rng(0), 64, 96)
    images = np.stack([[photo] * len(INSTRUCTIONS)] * 2)
    logits = engine.run(images, _said(len(INSTRUCTIONS))).mask_logits
    assert np.array_equal(logits, np.broadcast_to(logits[:1], logits.shape))


@needs_openvino
def test_an_export_is_kept_and_taken_again(model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    images, said = _images(1, 64, 64), _said(1)
    first = OpenVinoBackend(ModelSource(model=model, key="abc"), threads=1).run(images, said)
    (kept,) = (tmp_path / "cache" / "openvino").iterdir()
    assert kept.name.startswith("abc-")
    assert sorted(path.name for path in kept.iterdir()) == ["model.bin", "model.xml"]
    monkeypatch.setattr(FlatModel, "forward", None)  # a second export would fail
    again = OpenVinoBackend(ModelSource(model=model, key="abc"), threads=1).run(images, said)
    assert np.array_equal(again.mask_logits, first.mask_logits)


@needs_openvino
@pytest.mark.parametrize("damaged", ["model.xml", "model.bin"])
def test_a_damaged_export_is_made_again(
    model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    OpenVinoBackend(ModelSource(model=model, key="abc"), threads=1)
    (kept,) = (tmp_path / "openvino").iterdir()
    whole = (kept / damaged).stat().st_size
    (kept / damaged).write_bytes((kept / damaged).read_bytes()[:100])
    OpenVinoBackend(ModelSource(model=model, key="abc"), threads=1)
    assert (kept / damaged).stat().st_size == pytest.approx(whole, rel=0.01)  # names in the graph are drawn anew


@needs_openvino
def test_exports_of_older_code_are_removed(model: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    for name in ("abc-older", "other-weights"):
        (tmp_path / "openvino" / name).mkdir(parents=True)
    OpenVinoBackend(ModelSource(model=model, key="abc"), threads=1)
    names = sorted(path.name for path in (tmp_path / "openvino").iterdir())
    assert names[1:] == ["other-weights"] and names[0].startswith("abc-") and names[0] != "abc-older"


@needs_openvino
def test_which_graph_a_frame_gets_depends_on_the_frame_alone(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = OpenVinoBackend(ModelSource(folder=weights), threads=1)
    frames = ((64, 64), (64, 128), (96, 64), (64, 160), (160, 64))
    found = [backend.run(_images(1, *frame), _said(1)).mask_logits for frame in frames]
    own = {(2, 1, *frame, 3) for frame in frames[:3]}
    assert set(backend._compiled) == own | {()}  # the two long ones share the graph for any shape
    other_way_round = OpenVinoBackend(ModelSource(folder=weights), threads=1)
    for frame, logits in list(zip(frames, found, strict=True))[::-1]:
        assert np.array_equal(other_way_round.run(_images(1, *frame), _said(1)).mask_logits, logits)
    monkeypatch.setattr(openvino_backend, "_SMALL", 0)
    large = OpenVinoBackend(ModelSource(folder=weights), threads=1)
    for frame in frames[:3]:
        large.run(_images(1, *frame), _said(1))
    assert set(large._compiled) == {(2, 1, 64, 64, 3), ()}


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
        assert create_backend("auto", ModelSource(model=model), "cpu").name == "torch"


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
    source = ModelSource(model=model)
    with pytest.raises(SigmaskError, match="Did you mean 'openvino'"):
        create_backend("openvin", source, "cpu")
    for name in ("openvino", "onnx"):
        with pytest.raises(SigmaskError, match="runs on the CPU, not on 'cuda'"):
            create_backend(name, source, "cuda")
    with pytest.raises(SigmaskError, match=r"needs a model\.onnx beside the weights"):
        create_backend("onnx", source, "cpu")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sigmask\[openvino\]'"):
        create_backend("openvino", source, "cpu")
    assert create_backend("auto", source, "cpu").name == "torch"


def test_without_torch_and_openvino_the_graph_is_run(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert create_backend("auto", ModelSource(folder=weights), "cpu").name == "onnx"


def test_new_weights_remove_what_was_made_of_the_old_ones(weights: Path, model: Locator, tmp_path: Path) -> None:
    (tmp_path / GRAPH_FILE).write_bytes((weights / GRAPH_FILE).read_bytes())
    (tmp_path / RANGES_FILE).write_text("{}")
    save_pretrained(model, tmp_path)
    assert not (tmp_path / GRAPH_FILE).exists()
    assert not (tmp_path / RANGES_FILE).exists()


def test_a_damaged_graph_is_told(tmp_path: Path) -> None:
    (tmp_path / GRAPH_FILE).write_bytes(b"no graph")
    with pytest.raises(WeightsError, match="does not hold a readable model"):
        create_backend("onnx", ModelSource(folder=tmp_path), "cpu")


def test_the_graph_that_ships_is_of_the_weights_that_ship() -> None:
    folder = find_weights("tiny")
    images, said = _images(4, 96, 64), _said(4)
    images[1, :2, 20:50, 10:40] = 255 - images[1, :2, 20:50, 10:40]
    reference = TorchBackend(ModelSource(folder=folder).model, torch.device("cpu"))
    reference.dtype = torch.float32
    expected, found = reference.run(images, said), OnnxBackend(folder / GRAPH_FILE, threads=1).run(images, said)
    np.testing.assert_allclose(found.mask_logits, expected.mask_logits, atol=0.05)  # its weights are halved anew
    np.testing.assert_allclose(found.prior, expected.prior, atol=0.01)
    np.testing.assert_allclose(found.quality_logits, expected.quality_logits, atol=0.05)


@needs_openvino
def test_engine_and_precision_are_part_of_the_fingerprint(model: Locator) -> None:
    encoder = StaticTextEncoder.from_package()
    for name in ("torch", "openvino"):
        annotator = Annotator.of_model(model, encoder, name="r", backend=name)
        assert annotator.fingerprint.endswith(f"{name}-cpu-{annotator.backend.precision}")


@needs_openvino
def test_a_pair_gets_one_answer_bit_for_bit_in_any_batch_and_on_any_number_of_cores(weights: Path) -> None:
    images, said = _images(4, 64, 96), _said(4)
    third = instruction_arrays([parse(INSTRUCTIONS[2])], StaticTextEncoder.from_package())
    expected = OpenVinoBackend(ModelSource(folder=weights), threads=1).run(images[:, 2:3], third)
    for threads in (1, 2, 3):
        backend = OpenVinoBackend(ModelSource(folder=weights), threads=threads)
        backend.run(_images(2, 96, 64), _said(2))
        together = backend.run(images, said)
        for name in ("mask_logits", "prior", "quality_logits", "scope_logits"):
            assert np.array_equal(getattr(together, name)[2:3], getattr(expected, name))


@needs_openvino
def test_a_frame_that_comes_often_alone_gets_a_wide_graph_and_the_same_answers(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_backend, "_WIDE_FRAMES", 1)
    monkeypatch.setattr(openvino_backend, "_OFTEN", 4)
    backend = OpenVinoBackend(ModelSource(folder=weights), threads=2)
    first, often = (2, 1, 64, 64, 3), (2, 1, 96, 64, 3)
    backend.run(_images(1, 64, 64), _said(1))
    images, said = _images(2, 96, 64), _said(2)
    answers = []
    for wide in (first, first, often):  # compiled at the first call, counted at each of the others
        answers.append(backend.run(images, said).mask_logits)
        assert backend._wide() == [wide]
    assert set(backend._compiled) == {often}
    assert all(np.array_equal(answer, answers[0]) for answer in answers)
    backend.run(_images(1, 64, 64), _said(1))
    assert backend._wide() == [often]


@needs_openvino
def test_a_damaged_graph_is_told_by_openvino_too(weights: Path, tmp_path: Path) -> None:
    (tmp_path / GRAPH_FILE).write_bytes(b"no graph")
    with pytest.raises(WeightsError, match="does not hold a readable model"):
        OpenVinoBackend(ModelSource(folder=tmp_path))


@pytest.mark.parametrize("name", ["onnx", "openvino"])
@pytest.mark.parametrize("named", [None, "add,remove"])
def test_a_graph_that_counts_its_actions_otherwise_is_told(
    weights: Path, tmp_path: Path, name: str, named: str | None
) -> None:
    pytest.importorskip("onnxruntime" if name == "onnx" else "openvino", reason=f"no {name} here")
    onnx = pytest.importorskip("onnx", reason="changing a graph needs the package onnx")
    graph = onnx.load(weights / GRAPH_FILE)
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {"sigmask.actions": named} if named else {})
    onnx.save(graph, tmp_path / GRAPH_FILE)
    said = rf"its actions are {named or 'not named'}, expected .*Export it again"
    with pytest.raises(WeightsError, match=said):
        create_backend(name, ModelSource(folder=tmp_path), "cpu")


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_a_graph_of_another_version_is_told(weights: Path, tmp_path: Path, name: str) -> None:
    pytest.importorskip("onnxruntime" if name == "onnx" else "openvino", reason=f"no {name} here")
    onnx = pytest.importorskip("onnx", reason="changing a graph needs the package onnx")
    graph = onnx.load(weights / GRAPH_FILE)
    (said,) = (each for each in graph.graph.input if each.name == "location")
    graph.graph.input.remove(said)
    zeros = onnx.helper.make_tensor("location", onnx.TensorProto.FLOAT, [1, 1, 4], [0.0] * 4)
    graph.graph.initializer.append(zeros)
    onnx.save(graph, tmp_path / GRAPH_FILE)
    with pytest.raises(WeightsError, match=r"another version of sigmask.*Export it again"):
        create_backend(name, ModelSource(folder=tmp_path), "cpu")


@needs_openvino
def test_frames_side_by_side_are_answered_as_one_by_one(weights: Path) -> None:
    backend = OpenVinoBackend(ModelSource(folder=weights), threads=2)
    frames = [(_images(count, *frame), _said(count)) for count, frame in ((3, (64, 96)), (1, (96, 64)), (2, (64, 192)))]
    for together, frame in zip(backend.run_all(frames), frames, strict=True):
        alone = backend.run(*frame)
        assert together.mask_logits.shape == frame[0].shape[1:4]
        for name in ("mask_logits", "prior", "quality_logits", "scope_logits"):
            assert np.array_equal(getattr(together, name), getattr(alone, name))


@needs_openvino
def test_a_precision_that_cannot_be_had_is_told(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = ModelSource(folder=weights)
    with pytest.raises(SigmaskError, match="Did you mean 'int8'"):
        create_backend("openvino", source, "cpu", precision="int")
    with pytest.raises(SigmaskError, match="have no ranges for int8"):
        create_backend("openvino", source, "cpu", precision="int8")
    with pytest.raises(SigmaskError, match="not with 'onnx'"):
        create_backend("onnx", source, "cpu", precision="float32")
    assert create_backend("auto", source, "cpu", precision="float32").precision == "float32"
