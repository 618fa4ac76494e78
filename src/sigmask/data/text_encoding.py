"""Text that is not UTF-8: refused where a whole file is of another encoding, kept as bytes where a word is.

Bytes that are not UTF-8 become lone surrogates (Python's `surrogateescape`): a path made of them still names its file,
and an instruction made of them is known to be unreadable.
"""

from __future__ import annotations

import codecs
import re
import shlex
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sigmask.errors import CorpusError, SigmaskWarning

_MARKS = {  # the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_HEAD_BYTES = 4096
_MOST_ZEROS, _FEWEST_ZEROS = 0.9, 0.4  # share of zeros among every second byte of UTF-16 in Latin letters; our choice
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def refuse_other_encodings(path: Path) -> None:
    """Refuse a text file in UTF-16 or UTF-32, which its first bytes tell.

    Raises:
        CorpusError: it is one; the message says how to convert it.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        encoding = _wide_encoding(file.read(_HEAD_BYTES))
    if encoding is not None:
        raise CorpusError(f"'{path}' is {encoding} text, expected UTF-8; convert it: {_conversion(path, encoding)}")


def has_other_bytes(text: str) -> bool:
    """Whether bytes that are not UTF-8 stand in the text."""
    return not text.isascii() and _NOT_UTF8.search(text) is not None


def warn_of_other_bytes(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Warn, once, if a column's name or a text cell of these rows of the table `path` has bytes that are not UTF-8."""
    if any(isinstance(text, str) and has_other_bytes(text) for row in rows for text in (*row, *row.values())):
        warnings.warn(
            f"'{path}' is not UTF-8 text throughout: instructions with other bytes count as unreadable, and their "
            f"pairs are annotated without; if it is Latin-1, convert it: {_conversion(path, 'ISO-8859-1')}",
            SigmaskWarning,
            stacklevel=3,
        )


def _wide_encoding(head: bytes) -> str | None:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    even, odd = head[::2], head[1::2]
    if not odd:
        return None
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if min(zeros) < _FEWEST_ZEROS < max(zeros):
        return "UTF-16LE" if zeros[1] > zeros[0] else "UTF-16BE"
    return None


def _conversion(path: Path, encoding: str) -> str:
    converted = path.with_name(f"{path.stem}.utf8{path.suffix}")
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(str(path))} > {shlex.quote(str(converted))}"
