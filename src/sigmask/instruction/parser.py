"""Instruction → edit tuples: a rule grammar with its lexicon as data. Deterministic; no model, no network.

Text is normalised, split into clauses, and each clause read by the frame of its verb (`frames.py`).
"""

from __future__ import annotations

from dataclasses import replace

from sigmask.instruction.clause import split_clauses
from sigmask.instruction.frames import FRAMES, topical
from sigmask.instruction.normalise import is_foreign, normalise
from sigmask.types import Action, EditTuple

_ANAPHORA = (" it", " them", " its", " their")


def parse(text: str | None) -> tuple[EditTuple, ...]:
    """The edits that an instruction asks for, in its order.

    Nothing said (None, blank, no letters) gives an empty tuple. Text in another language gives one tuple of action
    UNKNOWN with the text as its edited concept, so that the prior stays uniform. A bare caption ("a photo of a rotten
    banana") is action OTHER with what it shows as the edited concept.
    """
    if text is None or not any(map(str.isalnum, text)):
        return ()
    utterance = normalise(text)
    if is_foreign(utterance.text):
        return (EditTuple(None, " ".join(text.split()[:6]).lower(), Action.UNKNOWN),)
    edits: list[EditTuple] = []
    for clause in split_clauses(utterance.text, utterance.quotations):
        edit = FRAMES.get(clause.frame or "", topical)(clause)
        if edits and edit.original_concept is None and any(word in f" {clause.text} " for word in _ANAPHORA):
            edit = _resolve(edit, edits[-1])
        if edit not in edits:
            edits.append(edit)
    return tuple(edits)


def _resolve(edit: EditTuple, earlier: EditTuple) -> EditTuple:
    """ "it" is what the clause before is about: what it made, else what it touched."""
    meant = earlier.edited_concept or earlier.original_concept
    if meant is None or edit.action in (Action.STYLE, Action.TONE, Action.RESTORATION, Action.BACKGROUND):
        return edit
    if edit.action is Action.ADD:
        return replace(edit, location=edit.location or f"on {meant}")
    return replace(edit, original_concept=meant)
