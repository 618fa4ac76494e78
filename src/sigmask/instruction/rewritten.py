"""Sentences that order in a roundabout way, rewritten as the plain order before they are cut into clauses.

Each pattern stands for a way of speaking, not for a thing; what none of them fits stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.normalise import VERB

_LEX = lexicon()

_NOUNS = r"(?:(?!(?:is|are|was|were|has|have|had|should|could|can|must|needs?|looks?|seems?|will|would|to)\b)[\w'-]+ ?)"
_END = rf"(?=,? and (?:{VERB})\b|[,.;]|$)"
_POINTED_FIRST = re.compile(
    rf"^(?P<thing>{DEFINITE} {_NOUNS}{{1,8}})[,:] ?"
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
    rf"^(?P<whose>(?:{DEFINITE}|an?) [\w' -]+?) (?:has |have |had )?(?:just )?(?:lost|shed) "
    rf"(?P<thing>(?:(?:all|most|some|one) (?:of )?)?(?:its|his|her|their) [^,.;]+?){_END}"
)
""" "The tree has lost all of its leaves"."""
_NO_THING = rf"(?=$|[,.;]| (?:and|apart|away|down|open|completely|entirely|{any_of(_LEX.relations)})\b)"
_HAS_DONE = re.compile(
    rf"^(?:what if )?(?P<whose>(?:{DEFINITE}|an?|all|both|he|she|it|they)\b(?:(?! and )[\w' -])*?) (?:has|have|had) "
    r"(?:(?:now|just|also|already|suddenly|\w+ly) )*"
    r"(?:(?:grown|gotten|got|gained|received|caught|bought|put on) (?P<thing>(?:an?|some|another) .+)"
    r"|(?:turned|become|gone|grown|gotten|got|changed colou?rs? to|turned colou?rs? to) (?P<so>\w+)(?=$|[,.;])"
    rf"|(?P<done>\w+ed|fallen|risen|sunk|frozen|broken)(?<! red){_NO_THING}"
    r"|become (?P<another>an? .+)"
    rf"|(?:dyed|painted|colou?red) (?P<coloured>{DEFINITE} .+))"
)
""" "The bridge has collapsed", "the man has grown a beard"; "the man has tattooed arms" has them."""
_BASES = {"fallen": "fall", "risen": "rise", "sunk": "sink"}
_SAME_BUT = re.compile(
    r"^(?:the |this )?(?:exact )?same (?:image|picture|photo|photograph|shot|scene)[,:]?"
    r"(?: but| only| except)?(?: that)? "
    rf"(?={DEFINITE} |an? |with |without |no |he |she |it |there |{VERB}\b)"
)
_BUT_SO = re.compile(rf"^(?P<thing>{DEFINITE} [^,.;]+?),? but (?:in |as )?(?P<how>[\w -]+)$")
""" "Her dress, but velvet"."""
_NOTHING_ELSE = re.compile(
    rf"^(?:change|alter|modify|edit) nothing (?:but|except(?: for)?|apart from|other than) (?P<thing>{DEFINITE} .+)$"
)
_WHICH_IS = re.compile(r",? (?:which|that) (?:should|must|shall|has to|needs to) (?:be|become) ")
_HUNG = re.compile(
    r"\b(an?|the|this|that|another) (picture|photo|photograph)"
    r"(?= (?:hanging )?(?:on|from|off|above|over) (?:the|his|her|an?) (?:\w+ )?"
    r"(?:wall|desk|shelf|table|mantel\w*|fridge|fireplace|bed|sofa|couch|nightstand|dresser)\b)"
)
""" "Remove the picture from the wall": not the picture that is edited."""
_NOT_THE_SIDE = re.compile(
    r" (?:instead of|rather than|not) (?:(?:on|to|at) )?(?:the )?(?:left|right|top|bottom|middle|center|front|back)"
    r"(?: side)?(?=$|[,.;])"
)
_SCENE_AFTER = re.compile(
    r"^(?:draw|show|depict|see|imagine) (?:the|this) (?:scene|image|picture|photo) (?:after|when|once|if) (?=\w+ \w)"
)
_LIT = re.compile(
    rf"^light (?:up )?(?P<thing>{DEFINITE} (?:[\w-]+ )*?(?:candle|lamp|lantern|torch|fire|fireplace|stove|match)\w*)"
)
_SWITCHED = re.compile(
    rf"^(?P<verb>turn|switch) (?P<way>on|off) (?P<thing>{DEFINITE} (?!(?:[\w-]+ )*lights?\b|lighting\b)[\w' -]+?)"
    rf"(?= (?:and|then|in|on|at|by|near|next)\b|[,.;]|$)"
)
_PUT_OUT = re.compile(r"^put out (?=(?:the|this|that) (?:\w+ )?(?:fire|flame|campfire|blaze)s?\b)")
_SET_TO = re.compile(rf"^set (?P<thing>{DEFINITE} (?!scene\b|image\b|picture\b|photo\b)[^,.;]+?) to (?=\S)")
_FELL = {
    "fell": "fall",
    "broke": "break",
    "grew": "grow",
    "flew": "fly",
    "sank": "sink",
    "froze": "freeze",
    "rose": "rise",
}
_DID = re.compile(
    rf"^(?:what if )?(?P<who>{DEFINITE} (?!number\b|amount\b)(?:[\w'-]+ ){{1,3}}?)(?P<did>{any_of(_FELL)})(?=$|[,.;]| )"
)
_MELTED = re.compile(
    rf"^what if (?P<who>{DEFINITE} (?:[\w'-]+ ){{0,2}}?[\w'-]+(?<! had)(?<! has)(?<! have)) "
    r"(?P<done>(?!need|red\b)\w+ed)(?=$|[,.;])"
)
_NONE_OF_SAME = re.compile(r"^(?:show (?:me )?|see )?the same (?=(?:\w+ )+(?:with no|without)\b)")
_Plain = str | Callable[[re.Match[str]], str]
_SUBSTITUTED: tuple[tuple[str, re.Pattern[str], _Plain], ...] = (
    ("same ", _SAME_BUT, ""),
    ("same ", _NONE_OF_SAME, "the "),
    (" p", _HUNG, r"\1 framed \2"),
    (" ", _NOT_THE_SIDE, ""),
    (" ", _SCENE_AFTER, ""),
    ("light ", _LIT, r"make \g<thing> lit"),
    (" o", _SWITCHED, r"\g<verb> \g<thing> \g<way>"),
    ("put out ", _PUT_OUT, "remove "),
    ("set ", _SET_TO, r"change \g<thing> to "),
    ("what if ", _MELTED, r"\g<who> is \g<done>"),
    (" ", _DID, lambda found: f"make {found['who']}{_FELL[found['did']]}"),
    (" nothing ", _NOTHING_ELSE, lambda found: f"change {_WHICH_IS.sub(' to ', found['thing'])}"),
)
"""What stands in every text that the pattern fits, the pattern, and what is said instead; one after the other."""


def rewritten(text: str) -> str:
    """The plain order: "the red car, make it yellow" → "make the red car yellow". `text` is normalised, lower case."""
    for cue, pattern, plain in _SUBSTITUTED:
        if cue in text:
            text = pattern.sub(plain, text)
    if " but " in text:
        but = _BUT_SO.match(text)
        if but and _LEX.describes(but["how"].split()):
            return f"make {but['thing']} {but['how']}"
    if " ha" in text:
        done = _HAS_DONE.match(text)
        if done and (done["so"] is None or _LEX.describes([done["so"]]) or _LEX.compares(done["so"])):
            return _done(done) + text[done.end() :]
    if " it" in text or " them" in text:
        pointed = _POINTED_FIRST.match(text)
        if pointed:
            return f"{pointed['order']} {pointed['thing']}{text[pointed.end() :]}"
    of_thing = _NOT_BORNE.match(text) if "not " in text or "n't " in text or "no longer " in text else None
    if of_thing is None and ("lost " in text or "shed " in text):
        of_thing = _LOST.match(text)
    return f"remove {of_thing['thing']} from {of_thing['whose']}{text[of_thing.end() :]}" if of_thing else text


def _done(has: re.Match[str]) -> str:
    """What `_HAS_DONE` matched, as what is so."""
    if has["coloured"]:
        return f"make {has['coloured']}"
    if has["thing"]:
        return f"{has['whose']} has {has['thing']}"
    if has["another"]:
        return f"{has['whose']} becomes {has['another']}"
    rest = has.string[has.end() :]
    if has["done"] in _BASES and rest.startswith(" "):
        return f"make {has['whose']} {_BASES[has['done']]}"
    return f"{has['whose']} is {has['so'] or has['done']}"
