"""Instruction → edit tuples: a rule grammar with its lexicon as data. Deterministic; no model, no network.

Text is normalised, split into clauses, and each clause is read by the frame of its verb (`frames.py`,
`motions.py`, `appearance.py`), as an idiom (`idioms.py`) or as a statement (`statements.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sigmask.instruction.anaphora import of_picture, resolved, with_owner
from sigmask.instruction.clause import Clause, asks_for_nothing, split_clauses
from sigmask.instruction.complaints import complaint
from sigmask.instruction.concept import names_scene, shortened
from sigmask.instruction.counts import recount
from sigmask.instruction.edits import one_by_one, without_signs
from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.normalise import is_foreign, normalise, unwrapped
from sigmask.instruction.statements import FRAMES, free
from sigmask.types import Action, EditTuple

_LONGEST = 2_000
"""Characters of an instruction that are read: the longest published ones have some 1,500. Our choice."""
_LONGEST_WORD = 80
_RUNNING_ON = re.compile(rf"(\w{{{_LONGEST_WORD}}})\w+")
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_NO_ANSWER = ("none", "nan", "null", "n/a")
"""What tables have where nothing was said."""
_NAMING = ("remove", "add", "replace")
"""Frames of verbs that ask for nothing where no thing is named."""
_OF_ALL = (Action.STYLE, Action.TONE, Action.RESTORATION)
"""What changes all that is not spared."""
_NOT_BY_MEANS = (Action.REPLACE, Action.BACKGROUND, Action.STYLE, Action.TEXT)
"""What "by adding a lamp" behind it does not explain: the lamp is an edit beside it."""


def parse(text: str | None) -> tuple[EditTuple, ...]:
    """The edits that an instruction asks for, in its order.

    Nothing said (None, blank, no letters), "don't change anything", "keep the dog" and "remove" give an empty tuple.
    Text in another language gives one tuple of action UNKNOWN with its first six words as the edited concept, so that
    the prior stays uniform. A bare caption ("a photo of a rotten banana") is action OTHER with what it shows as the
    edited concept.

    Raises:
        TypeError: if `text` is neither a string nor None.
    """
    if text is None:
        return ()
    if not isinstance(text, str):
        raise TypeError(f"an instruction must be a string or None, got {text!r} ({type(text).__name__})")
    text = _within_limit(unwrapped(text[: 2 * _LONGEST]))
    if text.strip(" .").lower() in _NO_ANSWER or not any(map(str.isalnum, text)):
        return ()
    utterance = normalise(text)
    if is_foreign(utterance.text, typed=text):
        return (EditTuple(None, " ".join(text.split()[:6]).lower(), Action.UNKNOWN),)
    clauses = [
        clause
        for clause in split_clauses(utterance.text, utterance.quotations)
        if not (asks_for_nothing(clause) or _names_nothing(clause))
    ]
    edits = _edits([clause for clause in clauses if clause.frame != "keep"] or clauses)
    return tuple(dict.fromkeys(edit for edit in edits if not _says_nothing(edit))) or tuple(edits[:1])


def _within_limit(text: str) -> str:
    """As many whole sentences as are read, or whole words where those would be less than half of it."""
    text = _RUNNING_ON.sub(r"\1", text)
    if len(text) <= _LONGEST:
        return text
    ends = [end.end() for end in _SENTENCE_END.finditer(text[: _LONGEST + 1]) if end.end() <= _LONGEST]
    if ends and ends[-1] > _LONGEST / 2:
        return text[: ends[-1]]
    return text[: _LONGEST + 1].rpartition(" ")[0] or text[:_LONGEST]


def _names_nothing(clause: Clause) -> bool:
    """ "Remove", "add a"; "clear" and "plant" may be no orders."""
    words = clause.text.split()
    return (
        clause.frame in _NAMING and clause.rest in ("", "the", "a", "an") and words[0] not in lexicon().verbs_or_nouns
    )


def _edits(clauses: Sequence[Clause]) -> list[EditTuple]:
    """What the clauses ask for; a complaint is dropped where the clause behind it says what to do about the thing.

    The reason of an order is dropped too; what the order calls "it" it may name.
    """
    edits: list[EditTuple] = []
    earlier: Sequence[EditTuple] = ()
    complained: EditTuple | None = None
    is_reason = False
    for clause in clauses:
        if complained and clause.rest in ("it", "them"):  # "the sky is too dark, brighten it"
            clause = replace(clause, rest=" ".join(filter(None, (complained.original_concept, complained.location))))
        clause = of_picture(with_owner(clause, earlier), earlier)
        frame = FRAMES.get(clause.frame or "", free)
        complains = complaint(clause)
        if clause.is_reason and complains is None:
            continue
        edit = complains or recount(clause) or frame(clause) or free(clause)
        if clause.frame == "keep" and _is_kept(edit):
            continue
        if "§" in clause.text:
            edit = without_signs(edit, clause)
        if clause.place and edit.location is None:
            edit = replace(edit, location=clause.place)
        if clause.spared:
            edit = _sparing(edit, clause.spared)
        before = len(edits) - len(earlier)
        earlier, own = resolved(edit, clause, earlier)
        if clause.is_means:
            earlier = [each for each in earlier if each.action in _NOT_BY_MEANS and each.edited_concept]
        if own:  # "take the balloon and make it green"
            earlier = [each for each in earlier if not _goes_nowhere(each, own[0])]
        if complained and own and (is_reason or own[0].original_concept == complained.original_concept):
            earlier = ()
        own = [_shortened(each) for edit in own for each in one_by_one(edit)]
        edits[before:] = [*earlier, *own]
        earlier, complained, is_reason = own or earlier, complains, clause.is_reason
    return edits


def _is_kept(edit: EditTuple) -> bool:
    """Whether a thing only becomes what the verb says: the "keeped dog" of "keep the dog"."""
    became = lexicon().verb((edit.edited_concept or "").split()[:1])
    return edit.action is Action.ATTRIBUTE and became is not None and became[0] == "keep"


def _sparing(edit: EditTuple, spared: str) -> EditTuple:
    """What is kept is told of the whole picture only: of another thing it goes without saying."""
    kept = spared.removeprefix("sparing ")
    if kept == spared:
        return replace(edit, location=" ".join(filter(None, (edit.location, spared))))
    of_all = edit.action in _OF_ALL and edit.location is None and not names_scene(kept)
    return replace(edit, location=f"except {kept}") if of_all else edit


def _goes_nowhere(edit: EditTuple, following: EditTuple) -> bool:
    """Whether a thing is only taken, or said to be there, for what follows."""
    if edit.action is Action.ADD and following.action is Action.REMOVE:  # "there is a can, get rid of it"
        return (edit.edited_concept, edit.location) == (following.original_concept, following.location)
    goes = edit.action is Action.MOVE and edit.location is None
    return goes and edit.original_concept == following.original_concept


def _says_nothing(edit: EditTuple) -> bool:
    """Of "modify this picture directly" nothing is left to ground."""
    named = edit.original_concept or edit.edited_concept or edit.location
    return not named and edit.action in (Action.ADD, Action.REPLACE, Action.ATTRIBUTE, Action.OTHER)


def _shortened(edit: EditTuple) -> EditTuple:
    original, edited = shortened(edit.original_concept), shortened(edit.edited_concept)
    if (original, edited) == (edit.original_concept, edit.edited_concept):
        return edit
    return replace(edit, original_concept=original, edited_concept=edited)
