"""Attributes: a thing is mended, or becomes more or less so; the picture's tone and restoration stay what they are."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action


@pytest.mark.parametrize(
    ("text", "original", "edited"),
    [
        ("Sharpen the pencil", "pencil", "sharpened pencil"),
        ("repair the fence", "fence", "repaired fence"),
        ("clean up the street", "street", "cleaned street"),
        ("tidying the desk", "desk", "tidied desk"),
        ("fix the broken window", "broken window", "fixed broken window"),
        ("make the sky less cloudy", "sky", "less cloudy sky"),
        ("make the sky less dark", "sky", "less dark sky"),
        ("make the soup more mellow", "soup", "mellow soup"),
        ("make her face brighter", "face", "brighter face"),
        ("make the man's face red", "man's face", "red man's face"),
        ("brighten the lamp", "lamp", "lamp"),
        ("make the dog a little fluffier", "dog", "fluffier dog"),
        ("make her a little older", "woman", "older woman"),
        ("make my eyes the same size", "eyes", "same size eyes"),
        ("make my legs longer in the photo", "legs", "longer legs"),
        ("make her look thirty years younger", "woman", "younger woman"),
        ("let the man look a bit older", "man", "older man"),
        ("change the curtains to a striped pattern", "curtains", "striped pattern curtains"),
        ("make the grey sky clear and sunny", "grey sky", "clear sunny grey sky"),
        ("the toast should be slightly burnt", "toast", "burnt toast"),
        ("let the horse's neck be shorter than the cow's", "horse's neck", "shorter horse's neck"),
        ("the pool should be drained", "pool", "drained pool"),
        ("make the lantern unlit", "lantern", "unlit lantern"),
        ("change the dress to a floral print", "dress", "floral print dress"),
        ("make the window unbroken", "window", "unbroken window"),
        ("make the colors of the shirt brighter and richer", "shirt", "brighter richer shirt"),
        ("Make the old man younger", "old man", "younger man"),
        ("Make the coffee steaming hot", "coffee", "steaming hot coffee"),
        ("make the car jet black", "car", "jet black car"),
        ("make the knife razor sharp", "knife", "razor sharp knife"),
        ("make the door half open", "door", "half open door"),
        ("let the dog be soaking wet", "dog", "soaking wet dog"),
        ("change the car to cherry red", "car", "cherry red car"),
        ("paint the sky blue", "sky", "blue sky"),
        ("color the sky sky blue", "sky", "sky blue sky"),
        ("make the sad girl happier", "sad girl", "happier girl"),
        ("make the tall old tree shorter", "tall old tree", "shorter old tree"),
        ("Change the wooden table to marble", "wooden table", "marble table"),
        ("change the wooden table to red", "wooden table", "red wooden table"),
        ("make the black and white cat orange", "black and white cat", "orange cat"),
        ("make the sky look a bit more dramatic, with dark clouds rolling in", "sky", "dramatic sky"),
    ],
)
def test_of_a_thing_it_is_an_attribute(text: str, original: str, edited: str) -> None:
    (edit,) = parse(text)
    assert (edit.action, edit.original_concept, edit.edited_concept) == (Action.ATTRIBUTE, original, edited)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("sharpen the image", Action.RESTORATION),
        ("restore this old photo", Action.RESTORATION),
        ("sharpen the edges", Action.RESTORATION),
        ("fix the blur", Action.RESTORATION),
        ("clean up the noise", Action.RESTORATION),
        ("make the image brighter", Action.TONE),
        ("make the weather less cloudy", Action.TONE),
        ("make it less cloudy", Action.TONE),
        ("make the day sunny", Action.TONE),
        ("make the picture clear and bright", Action.RESTORATION),
        ("change the time on the clock to noon", Action.REPLACE),
        ("change the dress to a woodblock print", Action.REPLACE),
        ("change the time of day to noon", Action.TONE),
        ("have the waiter pour coffee into a cup", Action.ACTION_CHANGE),
        ("the signs should be hidden", Action.REMOVE),
        ("the grass should be trimmed away", Action.REMOVE),
        ("make the lighting warmer and softer", Action.TONE),
        ("make the colors brighter and richer", Action.TONE),
        ("make the photo softer and warmer", Action.TONE),
        ("make the image warmer and softer", Action.TONE),
        ("make her face the camera", Action.ACTION_CHANGE),
        ("make her smile more natural", Action.ACTION_CHANGE),
    ],
)
def test_of_the_picture_or_a_pose_it_is_none(text: str, action: Action) -> None:
    assert [edit.action for edit in parse(text)] == [action]


def test_each_of_two_comparatives_is_of_its_own_thing() -> None:
    edits = parse("Make his nose more defined and his face slimmer")
    assert [edit.edited_concept for edit in edits] == ["defined nose", "slimmer face"]


def test_more_fog_is_no_restoration() -> None:
    assert [parse(f"increase the {what}")[0].action for what in ("fog", "sharpness")] == [
        Action.TONE,
        Action.RESTORATION,
    ]
