"""Lemmas of English words by rule: enough to find "cats" under "cat" and "running" under "run".

A few regular endings and a short list of irregular plurals (our choice). No dictionary is consulted, so `lemmas`
proposes and its caller, who has a vocabulary, disposes.
"""

from __future__ import annotations

from functools import lru_cache

_IRREGULAR_PLURALS = {
    "men": "man",
    "women": "woman",
    "people": "person",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "mice": "mouse",
    "oxen": "ox",
    "leaves": "leaf",
    "knives": "knife",
    "wives": "wife",
    "lives": "life",
    "shelves": "shelf",
    "wolves": "wolf",
    "loaves": "loaf",
    "halves": "half",
    "scarves": "scarf",
    "calves": "calf",
    "hooves": "hoof",
    "thieves": "thief",
    "elves": "elf",
    "cacti": "cactus",
    "fungi": "fungus",
    "dice": "die",
    "movies": "movie",
    "cookies": "cookie",
    "zombies": "zombie",
    "pies": "pie",
    "ties": "tie",
    "shoes": "shoe",
    "canoes": "canoe",
    "toes": "toe",
    "axes": "axe",
}
_LOOKS_PLURAL = """
glasses scissors jeans pants shorts trousers sunglasses clothes series species news tennis bus gas lens canvas
christmas grass glass dress moss cross class brass mess compass mattress chess this his its yes is was has as us
cactus octopus virus campus walrus hippopotamus platypus asparagus hibiscus crocus iris pancreas atlas
"""
_NO_PLURAL = frozenset(_LOOKS_PLURAL.split())


@lru_cache(maxsize=16_384)
def singular(word: str) -> str:
    """The singular of a lower-case noun; a word that does not look like a plural comes back as it is."""
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    for irregular in ("women", "men", "people", "children"):
        if len(word) > len(irregular) and word.endswith(irregular):  # firemen, grandchildren
            return word.removesuffix(irregular) + _IRREGULAR_PLURALS[irregular]
    if len(word) < 4 or word in _NO_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zzes", "toes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=16_384)
def lemmas(word: str) -> tuple[str, ...]:
    """Forms under which a lower-case word may stand in a vocabulary, the likeliest first, without the word itself."""
    found: list[str] = []
    base = singular(word)
    if base != word:
        found.append(base)
        if word.endswith("es"):
            found.append(word[:-2])
    if word.endswith("ing") and len(word) > 5:
        found += _stems(word[:-3])
    elif word.endswith("ied") and len(word) > 4:
        found.append(word[:-3] + "y")
    elif word.endswith("ed") and len(word) > 4:
        found += _stems(word[:-2])
    elif word.endswith("ish") and len(word) > 5:  # reddish, greenish
        found += _stems(word[:-3])
    elif word.endswith("ly") and len(word) > 4:
        found.append(word[:-2])
    elif word.endswith(("er", "est")) and len(word) > 4:
        found += _stems(word.removesuffix("er").removesuffix("est"))
    return tuple(dict.fromkeys(form for form in found if form != word))


def _stems(stem: str) -> list[str]:
    """What an ending may have been put on: stopp-ed → stop, smil-ing → smile, walk-ing → walk."""
    forms = [stem, stem + "e"]
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeiou":
        forms.insert(0, stem[:-1])
    return forms
