"""The folder a run writes to: made when missing, refused when it already holds masks. Resuming has its seam here."""

from __future__ import annotations

from pathlib import Path

from sigmask.annotation.quarantine import QUARANTINE_NAME
from sigmask.annotation.summary import SUMMARY_NAME
from sigmask.annotation.writer import PART_PATTERN
from sigmask.data.whole_file import PARTIAL_SUFFIX
from sigmask.errors import SigmaskError


class OutputExistsError(SigmaskError):
    """The output folder already holds a run."""


def open_output(folder: Path, *, overwrite: bool = False) -> None:
    """Make `folder` ready for a new run.

    With `overwrite` the files of an earlier run go, and only those: whatever else lies there stays.

    Raises:
        OutputExistsError: the folder holds a run (finished or not), or the path is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(f"the output must be a folder, and {folder} is a file: name another with -o")
    earlier = _run_files(folder)
    if earlier and not overwrite:
        state = "a finished" if (folder / SUMMARY_NAME).exists() else "an unfinished"
        raise OutputExistsError(
            f"{folder} already holds {state} run ({len(earlier)} files): name another folder with -o, "
            "or give --overwrite to replace it"
        )
    # summary.json goes first: a crash midway must not leave a folder that looks finished
    for path in sorted(earlier, key=lambda path: path.name != SUMMARY_NAME):
        path.unlink()
    folder.mkdir(parents=True, exist_ok=True)


def _run_files(folder: Path) -> list[Path]:
    patterns = (PART_PATTERN, QUARANTINE_NAME, SUMMARY_NAME)
    return [path for pattern in patterns for suffix in ("", PARTIAL_SUFFIX) for path in folder.glob(pattern + suffix)]
