"""The parser's word lists, read once from `lexicon.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sigmask.errors import unknown_name
from sigmask.instruction.lemma import lemmas

Words = frozenset[str]
FRAME_NAMES = (
    *("remove", "add", "replace", "change", "make", "give", "colour", "cover", "craft", "move", "pose", "resize"),
    *("obscure", "restore", "mend", "tone", "style", "keep", "single_out"),
)
"""What `verbs` may be listed under; `statements.FRAMES` has the function of each."""
DEFINITE = "(?:the|this|that|these|those|my|your|our|his|her|its|their)"
"""What stands before a thing that is there already, as a pattern."""
_LONGEST_VERB = 4
"""Words of a verb phrase."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word lists by what they mean; see the comments in `lexicon.yaml`. All entries are lower case."""

    verbs: Mapping[str, str]
    """Verb or verb phrase → the name of the frame that reads its clause."""
    second_clause: Words
    verbs_or_nouns: Words
    politeness: Words
    scene: Words
    background: Words
    scenery: Words
    far_away: Words
    landmarks: Words
    style: Words
    media: Words
    tone: Words
    restoration: Words
    weather: Words
    solid: Words
    conditions: Words
    cut_up: Words
    worn: Words
    garments: Words
    accessories: Words
    joined: Words
    ing_nouns: Words
    text_nouns: Words
    written_on: Words
    attribute_nouns: Words
    pose_nouns: Words
    body: Words
    doing: Words
    bearing: Words
    colours: Words
    materials: Words
    qualities: Words
    intensified: Words
    scales: Mapping[str, str]
    """Quality → the scale that it is on: what becomes young was old."""
    degrees: Words
    men: Words
    women: Words
    somebody: Words
    pronouns: Mapping[str, str]
    relations: Words
    no_places: Words
    sides: Words
    foreign: Words
    foreign_articles: Words
    english: Words
    typos: Mapping[str, str]
    """Single words, those of `often_mistyped` included."""
    often_mistyped: Words
    other_words: Words

    def verb(self, words: list[str]) -> tuple[str, int] | None:
        """The frame of the verb phrase that opens `words` and how many words it takes; None if it is no known verb.

        The longest phrase wins; a single word may be inflected ("removing").
        """
        found, phrase = None, ""
        for count, word in enumerate(words[:_LONGEST_VERB], start=1):
            phrase = f"{phrase} {word}" if phrase else word
            if phrase in self.verbs:
                found = self.verbs[phrase], count
        if found:
            return found
        for form in lemmas(words[0]) if words else ():
            if form in self.verbs:
                return self.verbs[form], 1
        return None

    def does(self, word: str) -> bool:
        """Whether a word says what someone does: "smile", "smiling"."""
        return word in self.doing or (word.endswith("ing") and any(form in self.doing for form in lemmas(word)))

    def compares(self, word: str) -> bool:
        """Whether a word is a comparative of a quality: "bigger", "curlier"."""
        if not word.endswith("er"):
            return False
        return any(form in self.qualities or form in self.colours for form in _bases(word))

    def scale(self, word: str) -> str | None:
        """What a word tells of a thing and another word of the kind would replace: its age, size, material, colour."""
        for form in _bases(word):
            scale = (
                "colour" if form in self.colours else "material" if form in self.materials else self.scales.get(form)
            )
            if scale:
                return scale
        return None

    def describes(self, words: list[str]) -> bool:
        """Whether the words describe and name no thing: "bright red", "a shade of brown"; "an orange" is a thing."""
        if (len(words) == 2 and words[0] in ("a", "an")) or words[-2:] == ["ice", "cream"]:
            return False
        described = False
        for word, after in zip(words, [*words, ""][1:], strict=True):
            if f"{word} {after}" in self.intensified:  # "pitch" of "pitch black"
                continue
            is_undone = word.startswith("un") and word[2:] in self.qualities  # "unlit"
            if is_undone or word in self.colours or word in self.materials or word in self.qualities:
                described = True
            elif word not in self.degrees and word not in ("a", "an", "the", "shade", "of", "bit", "little", "lot"):
                parts = word.split("-")
                told = any(part in self.colours or part in self.qualities for part in parts)
                if len(parts) < 2 or not (told or parts[-1] == "length"):  # "shoulder-length"
                    return False
                described = True
        return described


