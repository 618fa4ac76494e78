"""Several orders in one: "make the apples green and the oranges blue". Text in, texts out."""

from __future__ import annotations

import re

from sigmask.instruction.concept import noun_phrase
from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon

_LEX = lexicon()
_DEFINITE = ("the ", "his ", "her ", "its ", "their ")
_BESIDE = re.compile(r"\s*,\s+(?:and\s+)?|\s+and\s+")
OF_EACH = re.compile(r"^(make|turn|change|convert|transform|paint|dye|colou?r|let)\s+")

_EACH_SOMEWHERE = re.compile(
    r"^(add|put|place|insert|draw|remove|delete|erase|eliminate|get rid of|take out|clear) "
    r"(.+?(?: and(?: also)?|,| as well as| along with| together with| plus) (?:an?|the|some|another) .+)$"
)
_MAY_HAVE_SEVERAL = re.compile(r",| (?:and|then|as well as|along with|together with|plus|with no) ")
_EACH_FOR_ANOTHER = re.compile(
    r"^(replace|substitute|swap|switch|exchange|trade) ((?:(?! and ).)+? (with|for|by) .+?),? and "
    rf"((?:{DEFINITE} (?:(?! and ).)+?|\w+) \3 .+)$"
)
_EACH_WRITTEN = re.compile(
    r"^(add|put|place|insert|write|print|draw|remove|delete|erase|replace|change|turn) "
    r"((?:(?!§).)*§\d+.*?),? and ((?:the )?(?:(?:text|words?|letters?) )?§\d+.*)$"
)
_EACH_GIVEN = re.compile(
    rf"^(give) ((?:{DEFINITE}|him)\b.*? (?:an?|some) .+?),? and "
    rf"((?:{DEFINITE}|him)(?: [\w-]+){{0,2}}(?<! of)(?<! with)(?<! in)(?<! on)(?<! from)(?<! for) (?:an?|some) .+)$"
)
_EACH_BEARS = re.compile(
    r"^((?:make|let|have|get) (?:the|his|her)\b.*? (?:wear|hold|carry|have)) ((?:an?|some) .+?),? and "
    rf"({DEFINITE}(?: [\w-]+){{1,2}}?(?: (?:on|at|to) the (?:left|right))?(?<! of)(?<! with)(?<! in)(?<! on)) "
    r"((?:an?|some) .+)$"
)
""" "Let the man hold a cup and the woman a plate"."""
_SOMEONE = any_of(_LEX.men | _LEX.women | _LEX.somebody | {"men", "women", "people", "children"})
RECEIVER = (
    rf"(?:{DEFINITE} (?:[\w-]+'s )?(?:(?:(?!an? |the |some |and )[\w-]+ ){{0,3}}?{_SOMEONE}s?\b(?!')"
    rf"|(?:{any_of(_LEX.colours | _LEX.materials | _LEX.qualities)} )*[\w-]+(?!')))"
)
""" "The old man", "the red car": who gets a thing that no article tells from them."""
_EACH_HAS = re.compile(rf"^(give) (her|him|them|me|{RECEIVER}) (.+?),? and ((?:an?|some) .+)$")
EXCHANGES = ("swap", "switch", "exchange", "interchange")
PLACES_OF = r"(?:(?:the )?(?:positions?|places?|locations?) of )?"
_BOTH_WAYS = re.compile(rf"^({'|'.join(EXCHANGES)}) {PLACES_OF}(the .+?) and (the .+)$")
_BOTH_PLACES = re.compile(
    rf"^({'|'.join(EXCHANGES)}) {PLACES_OF[:-1]}((?:the )?[\w-]+) and (?!the )([\w-]+(?: [\w-]+)?)$"
)
_BESIDE_ANOTHER = re.compile(r",? and (?:also )?(?=(?:an?|the|some|another) )|, (?=(?:an?|the|some|another) )")
_ALSO = re.compile(r",? (?:and also|as well as|along with|together with|plus) (?=(?:an?|the|some|another) )")
_PARTS_SIDES = ("replace", "change", "turn")
_INTO = re.compile(r" (?:to|with|into|by) ")
_BEARS = ("wear ", "hold ", "carry ", "have ")
_BEAR = "(?:wear|hold|carry|have)"
_SHARED_SUBJECT = re.compile(
    rf"^((?:let|make|have|get) (?:{DEFINITE}|him|an?|every|each|both|all)\b.*?) "
    rf"({_BEAR} .+?),? and ({_BEAR} .+)$"
)
_ACT = any_of(_LEX.doing - _LEX.body - _LEX.pose_nouns)
_TWO_ACTS = re.compile(
    rf"^((?:(?:let|make|have|get) )?(?:{DEFINITE}|an?|every|each|both|all)(?: (?!and\b)[\w-]+)+?"
    rf"(?<! to)(?: (?:should|shall|must))?) ({any_of(_LEX.doing)}\b(?:(?!,? and ).)*),? and ({_ACT} .+|{_BEAR} .+)$"
)
""" "Let the man sit down and hold a cup"; "sit and wave a flag" is one act."""
SUBJECT = rf"(?:(?:an?|{DEFINITE}|another)(?: [\w'-]+)+?|he|she|it|someone)"
DOES = rf"(?:{any_of(verb for verb in _LEX.doing if ' ' not in verb)}|{any_of(_LEX.verbs)})e?s {DEFINITE}"
_IS = "(?:is|are|was|were|(?:(?:should|shall|must|could|would) )?be)"
_SUBJECT_IS = rf"(?:{DEFINITE}|an?|some) (?:[\w-]+ ){{1,6}}?(?:{_IS}|has|have)"
_BOTH_BORNE = re.compile(
    rf"^({SUBJECT}(?: is| are| be)?) ((?:wearing|holding|carrying|wears|holds|carries) .+?),? "
    r"and ((?:wearing|holding|carrying|wears|holds|carries) .+)$"
)
_BOTH_DOING = re.compile(
    rf"^({SUBJECT} (?:is|are|be)) (\w+ing (?:an?|some|{DEFINITE}) (?:(?! and ).)+?),? "
    rf"and (\w+ing (?:an?|some|{DEFINITE}) .+)$"
)
_SO_WITH_NONE = re.compile(
    r"^((?:(?:make|turn|change|paint|dye|colou?r|let) )?"
    rf"(?:{DEFINITE}|all|both|every|each) [^,]+?),? with no ((?:(?! and |,).)+)$"
)
""" "The shirt white with no logo"; trees "bare with no leaves" are only bare."""
_AND_MAYBE = re.compile(
    r"^(.+?), (?:maybe|perhaps|possibly) (?:(?:also|even|just|slightly|a (?:bit|little|touch)) )*(.+)$"
)
_BOTH_SO = re.compile(rf"^({_SUBJECT_IS} ?[\w -]+?),? and ({_SUBJECT_IS} ?.+)$")
_BOTH_DONE = re.compile(rf"^({SUBJECT}) ({DOES} .+?),? (?:and|then|and then) ({DOES} .+)$")


