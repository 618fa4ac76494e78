"""Noun phrases: from "the two small dogs sitting on the red sofa" to the concept "small dogs" at "on the red sofa"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon

MAXIMUM_WORDS = 6
"""A concept has at most so many words (our choice)."""

_LEX = lexicon()
_DETERMINERS = """
a an the some any this that these those all every each another both of my your our his her its their extra
additional more other only several few
"""
_NUMBERS = frozenset("one two three four five six seven eight nine ten".split())  # noqa: SIM905
_ARTICLES = frozenset(_DETERMINERS.split()) | _NUMBERS
_RELATIVE = (
    r"\s(?:and )?(?:that|which|who|whose|where|so that|so(?= (?:it|they|he|she) )|as if|when)\s|"
    r",? (?:such as|including)\s"
)
_RELATION = re.compile(rf"(?:^|\s){any_of(_LEX.relations)}\s+(?=\S)|{_RELATIVE}")
_SCENE_NOUN = any_of(_LEX.scene - {"it", "this", "elements", "frame", "canvas", "viewer", "everything"})
_SCENE_TAIL = re.compile(
    r"[\s,]*\b(?:from|in|to|into|on|within|of|across|throughout|for|inside|over) "
    rf"(?:(?:{DEFINITE}|an?|whole|entire|original) )*{_SCENE_NOUN}\b\s*$"
)
_SCENE_MIDDLE = re.compile(r"\b(?:in|of) (?:the|this|that) (?:image|picture|photo|photograph|scene)\b")
_SIDE = re.compile(
    rf"^(?!top (?:hat|coat|bun|knot)s?\b)((?:{any_of(_LEX.sides)}\s+(?:and\s+(?={any_of(_LEX.sides)}\s))?)+)(?=\w)"
)
_LISTED = re.compile(r" and |, (?:an?|the|some|another) ")
_PLACED = frozenset(("located", "situated", "placed", "positioned", "seated"))
_POINTING = frozenset(("there", "here", "in"))
_LOOKS_OR_GOES = """
looking facing heading driving moving pointing running walking flying going sailing riding turning leaning gazing
staring swimming galloping jumping headed turned pointed directed aimed tilted angled
"""
DIRECTED = frozenset(_LOOKS_OR_GOES.split())
"""What is to the left behind one of these is no place: "a man looking to the left"."""
_DIRECTION = re.compile(r"(?:to|towards?) (?:the )?(?:left|right|top|bottom)\b")
_SIDE_BEHIND = re.compile(
    r"(?<=\w)(?:,\s*|\s+)((?:far |very )?(?:(?:top|upper|bottom|lower)[\s-](?:left|right|middle|center|centre)"
    r"(?: corner| side)?|(?<=, )(?:left|right|top|bottom)(?: corner| side)?))$"
)
_SIDE_ENDS = ("left", "right", "top", "bottom", "middle", "center", "centre", "corner", "side")
_OWN_BEHIND = re.compile(r"(?<=\w), with (?:its|his|her|their) .+$")
""" "On the lake, with its reflection in the water": no part of where."""
_WITH = re.compile(r"(?<=\w)(?:,? (?:with|featuring) |, (?=(?:which|where|while|its|his|her|their)\b))")
_WITH_TWO = re.compile(r"^((?:(?! and |,).)+?) (?:with|featuring) (?:an? )?(?:(?! and |,).)+ and (?:(?! and |,).)+$")
_PICTURES = ("image", "picture", "photo", "photograph", "scan", "snapshot", "footage", "shot", "scene")
_DESCRIBED_PICTURE = re.compile(
    r"^(?:the|this|my|our) (?:(?:and|very|old|aged|antique|vintage|faded|damaged|scratched|torn|blurry|blurred|grainy|"
    r"noisy|hazy|foggy|dark|dim|dull|bright|overexposed|underexposed|pixelated|low[- ]resolution|low[- ]quality|"
    r"scanned|input|given|provided|source|current|final|resulting|output|black|white|black-and-white|gr[ae]yscale|monochrome|sepia|colou?r|family|"
    r"wedding|outdoor|indoor|night|daytime|product|street|studio|portrait|landscape|daylight|nighttime)[\s,]+)+"
    rf"{any_of(_PICTURES)}$"
)
"""Such a one may hang on the wall: it is the picture where the whole of it is what changes."""
_BEARING = _LEX.bearing - {"with", "have", "grow", "contain"}
_PART_OF = re.compile(
    rf"^(?:(?:the|only|just) )*(?P<kind>(?:(?:{any_of(_LEX.sides | _LEX.qualities | _LEX.colours)}|\w+est) )*)"
    rf"(?P<number>{any_of(_NUMBERS)}|\d+)s? of {DEFINITE} "
    rf"(?:(?P<total>{any_of(_NUMBERS)}|\d+) )?(?P<whole>.+)$"
)
_WHICH_OF = re.compile(
    rf"^(?:the )?(?P<which>\w+(?:er|est)) of {DEFINITE} "
    rf"(?:(?:{any_of(_NUMBERS)}|\d+) )?(?P<whole>.+)$"
)
""" "The smaller of the two boats"."""
_HEAD = re.compile(r"[\w-]+(?= of |$)")
BORNE_BY = re.compile(
    rf"^(.+?)(?: that| which)? ({DEFINITE} .+?|he|she|they)(?: is| are|'s|'re| was| were) "
    r"(?:wearing|holding|carrying)$"
)
""" "The hat the man is wearing"."""
_NO_PICTURE = frozenset(("them", "these", "those", "they", "ones")) | _NUMBERS
_EDGE = " ,.;:!?-'\""


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A concept (lower case, no article; None if nothing is named) and where it is."""

    concept: str | None
    location: str | None = None

    @property
    def words(self) -> str:
        """ "man on the left"; empty where neither is named."""
        return " ".join(filter(None, (self.concept, self.location)))

    def as_place(self, relation: str) -> str | None:
        """ "on man on the left"; a location alone needs no relation."""
        return " ".join(filter(None, (self.concept and relation, self.words))) or None