def _bases(word: str) -> tuple[str, ...]:
    """A word and, of a comparative, what it may be made from: "happier" → "happy"."""
    return (word, *lemmas(word), word.removesuffix("ier") + "y") if word.endswith("er") else (word,)


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the package."""
    return parse_lexicon(files("sigmask.instruction").joinpath("lexicon.yaml").read_text(encoding="utf-8"))


def parse_lexicon(document: str) -> Lexicon:
    """A lexicon from its YAML.

    Raises:
        ValueError: if a verb is listed under two frames or under what is none, or a list is missing, unknown, or not
            as the fields of `Lexicon` are.
    """
    data: Any = yaml.safe_load(document)
    if not isinstance(data, dict) or not isinstance(data.get("verbs"), dict):
        raise ValueError("a lexicon is YAML of word lists by name, `verbs` among them, which are listed by frame")
    verbs: dict[str, str] = {}
    for frame, phrases in data.pop("verbs").items():
        if frame not in FRAME_NAMES:
            raise ValueError(
                f"verbs are listed under '{frame}', which is no frame: list them under one of {', '.join(FRAME_NAMES)}"
                ", or add a function to FRAMES in statements.py and its name to FRAME_NAMES in lexicon.py"
            )
        for phrase in _entries(phrases, f"verbs, {frame}"):
            if len(phrase.split()) > _LONGEST_VERB:
                raise ValueError(f"verb '{phrase}' has more than {_LONGEST_VERB} words, and would never be found")
            if verbs.setdefault(phrase, frame) != frame:
                raise ValueError(f"verb '{phrase}' is listed under '{verbs[phrase]}' and '{frame}': keep one")
    kinds = {field.name: str(field.type) for field in fields(Lexicon) if field.name != "verbs"}
    for name in data:
        if name not in kinds:
            raise ValueError(unknown_name("word list", str(name), kinds))
    if missing := kinds.keys() - data.keys():
        raise ValueError(f"the lexicon lacks {', '.join(sorted(missing))}")
    lists: dict[str, Any] = {
        name: frozenset(_entries(data[name], name)) if kind == "Words" else _mapping(data[name], name)
        for name, kind in kinds.items()
    }
    mistyped = {typo: word for word in lists["often_mistyped"] for typo in _mistyped(word)}
    known = set(lists["other_words"]).union(verbs, *(each for each in lists.values() if isinstance(each, frozenset)))
    lists["typos"] = {typo: word for typo, word in mistyped.items() if typo not in known} | lists["typos"]
    return Lexicon(verbs=verbs, **lists)


def _mistyped(word: str) -> set[str]:
    """With one letter missing, doubled, or changed for its neighbour; the first stays where it is."""
    places = range(1, len(word))
    missing = {word[:place] + word[place + 1 :] for place in places}
    doubled = {word[:place] + word[place] + word[place:] for place in places}
    swapped = {word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(1, len(word) - 1)}
    return (missing | doubled | swapped) - {word}


def any_of(phrases: Iterable[str]) -> str:
    """A regular expression's alternation of whole phrases, the longest first."""
    return "(?:" + "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)) + ")"


def _entries(phrases: object, name: str) -> list[str]:
    if not isinstance(phrases, str) or phrases != phrases.lower() or "," in phrases:
        raise ValueError(f"{name}: expected words in lower case parted by ';', got {phrases!r}")
    return [phrase.strip() for phrase in phrases.split(";") if phrase.strip()]


def _mapping(entries: object, name: str) -> dict[str, str]:
    if not isinstance(entries, dict):
        raise ValueError(f"{name}: expected a line 'word: word' for each entry, got {entries!r}")
    for pair in entries.items():
        if not all(isinstance(word, str) and word == word.lower() for word in pair):
            raise ValueError(f"{name}: expected text in lower case, in quotes where YAML has another use, got {pair}")
    return entries