def each_order(piece: str) -> list[str]:
    """ "make the apples green and the oranges blue" → "make the apples green", "make the oranges blue".

    "Bigger eyes and a smaller nose" come apart too, "a cup on the table and a lamp on the floor", what someone wears
    from what they hold, and "the shirt white with no logo".
    """
    if not _MAY_HAVE_SEVERAL.search(piece):  # nearly every one
        return [piece]
    compared = _BESIDE.split(piece)
    if all(_LEX.compares(thing.split()[0]) and " " in thing for thing in compared):
        return compared
    placed = _EACH_SOMEWHERE.match(piece)
    if placed:
        things = _BESIDE_ANOTHER.split(placed.group(2))
        if things[-1].endswith(" between them"):  # the other two are somewhere
            things = things if all(map(_is_somewhere, things[:-1])) else [placed.group(2)]
        elif len(things) < 2 or not all(map(_is_somewhere, things)):  # "the cup on the table and also the lamp"
            things = _ALSO.split(placed.group(2))
        return [f"{placed.group(1)} {thing}" for thing in things]
    exchanged = _EACH_FOR_ANOTHER.match(piece)
    if exchanged:
        verb, first, _, others = exchanged.groups()
        return [f"{verb} {first}", *each_order(f"{verb} {others}")]
    written = _EACH_WRITTEN.match(piece)
    if written and (written[1] not in _PARTS_SIDES or all(_INTO.search(part) for part in written.groups()[1:])):
        return [f"{written[1]} {part}" for part in written.groups()[1:]]
    given = _EACH_GIVEN.match(piece)
    if given:
        return [f"{given[1]} {part}" for part in given.groups()[1:]]
    has = _EACH_HAS.match(piece)
    if has:
        return [f"{has[1]} {has[2]} {each}" for each in has.groups()[2:]]
    bears = _EACH_BEARS.match(piece)
    if bears:
        opening, *_, verb = bears[1].split()
        return [f"{bears[1]} {bears[2]}", f"{opening} {bears[3]} {verb} {bears[4]}"]
    both_ways = _BOTH_WAYS.match(piece) or _BOTH_PLACES.match(piece)
    if both_ways:  # either comes to where the other was
        verb, *both = both_ways.groups()
        both = _named_apart(*both)
        names = [noun_phrase(each).concept or each for each in both]
        return [f"{verb} {each} with the {name}" for each, name in zip(both, reversed(names), strict=True)]
    shared = (
        _SHARED_SUBJECT.match(piece) or _BOTH_DONE.match(piece) or _BOTH_BORNE.match(piece) or _BOTH_DOING.match(piece)
    )
    if shared:
        subject, *held = shared.groups()
        return [f"{subject} {each}" for each in held]
    acts = _TWO_ACTS.match(piece)
    if acts and (acts[3].startswith(_BEARS) or (" " in acts[2] and not says_what_becomes(piece))):
        return [f"{acts[1]} {each}" for each in acts.groups()[1:]]
    with_none = _SO_WITH_NONE.match(piece)
    if with_none and with_none[1].split()[-1] in _LEX.colours | _LEX.materials:
        gone = noun_phrase(with_none[2])
        return [with_none[1], f"remove {with_none[2]}" if gone.location else f"remove {with_none[2]} on it"]
    both_so = _BOTH_SO.match(piece)
    if both_so:
        return [both_so[1], *each_order(both_so[2])]
    of_each = OF_EACH.match(piece)
    if not of_each:
        return [piece]
    maybe = _AND_MAYBE.match(piece)
    if maybe and says_what_becomes(maybe[1][of_each.end() :]) and _LEX.describes(maybe[2].split()):
        return [maybe[1], f"{of_each[1]} it {maybe[2]}"]
    things = _BESIDE.split(piece[of_each.end() :])
    if len(things) < 2 or not all(thing.startswith(_DEFINITE) and says_what_becomes(thing) for thing in things):
        return [piece]
    return [f"{of_each.group(1)} {thing}" for thing in things]


def says_what_becomes(thing: str) -> bool:
    """Of "the oranges blue", "the pear into an apple", "his face slimmer", "the sky less cloudy"."""
    words = thing.split()
    before, caused, _ = thing.partition(" with ")
    if caused and says_what_becomes(before):  # "the roofs white with snow"
        return True
    described = _LEX.describes(words[-1:]) or _LEX.compares(words[-1]) or words[-2:-1] in (["more"], ["less"])
    described = described or _LEX.does(words[-1]) or "§" in words[-1]
    return len(words) > 2 and (described or " to " in thing or " into " in thing)


def _named_apart(first: str, second: str) -> list[str]:
    """ "The salt" and "pepper shakers" → "the salt shaker", "the pepper shaker"."""
    *_, noun = words = second.split()
    if second.startswith("the ") or len(words) < 2 or singular(noun) == noun:
        return [first, second]
    return [f"{first} {singular(noun)}", f"the {' '.join(words[:-1])} {singular(noun)}"]


def _is_somewhere(thing: str) -> bool:
    """Of "a cup on the table"; what is between two things names the second in its place."""
    location = noun_phrase(thing).location or ""
    return location != "" and not location.startswith(("between", "among"))
