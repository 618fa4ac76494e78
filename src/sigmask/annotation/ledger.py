"""What is done: one small file for each finished part, in `.ledger/` of the output folder.

**The commit point** of a part is the rename of its record `.ledger/PART.json`. Before it, `PART.parquet` was written
under a temporary name, fsynced and renamed, and its folder fsynced. So after a crash at any moment

- there is no record: the part is not done, whatever lies under its name, and is made again (to the same bytes);
- there is a record: the file that it describes is on the disk. Should the file be damaged later, its size or SHA-256
  no longer fits the record, and the part is made again.

A record also holds the part's bad rows and its figures, so masks, quarantine and counts are committed by the same
rename, and `quarantine.parquet` and `summary.json` are but the records put together, by whoever finds all of them
there. `.ledger/run.json` holds the fingerprint. The folder's name begins with a dot because `datasets` would
otherwise take the JSON in it for data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sigmask.annotation.exclusive_file import create_file, replace_file
from sigmask.annotation.fingerprint import PLACE, Fingerprint, corpus_in, differences, limit_raised
from sigmask.annotation.part_plan import PART_PATTERN, Part
from sigmask.annotation.summary import Tally
from sigmask.annotation.write_errors import writing
from sigmask.annotation.writer import WrittenFile, file_checksum
from sigmask.data.corpus_address import CorpusAddress
from sigmask.data.unit import RUN_LEDGER
from sigmask.errors import BadReason, SigmaskError
from sigmask.types import BadSample

LEDGER_FOLDER = RUN_LEDGER
RUN_NAME = "run.json"
_CHECKING_THREADS = 4


class OutputDiffersError(SigmaskError):
    """The output was made from another corpus, by another model, or with other options."""


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What is known of a finished part.

    Attributes:
        identity: the rows it was made of, see `Part.identity`.
        file: size and checksum of its parquet file.
        seconds: the time that it took.
        tally: figures of its written rows.
        bad: its bad rows, in order.
    """

    identity: tuple[str, ...]
    file: WrittenFile
    seconds: float
    tally: Tally
    bad: tuple[BadSample, ...]

    @property
    def rows(self) -> int:
        """All rows, bad ones included."""
        return self.tally.written + len(self.bad)