@lru_cache(maxsize=8_192)
def noun_phrase(text: str, is_caption: bool = False) -> NounPhrase:
    """Splits a phrase into what it names and where that is.

    Articles, numbers and mentions of the picture itself are dropped; what follows a relation ("on", "to the left of")
    or a relative pronoun is the location; "left", "second" before the noun are a location too; pronouns become what
    they may mean ("him" → "man") or nothing. What is a list stays whole, however long. Of a caption what stands behind
    "with" may be all that is asked for ("show the dog with a hat"): it is not the first to go where words are too many.
    """
    text = without_scene(text).strip(_EDGE).removesuffix(" instead")
    part = _PART_OF.match(text) if " of " in text else None
    if part:
        return _part_of(part, is_caption)
    which = _WHICH_OF.match(text) if " of " in text else None
    if which and _LEX.compares(f"{which['which'].removesuffix('est').removesuffix('er')}er"):
        whole = noun_phrase(which["whole"], is_caption)
        one = whole.concept and _one_of(whole.concept)
        return NounPhrase(one, " ".join(filter(None, (which["which"], whole.location))))
    borne = BORNE_BY.match(text) if text.endswith(("wearing", "holding", "carrying")) else None
    if borne:
        place = noun_phrase(borne[2]).words
        return NounPhrase(noun_phrase(borne[1], is_caption).concept, f"on {place}" if place else None)
    match = _RELATION.search(text)
    location = None
    if match:
        location = _OWN_BEHIND.sub("", text[match.start() :].strip(_EDGE))
        text = text[: match.start()].strip(_EDGE)
    elif text.endswith(_SIDE_ENDS) and (behind := _SIDE_BEHIND.search(text)):  # "a moon top right"
        location, text = f"at the {behind.group(1)}", text[: behind.start()]
    words = _without_articles(text.split())
    if location and _DIRECTION.match(location):
        location = _directed(words, location)
    side = _SIDE.match(" ".join(words))
    if side:
        location = " ".join(filter(None, (side.group(1).strip(), location)))
        words = _without_articles(words[len(side.group(1).split()) :])
    words = _without_participle(words)
    if len(words) > 1 and words[-1] in _POINTING:
        words = words[:-1]  # "the book there"
    hanging = words[-1:] and words[-1].endswith("ing") and words[-1] not in _LEX.ing_nouns
    if location and len(words) > 1 and (hanging or words[-1] in _PLACED):
        words = words[:-1]  # "lanterns hanging" on the tree, "motorcycle located" in the centre
    concept = " ".join(words)
    described = _WITH_TWO.match(concept) if len(words) > MAXIMUM_WORDS and not is_caption else None
    concept = described.group(1) if described else concept
    concept = concept if is_list(concept) else " ".join(_shortened(concept.split(), is_caption))
    return NounPhrase(resolve_pronoun(concept), location or None)


