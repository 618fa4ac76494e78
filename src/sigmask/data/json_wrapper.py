"""Finds the records of a JSON file that is one object around them: `{"version": 1, "data": [{...}, {...}]}`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import BinaryIO

from sigmask.data.json_window import BYTE_ORDER_MARK, WHITESPACE, JsonWindow
from sigmask.errors import CorpusError

RECORD_KEYS = ("data", "annotations", "items", "samples", "examples", "records", "rows", "pairs")
"""Keys that records are usually under: where several lists of objects stand in a file, one of these is meant."""


def records_start(path: Path, file: BinaryIO) -> int | None:
    """The byte at which the list of records begins, None where the file is no object around a list of objects.

    All of the file is gone over, since only its end tells that there is no other list and no second object.

    Raises:
        CorpusError: there are several such lists, and it cannot be told which is meant.
    """
    lists = _lists_of_objects(JsonWindow(file, 0))
    usual = [key for key in lists if key in RECORD_KEYS]
    if len(lists) > 1 and len(usual) != 1:
        raise CorpusError(
            f"'{path}' holds several lists of objects ({', '.join(lists)}), and it cannot be told which one holds the "
            f"pairs; write that one to a file of its own: jq '.KEY' {shlex.quote(str(path))} > pairs.json"
        )
    chosen = usual or list(lists)
    return lists[chosen[0]] if chosen else None


def _lists_of_objects(text: JsonWindow) -> dict[str, int]:
    """Key → where its list begins, of the only object in the file; nothing if there are other things in it."""
    decoder = json.JSONDecoder()
    found: dict[str, int] = {}
    if not text.skip(BYTE_ORDER_MARK + WHITESPACE, then="{"):
        return {}
    while text.skip(WHITESPACE + ","):
        if text.skip("", then="}"):
            return {} if text.skip(WHITESPACE) else found
        if text.take(decoder) is not None or not text.taken.startswith('"'):
            return {}
        key = str(json.loads(text.taken))
        if not text.skip(WHITESPACE, then=":") or not text.skip(WHITESPACE):
            return {}
        start = text.offset
        if text.skip("", then="["):
            holds_objects = _pass_list(text, decoder)
            if holds_objects or (holds_objects is None and key in RECORD_KEYS):
                found[key] = start
        elif text.take(decoder) is not None:
            return {}
    return found


def _pass_list(text: JsonWindow, decoder: json.JSONDecoder) -> bool | None:
    """Move behind the list, damaged elements and a missing end included; whether objects are in it, None if nothing."""
    objects: bool | None = None
    while text.skip(WHITESPACE + ","):
        if text.skip("", then="]"):
            break
        if objects is None:
            objects = text.peek() == "{"
        if text.take(decoder) is not None and not text.skip_to_next_object():
            break
    return objects
