"""Spelling: typos of frequent words, and unknown words that are one slip of the pen away from one known word.

Known are the words of the lexicon and of the embedding table that ships with the package, what they form ("treehouse",
"unlit", "pointy"), and nothing else: the words are too few to take every stranger for a typo. So only long words are
mended, and only slips: a letter left out, doubled or changed for its neighbour, or one written for another of its
sound. All of this is our choice. Measured once with the word list of wordfreq 3.1.1, on which `other_words` of the
lexicon was grown: of the 30,000 commonest English words 60 are changed, nearly all names, British spellings and true
typos; of 5,000 slips in known words of seven letters and more 86 % are mended and 3 become a wrong word.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache, lru_cache
from importlib.resources import as_file, files
from string import ascii_lowercase

from sigmask.instruction.embedding_table import read_vocabulary
from sigmask.instruction.lemma import lemmas
from sigmask.instruction.lexicon import lexicon

_SHORTEST = 7
"""Letters of a word that an unknown one may be mended into."""
_SHORTEST_BY_SOUND = 8
_LONGEST = 25
"""Letters of a word that is looked at: none of English that a picture shows is longer."""
_OF_ONE_SOUND = ("cskz", "ae", "mn")
_PREFIXES = (
    "un",
    "re",
    "over",
    "under",
    "out",
    "mis",
    "dis",
    "in",
    "im",
    "non",
    "semi",
    "multi",
    "mini",
    "super",
    "sub",
)
_ENDINGS = "less ness ful like able ible ist ists ism ship y en ment ity al ic an ian ation ed er ers ing s es or"
_SUFFIXES = tuple(_ENDINGS.split())


@lru_cache(maxsize=16_384)
def mended(word: str) -> str:
    """A lower-case word without its typo; the word itself where it is known, short, or like no single known word."""
    typo = lexicon().typos.get(word)
    if typo:
        return typo
    if not _SHORTEST - 1 <= len(word) <= _LONGEST or not (word.isascii() and word.isalpha()) or is_known(word):
        return word
    meant = {each for each in _meant(word) if each in _vocabulary() and not each.startswith(word)}
    return meant.pop() if len(meant) == 1 else word


def is_known(word: str) -> bool:
    """Whether a lower-case word, or what it is formed of, is in the vocabulary: "lamps", "treehouse", "unlit"."""
    known = _vocabulary()
    parts = ((word[:place], word[place:]) for place in range(3, len(word) - 2))
    return (
        has_form(word)
        or any(first in known and has_form(second) for first, second in parts)
        or any(word.endswith(suffix) and _is_stem(word.removesuffix(suffix)) for suffix in _SUFFIXES)
        or any(word.startswith(prefix) and has_form(word.removeprefix(prefix)) for prefix in _PREFIXES)
    )


@cache
def _vocabulary() -> frozenset[str]:
    """Every single word of the lexicon and of the table; typos and what they are listed for are no words."""
    with as_file(files("sigmask") / "weights" / "tiny" / "text.safetensors") as path:
        entries = [*read_vocabulary(path)]
    words = lexicon()
    entries += [entry for field in fields(words) if field.name != "typos" for entry in getattr(words, field.name)]
    return frozenset(word for entry in entries for word in entry.replace("-", " ").split())


def has_form(word: str) -> bool:
    """Whether a lower-case word or a lemma of it is listed; what is only formed of listed words is not."""
    return len(word) > 2 and any(form in _vocabulary() for form in (word, *lemmas(word)))


def _is_stem(stem: str) -> bool:
    """Whether an ending may stand on it: "fog" of "foggy", "bak-" of "baker", "cloudi-" of "cloudiness"."""
    if len(stem) < 3:
        return False
    forms = [
        stem,
        f"{stem}e",
        stem[:-1] if stem[-1] == stem[-2] else stem,
        f"{stem[:-1]}y" if stem[-1] == "i" else stem,
    ]
    return any(form in _vocabulary() for form in forms)


def _meant(word: str) -> set[str]:
    """What a word may be a slip of; the first letter is right."""
    places = range(1, len(word))
    longer = {word[:place] + letter + word[place:] for place in range(1, len(word) + 1) for letter in ascii_lowercase}
    shorter = {word[:place] + word[place + 1 :] for place in places if word[place] == word[place - 1]}
    turned = {word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in places[:-1]}
    sounding = {
        word[:place] + letter + word[place + 1 :]
        for place in places
        for sound in _OF_ONE_SOUND
        for letter in sound
        if word[place] in sound
    }
    by_length = {each for each in longer | shorter | turned if len(each) >= _SHORTEST}
    return by_length | {each for each in sounding if len(each) >= _SHORTEST_BY_SOUND}
