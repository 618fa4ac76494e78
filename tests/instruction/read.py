"""What the parser makes of a text, as short tuples to compare with."""

from __future__ import annotations

from sigmask.instruction.parser import parse

Read = tuple[str, str | None, str | None, str | None]
"""Action, original concept, edited concept, location."""


def read(text: str) -> list[Read]:
    """Each edit of a text."""
    return [(edit.action.value, edit.original_concept, edit.edited_concept, edit.location) for edit in parse(text)]
