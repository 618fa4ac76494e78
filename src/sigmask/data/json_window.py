"""Walks over a JSON file of any size, element by element, with a bounded piece of it in memory."""

from __future__ import annotations

import json
import re
from typing import BinaryIO

MAX_RECORD_BYTES = 256 * 1024 * 1024
"""Longer lines and elements are malformed (our choice: two base64 images of 64 megapixels fit)."""
CHUNK_BYTES = 1 << 20
"""What is read at a time."""

WHITESPACE = " \t\r\n"
BYTE_ORDER_MARK = "\xef\xbb\xbf"
"""UTF-8's, as the three Latin-1 letters that a window shows."""

_NEXT_OBJECT = re.compile(r"\}\s*,\s*(?=\{)")
_NEAR_THE_END = 64  # bytes of the buffer in which a parser's complaint may only mean that more has to be read


class JsonWindow:
    """A piece of a JSON file, as Latin-1 so that characters are bytes, that moves on as elements are taken.

    Attributes:
        offset: the byte of the file at which the unread rest begins.
        taken: the text of the element taken last.
    """

    def __init__(self, file: BinaryIO, offset: int) -> None:
        file.seek(offset)
        self._file = file
        self._text = ""
        self._position = 0
        self._ended = False
        self._start = offset
        self.taken = ""

    @property
    def offset(self) -> int:
        return self._start + self._position

    def peek(self) -> str:
        return self._text[self._position]

    def skip(self, characters: str, then: str = "") -> bool:
        """Pass over `characters`, and over `then`, which must follow; whether there is more."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in characters:
                self._position += 1
            if self._position < len(self._text):
                break
            if not self._read_on():
                return False
        if not then:
            return True
        if self.peek() != then:
            return False
        self._position += 1
        return True

    def take(self, decoder: json.JSONDecoder) -> str | None:
        """Move past one element; what is wrong with it, or None."""
        while True:
            problem: str | None = None
            try:
                _, end = decoder.raw_decode(self._text, self._position)
                complete = end < len(self._text)
            except json.JSONDecodeError as error:
                problem = f"{error.msg} at byte {self._start + error.pos:,}"
                near_the_end = error.pos >= len(self._text) - _NEAR_THE_END
                complete = not (near_the_end or error.msg.startswith("Unterminated string"))
            except (ValueError, RecursionError) as error:
                problem, complete = str(error), True
            too_long = len(self._text) - self._position > MAX_RECORD_BYTES
            if not complete and not too_long and self._read_on():
                continue
            if problem is None:
                self.taken = self._text[self._position : end]
                self._position = end
            return problem

    def skip_to_next_object(self) -> bool:
        """Move to the next object in a list, from within a damaged one; to the end of the file if there is none."""
        self._position = min(self._position + 1, len(self._text))
        while True:
            match = _NEXT_OBJECT.search(self._text, self._position)
            if match is not None and match.end() < len(self._text):
                self._position = match.end()
                return True
            # What is kept for the next try is as long as any gap between two elements may be.
            self._position = max(self._position, len(self._text) - CHUNK_BYTES // 16)
            if not self._read_on():
                self._position = len(self._text)
                return False

    def _read_on(self) -> bool:
        """Drop what was read and append at least as much as is left, so that a long element costs few tries."""
        if self._ended:
            return False
        rest = self._text[self._position :]
        more = self._file.read(max(CHUNK_BYTES, len(rest)))
        self._ended = not more
        self._start += self._position
        self._position = 0
        self._text = rest + more.decode("latin-1")
        return bool(more)
