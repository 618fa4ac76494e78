"""The folder a run writes to: made when missing, emptied of an earlier run, cleaned of what a crash left behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sigmask.annotation.ledger import LEDGER_FOLDER, RUN_NAME
from sigmask.annotation.part_plan import PART_PATTERN, Part
from sigmask.annotation.quarantine import QUARANTINE_NAME
from sigmask.annotation.run_card import RUN_CARD_NAME, is_run_card
from sigmask.annotation.summary import SUMMARY_NAME
from sigmask.annotation.write_errors import writing
from sigmask.errors import SigmaskError
from sigmask.output_path import require_no_file
from sigmask.whole_file import PARTIAL_SUFFIX

_OWN_PREFIXES = ("masks-", "quarantine", "summary", "run", "lock-", f"{RUN_CARD_NAME}.")


class OutputExistsError(SigmaskError):
    """The output folder already holds a run."""


def open_output(folder: Path, *, overwrite: bool = False) -> None:
    """Make `folder` ready for a run that shares nothing with an earlier one.

    Raises:
        OutputExistsError: the folder holds a run (finished or not), or the path is a file.
        OutputWriteError: it cannot be made or emptied.
    """
    make_output(folder)
    earlier = _run_files(folder)
    if earlier and not overwrite:
        state = "a finished" if (folder / SUMMARY_NAME).exists() else "an unfinished"
        raise OutputExistsError(
            f"{folder} already holds {state} run ({len(earlier)} files): name another folder with -o, "
            "or give --overwrite to replace it"
        )
    clear_output(folder)


def make_output(folder: Path) -> None:
    """Make the folder and the one for its ledger, where they are missing.

    Raises:
        OutputExistsError: the path is a file.
        OutputWriteError: it cannot be made.
    """
    require_no_file(folder, OutputExistsError)
    with writing(folder):
        (folder / LEDGER_FOLDER).mkdir(parents=True, exist_ok=True)


def clear_output(folder: Path) -> None:
    """Remove the files of an earlier run, and only those: whatever else lies there stays.

    A crash midway leaves a folder that does not look finished, and that is still known as that run's.

    Raises:
        OutputWriteError: a file cannot be removed.
    """
    # the summary first, so that the folder stops looking finished; the fingerprint last, so that masks keep their name
    order = {SUMMARY_NAME: 0, RUN_NAME: 2}
    for path in sorted(_run_files(folder), key=lambda path: order.get(path.name, 1)):
        with writing(path):
            path.unlink(missing_ok=True)


def reopen_output(folder: Path) -> None:
    """Take away what says that the run is finished, before parts of it change.

    Raises:
        OutputWriteError: a file cannot be removed.
    """
    for path in (folder / SUMMARY_NAME, folder / QUARANTINE_NAME, *_card(folder)):
        with writing(path):
            path.unlink(missing_ok=True)


def remove_leftovers(folder: Path, parts: Sequence[Part], *, whole: bool) -> None:
    """Remove temporary files that a crash left behind: those of `parts`, and with `whole` all of them.

    Raises:
        OutputWriteError: a file cannot be removed.
    """
    own = {part.name for part in parts}
    for path in [*folder.glob(f"*{PARTIAL_SUFFIX}"), *(folder / LEDGER_FOLDER).glob(f"*{PARTIAL_SUFFIX}")]:
        name = re.split(r"\.(?:parquet|json)\.", path.name)[0]
        if name in own or (whole and name.startswith(_OWN_PREFIXES)):
            with writing(path):
                path.unlink(missing_ok=True)


def _run_files(folder: Path) -> list[Path]:
    patterns = (PART_PATTERN, QUARANTINE_NAME, SUMMARY_NAME)
    files = [path for name in patterns for path in (*folder.glob(name), *folder.glob(f"{name}*{PARTIAL_SUFFIX}"))]
    # locks are their holders' own
    ledger = [path for path in (folder / LEDGER_FOLDER).glob("*") if not path.name.startswith("lock-")]
    return [*files, *_card(folder), *folder.glob(f"{RUN_CARD_NAME}.*{PARTIAL_SUFFIX}"), *ledger]


def _card(folder: Path) -> list[Path]:
    """The README, unless it is the user's own."""
    return [path for path in (folder / RUN_CARD_NAME,) if is_run_card(path)]
