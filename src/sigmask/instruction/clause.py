"""Clauses: one edit each. "Remove the lemon and turn the slice into an orange" has two."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sigmask.instruction.concept import head, names_scene, noun_phrase
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.normalise import VERB, strip_politeness
from sigmask.instruction.rewritten import rewritten
from sigmask.instruction.several import OF_EACH, each_order, says_what_becomes
from sigmask.instruction.topic import whole_picture_topic

_LEX = lexicon()
_ORDER_ABOUT_IT = rf"{VERB} (?:it|them|him)\b"  # "take it away"
_NO_ORDERS = {verb for verb, frame in _LEX.verbs.items() if frame in ("make", "style", "keep")}
_ACTS = _LEX.doing | _LEX.bearing  # "make the man sit and wave a flag" is of the man still
_ORDER = any_of(
    _LEX.second_clause
    | {verb for verb, frame in _LEX.verbs.items() if verb.split()[0] not in _ACTS or frame == "remove"}
    - _LEX.verbs_or_nouns
    - _NO_ORDERS
)
_SOME = r"(?:an?|some|another|both|each|more|two|three|four|five|§\d+)(?!\S)"
_ORDER_OF_A_THING = rf"{any_of(set(_LEX.verbs) - _NO_ORDERS - (_ACTS - {'write'}))} {_SOME}"
_ORDER_ABOUT_A_THING = rf"{VERB} (?:{DEFINITE}|all|every)\b"  # "paint the wall", where paint may be a noun
_MEANS = (
    r"by (?:also )?(?:add|insert|plac|putt|includ|introduc|incorporat|giv|remov|delet|eras|eliminat|replac|swapp)ing\b"
)
_DOING_BESIDE = (
    r"(?:replacing (?:[\w'-]+ ){1,6}?with\b|"
    r"(?:add|insert|introduc|remov|delet|eras|eliminat|restor|repair|fix|correct)ing "
    rf"(?:\w+ (?:to|on|onto|over|across|from) )?(?:an?|{DEFINITE}|any|all|some) "
    r"(?!potential |(?:\w+ )?(?:burst|touch|pop|sense|hint|air|dash) of ))"
)
"""An edit of its own behind a comma: "restore the photo, fixing the crack"; "adding a touch of drama" is none."""
_WISH = any_of(phrase for phrase in _LEX.politeness if phrase.startswith(("i'd ", "i would ", "it would ", "it'd ")))
_ASKING = rf"(?:{_WISH}|(?<!, )(?:can|could|would|will) (?:you|we))"  # "Anna, can you ..." is one clause
_LATER = r"(?:then|also|please|lastly|afterwards|just|next|second|third|[a-z]{3,}ly)"


def _border(further: str) -> re.Pattern[str]:
    return re.compile(
        rf"((?:\s*[.;!?\n]+\s+|\s*,?\s+(?:and|then|but|so|finally)(?:,?\s+{_LATER},?)*\s+|\s*,\s+(?:{_LATER},?\s+)*)"
        rf"(?={_ORDER}\b(?! of\b)|{_ORDER_ABOUT_IT}|{_ORDER_ABOUT_A_THING}|{_ORDER_OF_A_THING}|{_DOING_BESIDE}"
        rf"|{_ASKING} {further}|the background\b)"
        rf"|\s*(?:,|,?\s+and)\s+(?=there(?:'s| is| are) )"
        rf"|\s*,\s+please\s+(?={VERB}\b)|\s+please\s+(?={VERB} (?:it|them|him|her)\b)"
        rf"|\s*[.;!?]+\s+(?=\S)|\s+(?={_MEANS}))"
    )


_BORDER = _border("")
_SHOWN = re.compile(rf"^(?:show|display) (?={_SOME})")
""" "Open the laptop and show a map on it": behind an order it adds; "let him show a card" is of him."""
_BORDER_OF_ORDERS = _border(
    rf"|(?:{any_of(_LEX.verbs)}|show|display) {_SOME}"
)  # behind "erase the cat" even "raise both arms" is of no cat
_WITH_SUBJECTS = ("make", "change", "give", "craft", "keep", "move", "style")
_FOR_ANOTHER = re.compile(r"^(?:instead of|in place of|rather than) (?!.*\b(?:should|shall|must|could)\b)")
_FELT = ("like", "love", "enjoy", "want", "need")  # then it is a complaint
_KEPT = re.compile(
    r"[\s,;.]*\b(?:while |and |but |by )?(?:(?P<kept>keep(?:ing)?|maintain(?:ing)?|preserv(?:e|ing)|retain(?:ing)?|"
    rf"leav(?:e|ing)(?! out\b)|without (?!{any_of(_LEX.bearing)}\b)[a-z]+ing)|ensuring|"
    rf"(?:do not|don't)(?! (?:really )?{any_of(_FELT)}\b))\b"
    rf"[^.;]*?(?=(?:,\s+(?:and\s+|then\s+|but\s+)?|(?(kept)\s+(?:and|but|then)\s+|\s+and\s+(?={_LATER}\b)))"
    rf"(?:(?:{_LATER}|only|instead),?\s+)*"
    rf"(?:{any_of(_LEX.second_clause - {'keep', 'have', 'let'})}\b|{_ORDER_ABOUT_IT})"
    rf"|,\s+(?:(?:and|then|but)\s+)?{_ORDER_ABOUT_A_THING}(?! same\b)|[.;]|$)"
)
_PICTURE = r"(?:image|picture|photo|photograph|pic|scene|screenshot|painting)s?"
_PREAMBLE = re.compile(
    rf"^(?:(?:(?:this|here|it) is|this is|here's|i have) (?:an?|the|my) (?:\w+ )*{_PICTURE}"
    r"|(?:i|we) (?:just |recently )?(?:took|shot|snapped|captured|found) "
    rf"(?:(?:this|these|it)\b|(?:the|a|my) {_PICTURE}).*"
    rf"|(?:this|it|(?:the|this|my) {_PICTURE}) (?:was|were) (?:just )?(?:taken|shot|snapped|captured)\b.*"
    r"|(?:carefully |closely )?(?:take a (?:close )?look at|look (?:closely |carefully )?at|consider|study|examine|"
    rf"inspect|observe|analy[sz]e|open) (?:the|this|my) (?:\w+ )?{_PICTURE}(?: carefully| closely)?"
    r"|(?:using|based on|given|referring to|with reference to|taking) (?:an?|the|this|my) "
    rf"(?:\w+ )*{_PICTURE}(?: \w+)*"
    rf"|(?:the|this|my) (?:\w+ )?{_PICTURE} (?:currently |now )?(?:shows?|depicts?|displays?|features?|is of) .+)$"
)
"""What is said before an order and asks for nothing."""
_NOT_THAT = re.compile(
    rf"(?:,? (?:and |but )?not {DEFINITE}(?: [\w'-]+){{1,3}}?"
    r"|(?:,| and| but|, and|, but) not (?:(?:an?|so|too|very) )*"
    rf"{any_of(_LEX.colours | _LEX.materials | _LEX.qualities)})(?=[:,.;]|$)"
)
_REMAINS = re.compile(
    r"[\s,]*\b(?:while|whereas) [^.;]+? (?:remain|stay)s? (?:(?! and )[^,.;])+|(?:[\s,]*\b(?:and|but|with) |^|[.;] )"
    rf"(?:{DEFINITE}|everything|all)(?: [\w'-]+){{0,5}}? (?:(?:should|must|shall) )?(?:remain|stay)(?:s|ing)? "
    r"(?:(?:completely|entirely|exactly|otherwise) )?(?:as (?:it|they) (?:is|are|was|were)|as is|"
    r"(?:just )?the same|unchanged|untouched|unaltered|unaffected|intact|in place)(?: as (?:before|in the original))?"
)
""" "..., while the desk and the other things remain as they were"."""
_AS_IT_IS = (
    rf"(?P<spared>{DEFINITE} (?:(?! and (?!{DEFINITE} ))[^,.;])+?) "
    r"(?:in (?:(?:full|its|their|original) )*colou?rs?|untouched|unchanged|unaltered|intact|alone|realistic|real|"
    r"normal|as (?:it|they) (?:is|are)|as is)\b"
)
"""Said of what is kept: unlike "keep the composition" it tells a thing from all else that changes."""
_NO_THING = (
    _LEX.attribute_nouns | _LEX.pose_nouns | _LEX.conditions | {"style", "detail", "layout", "structure", "perspective"}
)
_LEFT_AS_IT_IS = re.compile(
    r"[,.;]? (?:(?:but|while|and|please|also|just),? )*(?:make sure (?:that )?(?:you |we )?)?"
    r"(?:do not|don't|without|to not|not to|(?:you )?(?:must|should) not|never) "
    r"(?:touch|chang|alter|modify|edit|affect)(?:e|ing)? "
    rf"(?P<untouched>{DEFINITE} (?!rest\b|other)(?:(?! (?:and|or) (?!{DEFINITE} ))[^,.;])+)"
    rf"|,? (?:(?:but|while|and) )?(?:leave|leaving|keep|keeping) {_AS_IT_IS}"
    rf"|,? but not (?P<not_that>{DEFINITE}(?: [\w'-]+){{1,3}}?)(?=[.;]|$)"
)
"""Becomes "sparing the rose" behind the order, which is told from an "except" of the user's own."""
_LEAVING = ("keep", "leav", "not ", "don't ", "without ", "never ")
_LEFT_FIRST = re.compile(
    rf"^(?:leave|keep) {_AS_IT_IS},? (?:(?:and|but) )?(?P<order>(?:(?! and |[.;]).)+) "
    r"(?:everything else|(?:all )?the rest(?: of (?:it|the \w+))?)(?P<rest> .+)$"
)
_SPARING = ("except", "apart from", "other than", "sparing")
_SPARED = re.compile(
    r"^(?P<order>.+?(?<!everything)(?<!everyone)(?<!everybody)(?<!anything)(?<!nothing)(?<! all)(?<! else)),? "
    rf"(?P<spared>(?:{'|'.join(_SPARING)})(?: for)? {DEFINITE} (?:(?! (?:to|into|with) )(?:[^,]|,(?= {DEFINITE} )))+)$"
)
"""Behind "everything" it is no part of its own: all but the thing is what the order is about."""
_KEPT_WITHIN = re.compile(r" sparing [^,]*")
_OF_ALL_SPARING = re.compile(r"\b(everything|everyone|everybody|all) sparing ")
SHALL = r"(?:should|shall|must|needs? to|has to|have to)"
SHALL_BE_DONE = re.compile(
    rf", (?:and )?(?=(?:an?|{DEFINITE}|all|any)(?: [\w'-]+)+? (?:{SHALL} be|is|are) \w+(?:ed|en|wn)\b)"
)
""" "Restore this photo, the crack should be fixed", "on the table, a cup is placed"."""
_THEN_SHALL_BE = re.compile(rf": (?=(?:it|they|he|she) {SHALL} )(?!.*§)")
REASON = re.compile(
    r"^(?:since |because )?(?!.*\b(?:should|shall|must|needs?|ought|could|would|can|want|like|love|make)\b)"
    rf"(?:((?:{DEFINITE}|all)\b.+?|he|she|they)|it|this|there)"
    r"(?: (?:(?:has|have)(?! no)|wears?|holds?|(?:is|are) (?:wearing|holding)) ([^,]+)$"
    r"|'s | (?:is|are|has|have|looks?|feels?|seems?|appears?) )"
)
"""What is said to be so, before the order that it is the reason of; the last group is the thing."""
POINTED_AT = re.compile(
    r"^(?:find|locate|select|identify|spot|detect|look for) "
    rf"((?:{DEFINITE}|all) [^,]+)$"
)
"""What is only sought, for what is to be done to it."""
BY_HOW_MUCH = r"(?:(?:a bit|a little|way|far|much|just) )*"
_TOO_MUCH = re.compile(rf"^(?:it|this)(?:'s| is) {BY_HOW_MUCH}too ")
_AS_IF = re.compile(rf"([\w-]+)(,?) as (?:if|though) [^.;§]+?(?=,? (?:and|then) {_ORDER}\b|[.;]|$)")
STANDS = "(?:now )?(?:is|was|are|were|used to be|stands?|stood|sits?|sat)(?: now)?"
_WHERE_FIRST = re.compile(
    rf"^(?:in the (?:place|spot) )?(where {DEFINITE} [^,]+? {STANDS}),? ([^,.;]+?)"
    rf"(?=,? (?:and|then) {_ORDER}\b|[,.;]|$)"
)
_COUNTING = frozenset(
    ("first", "second", "third", "next", "finally", "lastly", "then", "firstly", "secondly", "afterwards")
)
_COUNTED = ("first", "second", "third", "next")
_ORDINAL = re.compile(rf"^(?:first(?: of all)?|second|third|next),? (?={_ORDER} (?:an?|{DEFINITE}|some|all)\b)")
_JOINING = re.compile(r"^(?:and|but|then) ")
_NOTHING = re.compile(
    rf"^(?:(?:do not|don't|never)\b(?! (?:really )?{any_of(_FELT)}\b)"
    r"(?!.* (?:but|except|apart from|other than|besides) )|"
    r"(?:change|alter|modify|edit|do|touch) nothing$|"
    r"nothing (?:should|must|shall|needs? to|has to|is to) (?:be )?(?:chang|alter|edit|modif|mov|happen)\w*$|"
    r"no (?:change|edit|alteration|modification)s?\b(?! (?:of|to|in)\b)|"
    r"(?:keep|leave) (?:it|this|everything|all) "
    r"(?:(?:just |exactly )?(?:as|the way) (?:it|they) (?:is|are)|alone|unchanged)$)"
)
_PLACE = re.compile(
    rf"^{any_of(_LEX.relations - _LEX.no_places)} (?:the|an?|his|her|its|their|my|both|each|every)\b[^§,]+$"
)
_PARTED = re.compile(r"^(\w+) (it|them) (away|down|off|on|out|up)$")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a normalised instruction.

    Attributes:
        text: the whole clause.
        frame: which frame reads it, by its first words; None where they are no known verb.
        rest: what follows the verb.
        quotations: the instruction's quotations; §0 in `text` stands for the first.
        place: where, said before the clause ("to the left of the man, add a girl").
        is_means: whether it says how what the clause before asks for is done ("by adding a lamp").
        is_reason: whether it asks for nothing itself: "the room is bare" before "so add a plant".
        spared: what stays as it is, with the word before it: "except the rose", "sparing the rose" (of what is kept).
    """

    text: str
    frame: str | None
    rest: str
    quotations: tuple[str, ...]
    place: str | None = None
    is_means: bool = False
    is_reason: bool = False
    spared: str | None = None


def asks_for_nothing(clause: Clause) -> bool:
    """Of "don't change anything" nothing is left to do."""
    return clause.frame in (None, "change", "keep") and _NOTHING.match(clause.text) is not None


def split_clauses(text: str, quotations: tuple[str, ...]) -> list[Clause]:
    """The clauses that ask for an edit, in their order; what is to be kept ("keeping the rest") is left out."""
    text = rewritten(text)
    if any(map(text.__contains__, _LEAVING)):
        text = _LEFT_FIRST.sub(r"\g<order> everything\g<rest> sparing \g<spared>", text)
        text = _LEFT_AS_IT_IS.sub(_as_spared, text)
        text = _OF_ALL_SPARING.sub(r"\1 except ", text)
    if "remain" in text or " stay" in text:
        text = _REMAINS.sub("", text).strip(" ,.;") or text
    if "not " in text:
        text = _NOT_THAT.sub("", text) or text
    if "where " in text:
        text = _WHERE_FIRST.sub(lambda first: f"{strip_politeness(first[2])} {first[1]}", text)
    if " as if " in text or " as though " in text:
        text = _AS_IF.sub(lambda likened: likened[1] if _is_said_before(likened) else likened[0], text)
    text = _THEN_SHALL_BE.sub(". ", text)
    shortened = _JOINING.sub("", _KEPT.sub("", text).strip(" ,.;")) or text
    clauses: list[Clause] = []
    place, opening = None, ""
    known = _LEX.verb(shortened.split())
    before = shortened.partition(", ")[0]
    if before != shortened and (known or _PLACE.match(before)):
        shortened = SHALL_BE_DONE.sub(". ", shortened)
    border = _BORDER if known is None or known[0] in _WITH_SUBJECTS else _BORDER_OF_ORDERS
    parts = border.split(shortened)  # with what is between them
    pieces = [
        (piece, joint)
        for each, joint in zip(parts[::2], [*parts[1::2], ""], strict=True)
        if (piece := strip_politeness(each))
    ]
    for number, (piece, joint) in enumerate(pieces, start=1):
        piece = _SHOWN.sub("add ", piece) if number > 1 else piece
        order_follows = number < len(pieces)
        if order_follows and (_PREAMBLE.match(piece) or piece.startswith("instead of being ")):
            continue
        if (order_follows and piece in _COUNTING) or (len(pieces) > 1 and piece.startswith("sparing ")):
            continue
        piece = _ORDINAL.sub("", piece) if piece.startswith(_COUNTED) else piece
        if order_follows and _LEX.verbs.get(piece, "style") != "style":  # "enhance and brighten the cat"
            continue
        following = pieces[number][0] if order_follows else ""
        if order_follows and (_gives_reason(piece, joint, following) or POINTED_AT.match(piece)):
            clauses.append(replace(_clause(piece, quotations, None), is_reason=True))
        elif order_follows and _PLACE.match(piece):
            place = piece
        elif order_follows and _FOR_ANOTHER.match(piece):  # "instead of a bicycle, have the girl ride ..."
            opening = f"{piece}, "
        else:
            piece, spared = _without_spared(piece)
            orders = each_order(opening + piece)
            clauses += [_clause(order, quotations, place, spared) for order in orders]
            place, opening = None, ""
    return clauses


def _as_spared(left: re.Match[str]) -> str:
    """What is left as it is behind "sparing"; of "don't change the pose" no thing is."""
    untouched = left["untouched"]
    if untouched and head(noun_phrase(untouched).concept or "") in _NO_THING:
        return left[0]
    return f" sparing {untouched or left['spared'] or left['not_that']}"


def _is_said_before(likened: re.Match[str]) -> bool:
    """Whether "as if shot on film" only explains: "warmer in tone, as if ..."; of "the photo, as if ..." it is all."""
    return _LEX.compares(likened[1]) or (likened[2] == "," and not names_scene(likened[1]))


def _gives_reason(piece: str, joint: str, following: str) -> bool:
    """Whether it says why the order behind it is given: "the room is bare" before "so", "the room looks dull".

    "The vase is ugly" is so before "get rid of it".
    """
    therefore = joint.strip(" ,").startswith("so") or piece.startswith(("since ", "because "))
    therefore = therefore or " feel" in piece or " looks " in piece or _TOO_MUCH.match(piece) is not None
    reason = REASON.match(piece)
    if therefore or reason is None or reason.lastindex != 1:
        return therefore and reason is not None
    order = _clause(following, (), None)
    return order.frame == "remove" and order.rest in ("it", "them")


def _without_spared(piece: str) -> tuple[str, str | None]:
    """ "make all cups red except the middle one" → "make all cups red", "except the middle one".

    "Remove all cups except the middle one", "change all cups except the middle one to red" stay whole.
    """
    if not any(map(piece.__contains__, _SPARING)):  # nearly every one
        return piece, None
    found = _SPARED.match(piece)
    if found is None:
        return strip_politeness(_KEPT_WITHIN.sub("", piece)), None
    order, spared = strip_politeness(found["order"]), found["spared"]
    clause = _clause(order, (), None)
    goes_on = clause.frame == "remove" or (OF_EACH.match(order) is not None and not _is_whole(clause.rest))
    return (piece, None) if goes_on and not spared.startswith("sparing") else (order, spared)


def _is_whole(rest: str) -> bool:
    """Of "all the cups red"; "all the cups" goes on behind what is spared: "all the cups except the big one red"."""
    return says_what_becomes(rest) or whole_picture_topic(rest) is not None


def _clause(text: str, quotations: tuple[str, ...], place: str | None, spared: str | None = None) -> Clause:
    is_means = text.startswith("by ") and re.match(_MEANS, text) is not None
    text = text.removeprefix("by ").removeprefix("also ") if is_means else text
    words = text.split()
    parted = _PARTED.match(text)
    if parted and f"{parted[1]} {parted[3]}" in _LEX.verbs:  # "take it away" → "take away it"
        words = [parted[1], parted[3], parted[2]]
    known = _LEX.verb(words)
    if known is None and words and words[0].endswith("ly") and (known := _LEX.verb(words[1:])):  # "seamlessly remove"
        text, words = text.split(" ", 1)[1], words[1:]
    if known is None:
        return Clause(text, None, text, quotations, place, is_means, spared=spared)
    frame, count = known
    rest = " ".join(words[count:]).removeprefix("only ")
    return Clause(text, frame, rest.removesuffix(" instead"), quotations, place, is_means, spared=spared)