def is_list(phrase: str) -> bool:
    """Whether a phrase may name several things: joined by "and", or by commas before articles ("a hat, a scarf")."""
    return _LISTED.search(phrase) is not None


def shortened(concept: str | None) -> str | None:
    """At most six words of a concept: those before "with", the first before an "of", else the last, for its head."""
    return (concept and " ".join(_shortened(concept.split()))) or None


def without_scene(text: str) -> str:
    """Without "in the image", "from this photo" and the like."""
    return _SCENE_MIDDLE.sub("", _SCENE_TAIL.sub("", text)).strip()


def resolve_pronoun(concept: str) -> str | None:
    """What a pronoun may mean ("him" → "man"); None for "it" or for a noun of the picture itself."""
    concept = concept.strip(_EDGE)
    if concept in _LEX.pronouns:
        return _LEX.pronouns[concept] or None
    return None if not concept or concept in _LEX.scene else concept


def opens_with_scene(text: str) -> bool:
    """Whether text is about the picture as a whole, by its first two words: "the picture crisp and clear".

    "All the" and "these two" are of what follows.
    """
    words = text.split()[:2]
    if words and all(word in _ARTICLES and word not in _LEX.scene for word in words):
        return False
    return names_scene(" ".join(words))


def names_scene(text: str) -> bool:
    """Whether a phrase names the picture itself, or nothing: "this photo", "the image", "my old photo"."""
    concept = noun_phrase(text).concept
    if concept is None:
        return _NO_PICTURE.isdisjoint(text.split())
    return concept.endswith(_PICTURES) and _DESCRIBED_PICTURE.match(text) is not None


@lru_cache(maxsize=8_192)
def head(concept: str) -> str:
    """The singular of the noun that the phrase is about: "bottles of beer" → "bottle", "red cars" → "car"."""
    before = re.split(r" (?:made )?(?:of|with|in|on|at|for|from|to) ", concept, maxsplit=1)[0]
    words = before.split()
    return singular(words[-1].removesuffix("'s")) if words else ""


def whole_words(phrases: frozenset[str]) -> re.Pattern[str]:
    """Compiled `any_of` between word borders."""
    return re.compile(rf"(?<![\w-]){any_of(phrases)}(?![\w])")


def _part_of(part: re.Match[str], is_caption: bool) -> NounPhrase:
    """ "The middle one of the three bottles" is the middle bottle, "two of the five birds" are birds, two of five."""
    whole = noun_phrase(part["whole"], is_caption)
    if whole.concept is None:
        return whole
    name = _one_of(whole.concept) if part["number"] == "one" else whole.concept
    named = noun_phrase(part["kind"] + name)
    number = f"{part['number']} of {part['total']}" if part["total"] else part["number"]
    counted = None if part["kind"] or number == "one" else number
    return NounPhrase(named.concept, " ".join(filter(None, (named.location, counted, whole.location))) or None)


def _one_of(concept: str) -> str:
    return _HEAD.sub(lambda noun: singular(noun[0]), concept, count=1)


def _shortened(words: list[str], is_caption: bool = False) -> list[str]:
    if (
        len(words) > MAXIMUM_WORDS and not is_caption
    ):  # what follows describes the thing: "scooter with a mint-green finish"
        words = _WITH.split(" ".join(words), maxsplit=1)[0].split()
    kept = words[:MAXIMUM_WORDS] if "of" in words else words[-MAXIMUM_WORDS:]
    return kept[1:] if kept[:1] == ["and"] else kept


def _directed(words: list[str], location: str) -> str:
    """ "to the left" behind "man looking" is "looking to the left"."""
    return f"{words[-1]} {location}" if len(words) > 1 and words[-1] in DIRECTED else location


def _without_articles(words: list[str]) -> list[str]:
    start = 0
    while (
        start < len(words)
        and words[start] in _ARTICLES
        and (start + 1 < len(words) or words[start] not in _LEX.pronouns)
    ):
        start += 1
    return words[start:]


def _without_participle(words: list[str]) -> list[str]:
    """Up to a participle behind the noun: "deer sitting", "girl wearing a hat"."""
    for index, word in enumerate(words[1:], start=1):
        if (word.endswith("ing") and _LEX.does(word)) or word in _BEARING:
            return words[:index]
    return words
