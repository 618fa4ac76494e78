from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from sigmask.cli.main import app
from sigmask.models.pretrained import save_pretrained
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawn_corpora import write_image_folders
from tests.file_size_limit import file_size_limit
from tests.models.random_locator import random_locator


@pytest.fixture
def fake_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Annotator.from_pretrained` gives the fake, so that these tests need no weights."""

    class Annotator(FakeAnnotator):
        @classmethod
        def from_pretrained(cls, name: str = "tiny", **settings: object) -> object:
            return cls()

    monkeypatch.setattr("sigmask.annotation.annotator.Annotator", Annotator)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("fake_weights")
def test_a_mask_that_cannot_be_written_is_told_with_its_name(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_image_folders(tmp_path, drawn_pairs[:1])
    pictures = [tmp_path / part / f"{drawn_pairs[0].sample_id}.png" for part in ("original", "edited")]
    output = tmp_path / "mask.png"
    with file_size_limit(10):
        code, told = run("mask", *pictures, "-o", output)
    assert code == 4
    assert told.startswith(f"sigmask: cannot write {output}: File too large. Make room")
    assert not output.exists()


@pytest.mark.usefixtures("fake_weights")
def test_mask_writes_what_was_asked_for(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    for name in ("original", "edited"):
        Image.fromarray(getattr(pair, name)).save(tmp_path / f"{name}.png")
    code, output = run(
        "mask", tmp_path / "original.png", tmp_path / "edited.png", "-i", pair.instruction, "-o", tmp_path / "mask.png",
        "--overlay", tmp_path / "overlay.png", "--probability", tmp_path / "probability.png",
    )  # fmt: skip
    assert code == 0
    assert "add: – →" in output
    mask = np.asarray(Image.open(tmp_path / "mask.png")) > 0
    assert pair.mask is not None
    assert mask.shape == pair.mask.shape
    assert (mask & pair.mask).sum() > 0.7 * (mask | pair.mask).sum()
    assert Image.open(tmp_path / "overlay.png").size == Image.open(tmp_path / "probability.png").size == (96, 64)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("annotate", "nowhere", "-o", "out"), "nowhere"),
        (("mask", "a.png", "b.png", "-o", "mask.jpg"), "must end in .png"),
        (("mask", "a.png", "b.png", "-o", "no/such/mask.png"), "there is no folder"),
        (("mask", "a.png", "b.png", "-o", "mask.png", "--overlay", "o.foo"), "o.foo must end in one of .png, .jpg"),
        (("mask", "a.png", "b.png", "-o", "mask.png"), "a.png"),
        (("mask", "a.png", "b.png", "-o", "a.png"), "a.png is one of the pictures that are read"),
        (("mask", "a.png", "b.png", "-o", "m.png", "--overlay", "./b.png"), "is one of the pictures that are read"),
        (("mask", "a.png", "b.png", "-o", "m.png", "--probability", "m.png"), "is named for two things to write"),
        (("explain", "a.png", "b.png", "-o", "b.png"), "b.png is one of the pictures that are read"),
    ],
)
@pytest.mark.usefixtures("fake_weights")
def test_user_errors_are_one_line_and_exit_code_two(
    arguments: tuple[str, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run(*arguments)
    assert code == 2
    assert expected in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--device", "foo"), "device: 'foo' cannot be used here"),
        (("--device", "cuda:63"), "device: 'cuda:63' cannot be used here"),
        (("--threshold", "0"), "threshold must lie strictly between 0 and 1, got 0"),
    ],
)
def test_settings_that_cannot_be_are_one_line_too(
    arguments: tuple[str, ...], expected: str, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    save_pretrained(random_locator(), tmp_path / "weights")
    Image.fromarray(drawn_pairs[0].edited).save(tmp_path / "a.png")
    command = ("mask", tmp_path / "a.png", tmp_path / "a.png", "-o", tmp_path / "mask.png")
    code, output = run(*command, "--model", tmp_path / "weights", *arguments)
    assert code == 2
    assert expected in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.usefixtures("fake_weights")
def test_demo_prints_the_table_and_the_page(tmp_path: Path) -> None:
    code, output = run("demo", "-o", tmp_path / "demo")
    assert code == 0
    assert "cat-with-sunglasses" in output
    assert str(tmp_path / "demo" / "gallery" / "index.html") in output.replace("\n", "")


@pytest.mark.usefixtures("fake_weights")
def test_demo_takes_a_corpus_of_the_users_own(tmp_path: Path, folder_corpus: Path) -> None:
    code, output = run("demo", "-o", tmp_path / "demo", "--corpus", folder_corpus)
    assert code == 0
    assert "masks written" in output
    assert "these are the first" not in output
    code, output = run("demo", "-o", tmp_path / "demo", "--corpus", folder_corpus, "--limit", 3)
    assert "these are the first 3 pairs of 5: --limit reads more" in output


def test_corpora_lists_what_is_known() -> None:
    code, output = run("corpora")
    assert code == 0
    assert "magicbrush" in output


def test_a_failed_check_makes_doctor_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from sigmask.cli import doctor

    def broken() -> str | None:
        raise OSError("disk on fire")

    monkeypatch.setattr(doctor, "_CHECKS", {"fine": lambda: None, "weights": broken})
    code, output = run("doctor")
    assert code == 1
    assert "ok  fine" in output
    assert "FAILED  weights: OSError: disk on fire" in output


def test_doctor_goes_on_without_a_package_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from sigmask.cli import doctor

    monkeypatch.setattr(doctor, "_PACKAGES", ("numpy", "opencv-of-another-name"))
    monkeypatch.setattr(doctor, "_EXTRAS", {"no-such-package": "no-such-extra"})
    monkeypatch.setattr(doctor, "_CHECKS", {"fine": lambda: None})
    code, output = run("doctor")
    assert code == 0
    assert "opencv-of-another-name is not installed" in output
    assert "pip install 'sigmask[no-such-extra]'" in output.replace("\n", "")
    assert "ok  fine" in output


def test_help_comes_without_torch() -> None:
    heavy = ["torch", "timm", "datasets"]
    code = f"import sys, sigmask.cli.main; sys.exit(' '.join(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.usefixtures("fake_weights")
def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    Image.fromarray(drawn_pairs[0].edited).save(tmp_path / "a.png")
    (tmp_path / "mask.png").mkdir()
    code, output = run("mask", tmp_path / "a.png", tmp_path / "a.png", "-o", tmp_path / "mask.png")
    assert code == 2
    assert "mask.png" in output and len(output.strip().splitlines()) == 1


def test_the_program_runs_and_keeps_tracebacks_to_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sigmask.cli.main"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("sigmask 0.")
    failed = subprocess.run(
        [*command, "annotate", "nowhere", "-o", "out"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert failed.returncode == 2
    assert failed.stderr.startswith("sigmask: ")
    assert "Traceback" not in failed.stderr


def test_python_runs_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["anything", "parse", "remove the dog"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("sigmask", run_name="__main__")
    assert stop.value.code in (0, None)
    assert capsys.readouterr().out.startswith("remove the dog\n")
