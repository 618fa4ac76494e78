"""From raw text to what the grammar reads: lower case, plain quotes, no politeness, quoted text set aside."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.spelling import has_form, is_known, mended

_LEX = lexicon()
VERB = any_of({verb.split()[0] for verb in _LEX.verbs})
"""The first word of any order that the lexicon knows, as a pattern."""
_PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_QUOTED = re.compile(r"\"([^\"]+)\"|(?<!\w)'([^']{1,200})'(?!\w)|「([^」]+)」|『([^』]+)』|《([^》]+)》")
_SAID_BARE = re.compile(
    r"\b(says?|reads?|saying|reading|spells?|words?|text|name|caption|title):\s+"
    r"([^§:;.\n]*?\w[^§:;.\n]*?)(?=[;.\n]|,? and (?:add|change|delete|make|put|remove|replace|turn)\b|$)",
    re.IGNORECASE,
)
"""What stands behind "that reads:" without quotation marks."""
_CAPITALS = r"[A-Z][A-Z0-9&'!-]+(?: [A-Z0-9][A-Z0-9&'!-]+)*"
_WORD_BARE = re.compile(rf"\b((?i:words?|text|phrase|letters|caption|slogan|says?|spells?) )({_CAPITALS})(?!\w)")
_WRITTEN_BARE = re.compile(
    r"^((?i:(?:please )?(?:write|print|engrave|carve|paint) (?:out )?))"
    rf"((?!(?i:an?|{DEFINITE}|some|something|it|them|in|on|with|of|another|"
    r"one|two|three|more|all|both|each|every|text|words?|letters?|graffiti|numbers?|down|out|over)\b)"
    r"(?:[A-Z][\w'!]*(?: [A-Z][\w'!]*){1,4}|(?<=[Ww]rite )[\w'!]+(?: [\w'!]+){0,2}?))"
    r"(?= (?:on|across|over|in|at|above|below|under|along)\b)"
)
""" "Write Happy Birthday on the cake", "write hello on the wall"."""
_BEARS_WORDS = (
    r"(?:sign|shirt|t-shirt|label|board|billboard|chalkboard|whiteboard|blackboard|banner|poster|plate|screen|mug|cup|cap|"
    r"hat|book|cover|title|headline|logo|button|card|note|tag|clock|plaque|newspaper|bottle|box|bag|flag|door|jersey|it)"
)
_SAYS_BARE = re.compile(
    rf"\b((?i:{_BEARS_WORDS}s? (?:(?:should|must|to|now|will|could|can|shall) )?"
    r"(?:says?|reads?|shows?|displays?|spells?)) )"
    r"([A-Z][\w!'&-]*(?: [A-Z0-9][\w!'&-]*)*)(?=$|[.,;!?]| (?:and|instead|in|on|rather)\b)"
)
""" "The sign should read STOP", "make the shirt say Hello World"."""
_FIGURE = r"[$€£]?\d[\d.,:/%-]*(?<![.,:/-])"
_FIGURES_BARE = re.compile(
    r"^((?i:(?:please )?(?:change|replace|edit|update|turn) "
    r"(?:the (?:year|number|price|date|time|score|amount) )?(?:from )?))"
    rf"({_FIGURE}) ((?i:to|with|into|by)) ({_FIGURE})(?=$|[.,;!?]| (?:and|on|in)\b)"
)
""" "Change 2020 to 2024"."""
_FIGURE_BARE = re.compile(
    r"^((?i:(?:please )?(?:make|change|set) the (?:number|year|price|score)\b[^.,;§]*? (?:to |be )?))"
    rf"({_FIGURE})(?=$|[.!?])"
)
""" "Make the number on the door 42"."""
_NEW_WORD_BARE = re.compile(rf"(§\d+ +(?:(?i:with|to|by|into|for) ))({_CAPITALS})(?!\w)")
"""Words in capitals that need no quotation marks: "the word SALE with SOLD"."""
_SAYING = (" say ", " spell ", " read ")
_TO_SAY_BARE = re.compile(
    rf"\b({any_of(verb for verb, frame in _LEX.verbs.items() if frame == 'change')} [^§.;\n]+? to (?:now )?"
    rf"(?:say|spell|read)) (?!(?:an?|{DEFINITE}|some|§\d+|{any_of(_LEX.relations)}|\w+ly)\b)"
    r"([^§:.;\n]*?\w[^§:.;\n]*?)(?=[.;\n]|,? and (?:add|change|delete|make|put|remove|replace|turn)\b|$)",
    re.IGNORECASE,
)
""" "Change the sign to say OPEN"; "to read a book" is what someone does."""
_POLITE = re.compile(
    rf"^(?:(?:{any_of(_LEX.politeness - {'to', 'next'})}|to(?! the \w+)|next(?! to\b))(?:,\s*|\s+))+(?=\S)"
)
_POLITE_TAIL = re.compile(
    r"[\s,]*\b(?:please|for me|thanks|thank you|if possible|too|as well|(?<=\s)(?:right now|now|any ?more)|"
    r"then re-output the image for me)\W*$"
)
_HOW_MUCH = re.compile(
    r"\s(?:(?:(?:by|just|ever so) )*"
    r"(?:a (?:(?:little|tiny|wee) )?(?:bit|touch|tad)|a little|slightly|somewhat)(?: more)?"
    r"|by (?:about |around |some )?(?:[\d.]+|a few|several|\w+)\s?"
    r"(?:%|percent|years?|times|degrees?|pixels|px|cm|inch(?:es)?))\W*$"
)
_ENTITY = re.compile(r"&#?\w{1,10};")
_WRAPPER = re.compile(
    r"<(?:/?(?:image|img|picture|photo|input|instruction|prompt|edit|br|p|b|i|em|strong|span|div|s)[ _-]?\d*\s*/?"
    r"|\|\w+\|)>"
    r"|^\s*\[INST\]|\[/INST\]\s*$|\*\*|^\s*#+\s",
    re.IGNORECASE,
)
"""What a template, a chat or Markdown puts around the words."""
_TAG_AT_LINE_END = re.compile(r"<br\s*/?>|</p>", re.IGNORECASE)
_IN_QUOTES = re.compile(
    r"^(?:(?:edit|task|request|prompt|(?:edit(?:ing)? )?instructions?)\s*:\s*)?"
    r"(?:(\"{1,3})([^\"]+)\1|('{1,3})((?:[^']|(?<=\w)'(?=\w))+)\3)\W*$",
    re.IGNORECASE,
)
_NO_PICTOGRAMS = "°©®"
_BRACKETED = re.compile(r"\s*\([^)]*\)")
_LIST_MARK = re.compile(r"(?:^|\n)\s*(?:[-*•]|\d{1,2}[.)])\s+|\s\d{1,2}[.)]\s+(?=[A-Za-z])|\n+")
_LINE_BREAK = re.compile(
    r"(\b(?i:the|an?|of|with|to|into|in|on|by|and|his|her|its|their|my|your)|:)[ \t]*\n\s*(?=[A-Za-z\"'])"
    r"|(?<![.;:!?\n])[ \t]*\n[ \t]*(?=[a-z])"
    rf"(?!(?:{VERB}|please|then|also|next|finally|can|could|i|we|it|there|don't|do not)\b)"
)
"""A line that ends inside a sentence."""
_DASHED = re.compile(r"—\s*(?=please\b)")
_RUN_TOGETHER = re.compile(r"(?<=[a-z])(?:\.(?=[A-Z])|[,;](?=[A-Za-z]))")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"\s+")
_ASKED = re.compile(
    r"^(?:(?:show|tell|let)(?: me| us)?(?: see)? |see |i wonder |imagine )?(?:what|how) (?:(?:it|this) would look|"
    r"(?:this|the) (?:image|picture|photo|scene) would look)(?: like)? (?:if )?"
    r"(?=with|without|the |it |there |she |he |they )|"
    r"^(?:what|how) would (?:the |my |his |her )?[\w ]{1,40}? look(?: like)? (?:if )?"
    r"(?=with|the |it |there |she |he |they )|"
    r"^you (?=[a-z]+ed )|"
    rf"^(?:can|could|would|will|should|may) (?=(?:{DEFINITE}|all|it|he|she|they)\b)"
)
_DOUBTED = re.compile(
    r"^(ca|could|would|wo|should|is(?=n't (?:there a way|it possible)))n't "
    rf"(?=(?:{DEFINITE}|you|we|i|there|it|all|he|she|they)\b)"
)
""" "Shouldn't the car be red?" asks for what "should the car be red?" does."""
_SUPPOSED = re.compile(r"^would it (?=(?:be|look) \w+ (?:if|without) )")
_FIRST_WORDS = {phrase.split()[0] for phrase in _LEX.politeness} | set(
    "what how can could would will should may show tell let see imagine ca wo".split()  # noqa: SIM905
)
"""One of these, with or without "n't", opens whatever `_POLITE`, `_DOUBTED` or `_ASKED` fits."""
_PURPOSE = re.compile(
    r"^(?:(?:the|your|our|my) (?:main |ultimate )?(?:goal|task|aim|idea|objective|request|job|plan|edit|instruction|"
    r"purpose|challenge|assignment|wish)(?: here| of this edit| now)? (?:is|was|will be) (?:for you )?to |"
    r"(?:task|edit|instructions?|prompt|request|goal|user|edit instruction|editing instruction)\s*: |"
    r"(?:the|this|my) (?:original )?(?:image|picture|photo|photograph|scene) (?:is|was) "
    r"(?:edited|modified|altered|changed|adjusted|updated|transformed|manipulated|retouched) "
    rf"(?:(?:so|such|in such a way|in a way) that |to (?={VERB} (?:the|an?|all|any|some|more|his|her|its|their)\b)))"
)
"""What says that an order follows, or what is so behind it."""
_FORM = re.compile(
    rf"\bform (?=(?:{any_of(_LEX.colours | _LEX.qualities | _LEX.materials)}|an?|one|\w+ing) "
    r"(?:(?!from\b|form\b)\S+ )?(?:in)?to\b"
    rf"|(?:the|this|my) (?:image|picture|photo|photograph|scene)\b)"
)
"""Typed for "from": "the car form red to blue", "remove the dog form the picture"."""
_ASKED_LATER = re.compile(
    rf"^((?:\S+ ){{3,}}\S*\w(?<! and)(?<! but)(?<! so)(?<! then)),? (?:can|could|would|will) (?:u|you) (?:please )?"
    rf"(?={VERB} )"
)
"""A request behind something said, with nothing between: "I don't like the lamp can you delete it"."""
_PERFECT = re.compile(
    r"\b(?:(?P<modal>should|must|shall|could|would|might|to) have|has|have|had)"
    r"(?: (?:now|just|also|already|\w+ly))* been\b"
)
""" "The dog has been removed" tells of an edit what "the dog is removed" does."""
_LONGEST_BY_CHANCE = 7
"""Letters of a word that may be formed of English ones by chance: "manden" is no man's den. Our choice."""
_IN_NAMES = ("da", "de", "di", "van", "von")
_NAME = re.compile(r"(?<=\w[ ,-])[A-Z][^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Utterance:
    """Normalised text; each quotation stands in it as §0, §1, ..., its wording is in `quotations`."""

    text: str
    quotations: tuple[str, ...]


def unwrapped(text: str) -> str:
    """Without what surrounds an instruction and is none: a template's marks, entities, invisible signs, quotes."""
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if not text.isascii():
        text = "".join(character for character in text if unicodedata.category(character) != "Cf").translate(_PLAIN)
    if "<" in text:
        text = _TAG_AT_LINE_END.sub("\n", text)
    text = _WRAPPER.sub(" ", text)
    pictograms = "" if text.isascii() else "".join(filter(_is_pictogram, text))
    text = text.strip(f"{pictograms} \t\r\n")
    quoted = _IN_QUOTES.match(text.translate(_PLAIN))
    return (quoted[2] or quoted[4]).strip() if quoted else text


def normalise(text: str) -> Utterance:
    """Lower case, one space between words, politeness stripped, frequent typos mended, quotations set aside."""
    plain = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    quotations: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        return quoted(next(group for group in reversed(match.groups()) if group is not None))

    def quoted(words: str) -> str:
        quotations.append(words.strip())
        return f" §{len(quotations) - 1} "

    plain = _CONTROL.sub(" ", plain.replace("\r\n", "\n").replace("\r", "\n"))
    if "\n" in plain:
        plain = _LINE_BREAK.sub(lambda broken: f"{broken[1] or ''} ", plain)
    plain = _RUN_TOGETHER.sub(lambda found: f"{found[0]} ", _LIST_MARK.sub(". ", plain))
    if "—" in plain:
        plain = _DASHED.sub(". ", plain)
    plain = plain.replace("§", " ")  # a sign of the user's own would be taken for a quotation
    plain = _QUOTED.sub(set_aside, plain)
    if _WORD_BARE.search(plain):
        plain = _WORD_BARE.sub(lambda found: found[1] + set_aside(found), plain)
        plain = _NEW_WORD_BARE.sub(lambda found: found[1] + set_aside(found), plain)
    if any(map(str.isdigit, plain)):
        plain = _FIGURES_BARE.sub(lambda found: f"{found[1]}{quoted(found[2])} {found[3]} {quoted(found[4])}", plain)
        plain = _FIGURE_BARE.sub(lambda found: found[1] + quoted(found[2]), plain)
    plain = _SAYS_BARE.sub(lambda found: found[1] + quoted(found[2]), plain)
    plain = _WRITTEN_BARE.sub(lambda found: found[1] + set_aside(found), plain)
    if ":" in plain:
        plain = _SAID_BARE.sub(lambda found: found[1] + set_aside(found), plain)
    if any(map(plain.__contains__, _SAYING)):
        plain = _TO_SAY_BARE.sub(lambda found: found[1] + set_aside(found), plain)
    if not plain.isascii():
        plain = "".join(" " if _is_pictogram(character) else character for character in plain)
    unbracketed = _BRACKETED.sub("", plain)
    plain = unbracketed if any(map(str.isalnum, unbracketed)) else plain.replace("(", " ").replace(")", " ")
    plain = _SPACE.sub(" ", plain).strip(" .!?,;:-\"'")
    plain = _without_typos(plain)
    plain = _FORM.sub("from ", plain) if " form " in plain else plain
    if " you " in plain or " u " in plain:
        plain = _ASKED_LATER.sub(r"\1. ", plain)
    if " been " in plain:
        plain = _PERFECT.sub(lambda been: f"{been['modal']} be" if been["modal"] else "is", plain)
    text = strip_politeness(plain)
    purpose = _PURPOSE.match(text)
    return Utterance(strip_politeness(text[purpose.end() :]) if purpose else text, tuple(quotations))


def _is_pictogram(character: str) -> bool:
    """Whether it is an emoji or another sign that is no part of a word."""
    if character.isascii() or character in _NO_PICTOGRAMS:
        return False
    return unicodedata.category(character) == "So" or character in "\ufe0f\u20e3" or "🏻" <= character <= "🏿"


def _without_typos(text: str) -> str:
    """Lower case, each word mended but those that begin with a capital inside the text, which may be names."""
    lower = text.lower()
    if text[1:] == lower[1:]:
        return _WORD.sub(lambda match: mended(match[0]), lower)
    names = {name.lower() for name in _NAME.findall(text)}
    return _WORD.sub(lambda match: _LEX.typos.get(match[0], match[0]) if match[0] in names else mended(match[0]), lower)


def strip_politeness(text: str) -> str:
    """Without "please", "can you", "for me", "a bit" and the like at either end."""
    text = _HOW_MUCH.sub("", _POLITE_TAIL.sub("", text))
    opening = text.partition(" ")[0].rstrip(",").removesuffix("n't")
    if opening in _FIRST_WORDS:  # few begin so, and the patterns are long
        text = _DOUBTED.sub(lambda asked: {"ca": "can ", "wo": "will "}.get(asked[1], f"{asked[1]} "), text)
        text = _SUPPOSED.sub("it would ", text)
        text = _ASKED.sub("", _POLITE.sub("", text))
    return text.strip(" ,.;:!?")


def is_foreign(text: str, typed: str = "") -> bool:
    """Whether text (quotations set aside) is hardly English: most letters not Latin, or words of another language.

    Of the languages whose words are not listed none is English, and of the longer ones two in three are strangers;
    where there are fewer than three longer ones, all are, unless they are a name in `typed`, the text with capitals.
    """
    accented = False
    if not text.isascii():
        letters = [character for character in text if character.isalpha()]
        if sum(character > "ɏ" for character in letters) > len(letters) / 3:
            return True
        accented = any(not character.isascii() for character in letters)  # with one foreign word; "a café" has none
    words = _WORD.findall(text)
    if words and len(words) <= 4 and words[0] in _LEX.foreign_articles:  # "un chat noir"
        return True
    if len(words) > 2 and _LEX.english.isdisjoint(words):
        longer = [word for word in words if len(word) > 2]
        if len(longer) > 2 and 3 * sum(map(is_known, longer)) <= len(longer):
            return True
    if len(words) > 1 and not _is_name(typed) and _is_strange(words):
        return True
    foreign = len(_LEX.foreign.intersection(words))
    return foreign >= (1 if accented else 2) and foreign >= len(words) / 3


def _is_name(typed: str) -> bool:
    """Whether each word has a capital and goes on without: "Naruto Uzumaki", "Leonardo da Vinci"."""
    return " ".join(word for word in typed.split() if word not in _IN_NAMES).istitle()


def _is_strange(words: list[str]) -> bool:
    """Whether none of an order's words is English, but perhaps the verb: "fjern hatten", "change le fond"."""
    if _LEX.verb(words):
        words = words[1:]
        if words[0] not in _LEX.foreign:
            return False
    elif words[0] in ("a", "an", "as") or sum(len(word) > 2 for word in words) < 2:
        return False
    longer = [word for word in words if len(word) > 2 and word not in _LEX.foreign]
    return _LEX.english.isdisjoint(words) and bool(longer) and not any(map(_is_english, longer))


def _is_english(word: str) -> bool:
    """Whether it is known; a shorter one that is only formed of known words may be of a language near English."""
    return has_form(word) or (len(word) > _LONGEST_BY_CHANCE and is_known(word))