class Ledger:
    """The records of one output folder, shared by all processes that write to it."""

    def __init__(self, output: Path) -> None:
        self.folder = output / LEDGER_FOLDER
        self._output = output

    def begin(self, fingerprint: Fingerprint, parts: Sequence[Part], *, moved: bool = False) -> None:
        """Open the run that lies here, or begin one. One that was limited to fewer rows goes on to the new limit.

        Args:
            moved: the corpus is the same, although it lies elsewhere than when the run was begun.

        Raises:
            OutputDiffersError: the folder holds a run of another fingerprint, or masks that are none of `parts`.
            OutputWriteError: it cannot be written.
        """
        path = self.folder / RUN_NAME
        masks = sorted(file.name for file in self._output.glob(PART_PATTERN))
        if not path.exists():
            if masks:
                raise OutputDiffersError(
                    f"{self._output} holds masks without a ledger ({masks[0]}, …), perhaps of an older version: "
                    "name another folder with -o, or give --overwrite to replace them"
                )
            with writing(path):
                create_file(path, _encoded_fingerprint(fingerprint))
        earlier = _read_fingerprint(path)
        same_but_moved = moved and _without_place(earlier) == _without_place(fingerprint)
        if same_but_moved or limit_raised(earlier, fingerprint):
            with writing(path):
                replace_file(path, _encoded_fingerprint(fingerprint))
        else:
            self._require_same(earlier, fingerprint)
        known = {part.file_name for part in parts}
        if alien := [name for name in masks if name not in known]:
            raise OutputDiffersError(
                f"{self._output} holds masks of rows that the corpus no longer has ({', '.join(alien[:3])}"
                f"{', …' if len(alien) > 3 else ''}): give the corpus whole, name another folder with -o, "
                "or give --overwrite to start anew"
            )

    def record(self, part: Part) -> PartRecord | None:
        """The record of a finished part; None if there is none, it is damaged, or speaks of other rows."""
        record = _read_record(self._path(part))
        return record if record is not None and record.identity == tuple(part.identity) else None

    def records(self, parts: Iterable[Part]) -> dict[Part, PartRecord]:
        """The records of those of the parts that are finished, in the order given."""
        found = ((part, self.record(part)) for part in parts)
        return {part: record for part, record in found if record is not None}

    def damaged(self, parts: Sequence[Part]) -> list[Part]:
        """Those of the parts that were finished once, but whose record or file no longer fits."""
        with ThreadPoolExecutor(_CHECKING_THREADS) as threads:
            sound = threads.map(self._is_sound, parts)
            return [part for part, fits in zip(parts, sound, strict=True) if not fits]

    def commit(self, part: Part, record: PartRecord) -> None:
        """Declare the part, whose file is there, finished.

        Raises:
            OutputWriteError: the record cannot be written; the part is then not finished.
        """
        path = self._path(part)
        with writing(path):
            replace_file(path, _encoded(record))

    def withdraw(self, parts: Iterable[Part]) -> None:
        """Declare the parts unfinished.

        Raises:
            OutputWriteError: a record cannot be removed.
        """
        for part in parts:
            path = self._path(part)
            with writing(path):
                path.unlink(missing_ok=True)

    def _is_sound(self, part: Part) -> bool:
        path = self._path(part)
        if not path.exists():
            return True
        record = self.record(part)
        file = self._output / part.file_name
        # the size first: it costs nothing, and truncation is the commonest damage
        return (
            record is not None
            and file.exists()
            and file.stat().st_size == record.file.size
            and file_checksum(file) == record.file
        )

    def _require_same(self, earlier: Fingerprint, fingerprint: Fingerprint) -> None:
        if differing := differences(earlier, fingerprint):
            raise OutputDiffersError(
                f"{self._output} was begun with other settings, and masks of two kinds are not mixed. "
                f"{'; '.join(differing)}. Use those settings again to go on, name another folder with -o, "
                f"or give --overwrite to start anew{_way_on(earlier, fingerprint)}"
            )

    def _path(self, part: Part) -> Path:
        return self.folder / f"{part.name}.json"


def _way_on(earlier: Fingerprint, fingerprint: Fingerprint) -> str:
    """How to go on where nothing differs but the corpus's place, or its commit on the Hub."""
    if _without_place(earlier) == _without_place(fingerprint):
        return "; if it is the same corpus, which was moved, give --moved to go on"
    if "commit" in earlier and earlier | {"commit": fingerprint.get("commit")} == fingerprint:
        return f"; to go on with the corpus as it was, name it {earlier['corpus']}@{earlier['commit']}"
    return ""


def _read_fingerprint(path: Path) -> Fingerprint:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise OutputDiffersError(
            f"cannot read {path} ({error}), so there is no telling what made the masks beside it: "
            "name another folder with -o, or give --overwrite to start anew"
        ) from error


def _encoded_fingerprint(fingerprint: Fingerprint) -> bytes:
    return (json.dumps(fingerprint, indent=2) + "\n").encode()


def _without_place(fingerprint: Fingerprint) -> Fingerprint:
    return {name: value for name, value in fingerprint.items() if name not in PLACE}


def _encoded(record: PartRecord) -> bytes:
    values = asdict(record)
    content = json.dumps(values, ensure_ascii=False)
    return (json.dumps({"sha256": _digest(content), "record": values}, ensure_ascii=False) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def _read_record(path: Path) -> PartRecord | None:
    try:
        stored: dict[str, Any] = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        values = stored["record"]
        if stored["sha256"] != _digest(json.dumps(values, ensure_ascii=False)):
            return None
        return PartRecord(
            identity=tuple(values["identity"]),
            file=WrittenFile(**values["file"]),
            seconds=values["seconds"],
            tally=Tally(**values["tally"]),
            bad=tuple(BadSample(**{**bad, "reason": BadReason(bad["reason"])}) for bad in values["bad"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def annotated_corpus(output: Path) -> CorpusAddress | None:
    """What opens the corpus of the run in `output`, finished or not; None if no ledger there can be read."""
    try:
        return corpus_in(_read_fingerprint(output / LEDGER_FOLDER / RUN_NAME))
    except SigmaskError:
        return None
