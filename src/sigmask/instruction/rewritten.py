"""Sentences that order in a roundabout way, rewritten as the plain order before they are cut into clauses.

Each pattern stands for a way of speaking, not for a thing; what none of them fits stays as it is.
"""

from __future__ import annotations

import re

from sigmask.instruction.normalise import VERB

_NOUNS = r"(?:(?!(?:is|are|was|were|has|have|had|should|could|can|must|needs?|looks?|seems?|will|would|to)\b)[\w'-]+ ?)"
_END = rf"(?=,? and (?:{VERB})\b|[,.;]|$)"
_POINTED_FIRST = re.compile(
    rf"^(?P<thing>(?:the|that|this|these|those|his|her|its|their|my) {_NOUNS}{{1,8}})[,:] ?"
    rf"(?P<order>{VERB}(?: rid of)?) (?:it|them)(?=[ .,;]|$)(?! (?:on|in|at|next|under|over|behind|to)\b)"
)
""" "The red car, make it yellow"; "the lamp, put it on the table" is a move, whose thing comes first either way."""
_NOT_BORNE = re.compile(
    r"^(?:make sure|ensure|make it so|see to it|make|let|have)(?: that)? (?P<whose>[^,.;]+?) "
    r"(?:isn't|aren't|is not|are not|doesn't|don't|does not|do not|not|(?:is |are )?no longer) "
    rf"(?:wear|hold|carry|have|carrie|ha[vs]e?)(?:s|ing)? (?P<thing>[^,.;]+?){_END}"
)
""" "Make sure the man isn't wearing a hat", "make the man not wear a hat"."""
_LOST = re.compile(
    r"^(?P<whose>(?:the|that|this|his|her|my|an?) [\w' -]+?) (?:has |have |had )?(?:just )?(?:lost|shed) "
    rf"(?P<thing>(?:(?:all|most|some|one) (?:of )?)?(?:its|his|her|their) [^,.;]+?){_END}"
)
""" "The tree has lost all of its leaves"."""


def rewritten(text: str) -> str:
    """The plain order: "the red car, make it yellow" → "make the red car yellow". `text` is normalised, lower case."""
    if " it" in text or " them" in text:
        pointed = _POINTED_FIRST.match(text)
        if pointed:
            return f"{pointed['order']} {pointed['thing']}{text[pointed.end() :]}"
    of_thing = _NOT_BORNE.match(text) if "not " in text or "n't " in text or "no longer " in text else None
    if of_thing is None and ("lost " in text or "shed " in text):
        of_thing = _LOST.match(text)
    return f"remove {of_thing['thing']} from {of_thing['whose']}{text[of_thing.end() :]}" if of_thing else text
