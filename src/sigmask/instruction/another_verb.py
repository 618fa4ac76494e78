"""Orders whose verb is in no list: "rust the bicycle", "fashion the jug into a teapot"; the thing is changed."""

from __future__ import annotations

import dataclasses
import re

from sigmask.instruction.appearance import mend
from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import opens_with_scene
from sigmask.instruction.cuts import cut_up
from sigmask.instruction.edits import changed, put_on
from sigmask.instruction.lexicon import DEFINITE, lexicon
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_ORDER = re.compile(
    r"^(?!\w+(?:ing|ed|ly|s) )([a-z]{3,})(?: up| down| off| out)? "
    rf"({DEFINITE} (?!whole|entire|other)\w.*)$"
)
_BECOMES = re.compile(r"^(.+?) (?:into|as|like) (.+)$")
_GETS = re.compile(r"^(.+?) with (.+)$")
_CUTTING = ("slice", "chop", "dice")
_NO_VERBS = frozenset(word for relation in _LEX.relations for word in relation.split()) | {
    *("all", "both", "only", "just", "even", "half", "and", "but", "with", "for", "from", "atop", "people"),
    *("that", "what", "when", "where", "who", "how", "there", "here"),
    *("use", "show", "see", "picture", "imagine", "visualize", "visualise", "depict"),
}
"""Words before "the" that order nothing to be done to what it names."""


def order_of_another_verb(clause: Clause) -> EditTuple | None:
    """The edit of a clause that opens with an unknown word before "the X"; None where it is none, or of the picture."""
    order = _ORDER.match(clause.text)
    if order is None or order.group(1) in _NO_VERBS or opens_with_scene(order.group(2)):
        return None
    in_parts = cut_up(order.group(2)) if order.group(1) in _CUTTING else None
    if in_parts:
        return in_parts
    becomes = _BECOMES.match(order.group(2))
    if becomes:
        return changed(becomes.group(1), becomes.group(2), clause)
    gets = _GETS.match(order.group(2))
    if gets:
        return put_on(gets.group(1), gets.group(2))
    edit = mend(dataclasses.replace(clause, frame="mend", rest=order.group(2)))
    return None if edit.action is Action.RESTORATION else edit
