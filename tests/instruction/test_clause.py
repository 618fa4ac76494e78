"""Clauses: where a second order begins, and where none does."""

from __future__ import annotations

import pytest

from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.parser import parse

Read = tuple[str, str | None, str | None]
_ORDERS = sorted(verb for verb, frame in lexicon().verbs.items() if frame != "keep")


def _read(text: str) -> list[Read]:
    return [(edit.action.value, edit.original_concept, edit.edited_concept) for edit in parse(text)]


@pytest.mark.parametrize("thing", ["the cup", "a cup", "both cups"])
def test_every_verb_may_begin_a_second_order(thing: str) -> None:
    read = {verb: _read(f"remove the dog and {verb} {thing}") for verb in _ORDERS}
    lost = [verb for verb, edits in read.items() if len(edits) != 2 or edits[0] != ("remove", "dog", None)]
    assert lost == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Remove the man and write "Hi" on the wall', [("remove", "man", None), ("text", None, "text")]),
        (
            "Erase the cat and raise both arms of the boy",
            [("remove", "cat", None), ("action-change", "arms of the boy", "arms of the boy")],
        ),
        (
            "Make the man taller, and finally change the collar",
            [("attribute", "man", "taller man"), ("replace", "collar", None)],
        ),
        (
            "the woman lowers her hand and closes her eyes",
            [("action-change", "woman", "woman lowers her hand"), ("action-change", "woman", "woman closes her eyes")],
        ),
        ("make the man sit and wave a flag", [("action-change", "man", "man sit and wave a flag")]),
        ("add a man and paint", [("add", None, "man"), ("add", None, "paint")]),
        ("enhance and brighten the cat", [("attribute", "cat", "cat")]),
        ("On the left of the man, position a woman", [("add", None, "woman")]),
        (
            "Remove the man. Next, add a dog. Finally, make it sunny",
            [("remove", "man", None), ("add", None, "dog"), ("tone", None, "sunny")],
        ),
        ("Remove the dog and can you add a cat", [("remove", "dog", None), ("add", None, "cat")]),
        (
            "make the sky blue, and I'd like you to delete the bird",
            [("attribute", "sky", "blue sky"), ("remove", "bird", None)],
        ),
        ("First remove the cup, second add a plate", [("remove", "cup", None), ("add", None, "plate")]),
        ("first add a hat to the first man", [("add", None, "hat")]),
        ("give the cat a hat and the dog a scarf", [("add", None, "hat"), ("add", None, "scarf")]),
        ("give her a hat and the scarf of a man", [("add", None, "hat"), ("add", None, "scarf of a man")]),
        (
            "Make the dog bark and the cat jump",
            [("action-change", "dog", "dog bark"), ("action-change", "cat", "cat jump")],
        ),
        ("There's a guy photobombing, please get him out of the picture", [("remove", "guy", None)]),
        (
            "I took this at my sister's wedding and there are two men in the back. Get them out of the shot",
            [("remove", "men", None)],
        ),
        ("this photo was taken in Rome, there is a bin on the left, remove it", [("remove", "bin", None)]),
        (
            "Let the man sit down and hold a cup",
            [("action-change", "man", "man sit down"), ("add", None, "cup")],
        ),
        (
            "Let the elephant stand on its hind legs and spray water from its trunk",
            [
                ("action-change", "elephant", "elephant stand on its hind legs"),
                ("action-change", "elephant", "elephant spray water from its trunk"),
            ],
        ),
    ],
)
def test_a_second_order_is_an_edit_of_its_own(text: str, expected: list[Read]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Make the chair red while keeping the cat and also make the sofa blue",
            [("attribute", "chair", "red chair"), ("attribute", "sofa", "blue sofa")],
        ),
        ("Keep everything else the same, and finally remove the bench", [("remove", "bench", None)]),
        ("keep the dog and remove the cat", [("remove", "cat", None)]),
        ("Keep the person but replace the cat with a dinosaur", [("replace", "cat", "dinosaur")]),
        ("do not add or remove anything and also make the sofa blue", [("attribute", "sofa", "blue sofa")]),
        (
            "Change the shirt to red without changing the pants and add a hat",
            [("attribute", "shirt", "red shirt"), ("add", None, "hat")],
        ),
        ("remove the cup, leave out the plate", [("remove", "cup", None), ("remove", "plate", None)]),
    ],
)
def test_an_order_behind_what_is_kept_is_read(text: str, expected: list[Read]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Please carefully look at the picture and remove the dog",
        "This is my holiday photo. Remove the dog",
        "Here is a picture — please remove the dog",
        "Using the first image as reference, remove the dog",
        "In the image provided, please seamlessly remove the dog",
    ],
)
def test_what_is_said_before_an_order_asks_for_nothing(text: str) -> None:
    assert _read(text) == [("remove", "dog", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Restore this photo, the torn corner should be repaired",
            [("restoration", None, None), ("attribute", "torn corner", "repaired torn corner")],
        ),
        (
            "Make the room brighter, adding a lamp and removing the curtains",
            [("attribute", "room", "brighter room"), ("add", None, "lamp"), ("remove", "curtains", None)],
        ),
        ("Scatter apples on the grass, adding a touch of color", [("add", None, "apples")]),
        ("add a man fixing the car", [("add", None, "man fixing the car")]),
    ],
)
def test_what_is_asked_for_behind_a_comma_is_an_edit_of_its_own(text: str, expected: list[Read]) -> None:
    assert _read(text) == expected
