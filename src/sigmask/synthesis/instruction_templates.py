"""What people write to an editor, from templates: an instruction and the edit tuple it states."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any, cast

import numpy as np
import yaml

from sigmask.types import Action, EditTuple

VOWELS = "aeiou"
PLURAL_WORDS = frozenset(
    [
        "skis",
        "scissors",
        "people",
        "bananas",
        "books",
        "carrots",
        "greens",
        "candy",
        "stuff",
        "broccoli",
        "cattle",
        "horns",
        "sunglasses",
        "headphones",
    ]
)
_LIVELY = re.compile(r"\b(ask|dress|force|help|hold|play|pose|posture|tell|wears?)\b")
"""Words of what only people and animals are asked to do."""


def write_instruction(
    kind: str,
    rng: np.random.Generator,
    *,
    original: str | None = None,
    edited: str | None = None,
    place: str | None = None,
    **words: str,
) -> tuple[str, EditTuple]:
    """An instruction of the `kind` named in `instruction_templates.yaml`, and what it states.

    Args:
        original: the class of the object it is about; None makes it "the object", "the area", ...
        edited: what comes instead or in addition.
        place: where, such as "on the left"; templates that say no place leave it out.
        words: what the template's other gaps take (`colour`, `material`, `text`, `old_text`, `scene`, `doing`, ...).

    Returns:
        The text, and a tuple whose concepts are the nouns used in it, in lower case; None where it names none.
    """
    entry = _sentences()[kind]
    template = _template(entry["templates"], original, rng)
    named = synonym(original, rng) if original is not None else None
    noun = named or str(rng.choice(vocabulary()["nameless"]))
    new = synonym(edited, rng) if edited is not None else None
    if named is not None and new is not None and _singular(named) == _singular(new):
        named, noun, new = original, str(original), edited  # a car and a truck are both vehicles
    text = template.format(
        object=noun,
        the_object=_with_article(noun, "the", rng),
        a_new=_with_article(new or "something", "a", rng),
        place=f" {place}" if place else "",
        **words,
    )
    action = Action(entry["action"])
    names_object = "object}" in template
    tuple_ = EditTuple(
        original_concept=named.lower() if named is not None and names_object else _implied_concept(kind),
        edited_concept=_edited_concept(kind, new, named, words, names_object),
        action=action,
        attributes=tuple(words[key] for key in ("colour", "material", "size") if key in words),
        location=place if place and "{place}" in template else None,
        quoted_text=words.get("text") if "{text}" in template else None,
    )
    return _register(text, rng), tuple_


def write_replacement(
    rng: np.random.Generator, *, original: str | None, edited: str | None, place: str | None
) -> tuple[str, EditTuple]:
    """An instruction to put `edited` in the place of `original`, or "another one" where both are the same thing."""
    if original is not None and edited is not None and _are_one_thing(original, edited):
        return write_instruction("vary", rng, original=original, place=place)
    return write_instruction("replace", rng, original=original, edited=edited, place=place)


def is_alive(name: str | None) -> bool:
    """Whether it is known that what is called so can smile, jump or wear a hat."""
    return name in vocabulary()["animate"]


def synonym(name: str, rng: np.random.Generator) -> str:
    """Another word for a class now and then; a name without synonyms stays as it is."""
    others = _synonyms(name)
    return str(rng.choice(others)) if others and rng.random() < 0.4 else name


def plural(name: str) -> str:
    """Several of a class: "dogs", "wine glasses", "people"."""
    *before, last = name.split(" ")
    known = vocabulary()["plurals"].get(last)
    if known is None and last.endswith(("s", "x", "z", "ch", "sh")):
        known = f"{last}es"
    if known is None and last.endswith("y") and last[-2:-1] not in VOWELS:
        known = f"{last[:-1]}ies"
    return " ".join([*before, known or f"{last}s"])


@functools.cache
def vocabulary() -> dict[str, Any]:
    """The words: synonyms, colours' partners, materials, scenes, styles."""
    return _read("vocabulary.yaml")


@functools.cache
def _sentences() -> dict[str, Any]:
    return _read("instruction_templates.yaml")


def _read(name: str) -> dict[str, Any]:
    text = resources.files("sigmask.synthesis").joinpath(name).read_text(encoding="utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


def _template(templates: list[str], original: str | None, rng: np.random.Generator) -> str:
    """One of them; the next that does where it asks a thing for what only the living do."""
    chosen = int(rng.integers(len(templates)))
    while _LIVELY.search(templates[chosen]) and not is_alive(original):
        chosen = (chosen + 1) % len(templates)
    return templates[chosen]


def _are_one_thing(name: str, other: str) -> bool:
    names, others = ({_singular(word) for word in (each, *_synonyms(each))} for each in (name, other))
    return _singular(name) in others or _singular(other) in names


def _synonyms(name: str) -> list[str]:
    return list(vocabulary()["synonyms"].get(name, []))


def _singular(name: str) -> str:
    return name.lower().removesuffix("s")


def _with_article(noun: str, article: str, rng: np.random.Generator) -> str:
    chance = rng.random()
    if chance < 0.08:
        return noun
    if article == "a":
        if noun in PLURAL_WORDS or noun == "something":
            return noun
        return f"{'an' if noun[0].lower() in VOWELS else 'a'} {noun}"
    return f"{'this' if chance > 0.97 else 'the'} {noun}"


def _implied_concept(kind: str) -> str | None:
    return {"background": "background", "text_erase": "text", "text_replace": "text"}.get(kind)


def _edited_concept(
    kind: str, new: str | None, named: str | None, words: dict[str, str], names_object: bool
) -> str | None:
    if new is not None:
        return new.lower()
    if kind in ("text_write", "text_replace"):
        return "text"
    if kind == "background":
        return re.sub(r"^(an?|the) ", "", words["scene"])
    attribute = words.get("colour") or words.get("material") or words.get("size")
    if attribute is not None and named is not None and names_object:
        return f"{attribute} {named.lower()}"
    if kind in ("vary", "move", "pose") and named is not None and names_object:
        return named.lower()
    return None


def _register(text: str, rng: np.random.Generator) -> str:
    """The same sentence as different people type it: polite, capitalised, with a full stop, with a typo."""
    manners = _sentences()["politeness"]
    if rng.random() < 0.08 and not text.endswith("?"):
        text = str(rng.choice(manners["before"])) + text
    if rng.random() < 0.08 and not text.endswith("?"):
        text = text + str(rng.choice(manners["after"]))
    chance = rng.random()
    if chance < 0.4:
        text = text[0].upper() + text[1:]
    elif chance < 0.43:
        text = text.upper()
    if rng.random() < 0.3 and text[-1] not in "?.":
        text += "."
    if rng.random() < 0.06:
        text = _typo(text, rng)
    return text


def _typo(text: str, rng: np.random.Generator) -> str:
    spots = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if not spots:
        return text
    i = spots[int(rng.integers(len(spots)))]
    kind = rng.random()
    if kind < 0.4:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + text[i + 1 :] if kind < 0.7 else text[:i] + text[i] + text[i:]
