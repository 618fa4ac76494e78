"""What a user can mend is one line and exit code 2, for tools too; a fault of ours keeps its traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigmask.annotation.write_errors import OutputWriteError
from sigmask.command_errors import exit_code_of, reason_of
from sigmask.errors import SigmaskError


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (SigmaskError("so it is"), "so it is"),
        (ModuleNotFoundError("no", name="ray"), "'sigmask x' needs the package 'ray': pip install 'sigmask[ray]'"),
        (FileNotFoundError(2, "No such file or directory", "a.jpg"), "No such file or directory: 'a.jpg'"),
        (ModuleNotFoundError("no", name="sigmask.typo"), None),
        (OSError("of no file"), None),
        (ValueError("a fault of ours"), None),
    ],
)
def test_what_is_told_and_what_is_raised(error: Exception, wanted: str | None) -> None:
    assert reason_of(error, "sigmask x") == wanted


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SigmaskError("so it is"), 2),
        (FileNotFoundError(2, "No such file or directory", "a.jpg"), 2),
        (OutputWriteError("cannot write"), 4),
        (OSError(28, "No space left on device", "a.png"), 4),
        (OSError(27, "File too large"), 4),
    ],
)
def test_what_cannot_be_written_has_an_exit_code_of_its_own(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code


@pytest.mark.parametrize(
    ("tool", "arguments", "wanted"),
    [
        ("annotation.backends.int8_calibration", ["nothing", "nowhere"], "nothing has no model.onnx"),
        ("annotation.backends.onnx_export", ["nothing"], "nothing"),
        ("training.autoencoder", ["--photos", "nothing", "-o", "x.safetensors"], "nothing"),
    ],
)
def test_a_tool_says_what_is_wrong_in_one_line(tool: str, arguments: list[str], wanted: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"sigmask.{tool}", *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("sigmask: ") and wanted in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_tool_whose_own_imports_fail_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch here', name='torch')")
    done = subprocess.run(
        [sys.executable, "-m", "sigmask.training.autoencoder", "--help"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    tool = "'python -m sigmask.training.autoencoder'"
    assert done.stderr == f"sigmask: {tool} needs the package 'torch': pip install 'sigmask[torch]'\n"
