"""The whole picture, or all of it but one thing: turned into a medium, measured, or changed behind what is kept."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple
from tests.instruction.read import Read, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Turn this photo into a cross-stitch", ("style", None, "cross-stitch", None)),
        ("make the picture look like embroidery", ("style", None, "embroidery", None)),
        ("make it look like a 1950s advert", ("style", None, "1950s advert", None)),
        ("turn it into an '80s scene", ("style", None, "80s scene", None)),
        ("change it to a movie theater", ("replace", None, "movie theater", None)),
        ("redraw it as an oil painting", ("style", None, "oil painting", None)),
        ("turn the blanket into a quilt", ("replace", "blanket", "quilt", None)),
        ("create a picture in the style of Monet", ("style", None, "monet", None)),
        ("make this look like a still from a Pixar movie", ("style", None, "pixar movie", None)),
        ("turn this product photo into an advertisement", ("style", None, "advertisement", None)),
        ("Turn the daytime shot into a night scene", ("tone", None, "night scene", None)),
        ("it should look like an old VHS recording", ("style", None, "old vhs recording", None)),
        ("Make it golden hour", ("tone", None, "golden hour", None)),
        ("make the sky overcast", ("attribute", "sky", "overcast sky", None)),
        ("lower the contrast", ("tone", None, "contrast", None)),
        ("raise the flag", ("action-change", "flag", "flag", None)),
        ("sharpen this old scan", ("restoration", None, None, None)),
        ("restore the old painting on the wall", ("attribute", "old painting", "restored old painting", "on the wall")),
        ("Turn the scene into a rainy evening: wet pavement, glowing lamps", ("tone", None, "rainy evening", None)),
        (
            "Change the background to a tropical beach at sunset",
            ("background", "background", "tropical beach at sunset", None),
        ),
        ("put him in a garden at the lake", ("background", "background", "garden", "behind man")),
        ("brighten my faded old photo", ("tone", None, None, None)),
        ("Colorize this black-and-white photo", ("tone", None, None, None)),
        ("turn this black and white picture into color", ("tone", None, "color", None)),
        ("add some colour to this photo", ("tone", None, "colour", None)),
        ("make the image pitch dark", ("tone", None, "pitch dark", None)),
        ("remove the black-and-white photo", ("remove", "black-and-white photo", None, None)),
        ("Turn this old photo into a blueprint", ("style", None, "blueprint", None)),
        ("add an old photo to the wall", ("add", None, "old photo", "to the wall")),
        ("make the old photo on the wall bigger", ("attribute", "old photo", "bigger old photo", "on the wall")),
        ("Make it look foggy", ("tone", None, "foggy", None)),
        ("Make the photo look like it was taken on a foggy day", ("tone", None, "foggy day", None)),
        ("It looks like the photo was taken at night", ("tone", None, "night", None)),
        ("make this look like it was taken in the 1920s", ("style", None, "1920s", None)),
        ("turn it into a foggy morning", ("tone", None, "foggy morning", None)),
        ("make the picture hazy", ("tone", None, "hazy", None)),
        ("make the hazy picture clear", ("restoration", None, None, None)),
        ("make the whole thing clearer", ("restoration", None, None, None)),
        ("make the picture look less foggy", ("restoration", None, None, None)),
        ("remove the fog", ("restoration", "fog", None, None)),
        ("make the lake clearer", ("attribute", "lake", "clearer lake", None)),
        ("make the sky look clearer", ("attribute", "sky", "clearer sky", None)),
        ("make the image clearer", ("restoration", None, None, None)),
        ("make it look clearer", ("restoration", None, None, None)),
        ("Give this a film noir look", ("style", None, "film noir look", None)),
        ("give it a warm glow", ("tone", None, "warm glow", None)),
        ("give it a hat", ("add", None, "hat", None)),
        ("Remove all the text from the poster", ("text", "text", None, "from the poster")),
        ("erase these stickers from the sketch", ("remove", "stickers", None, "from the sketch")),
    ],
)
def test_the_picture_is_told_from_what_it_shows(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "edited", "kept"),
    [
        ("blur everything behind the runner", "blurred", "runner"),
        ("desaturate everything but the umbrella", "desaturated", "umbrella"),
        ("turn everything around the house into a desert", "desert", "house"),
        ("Transport the astronaut to a sunflower field", "sunflower field", "astronaut"),
        ("teleport him to the moon", "moon", "man"),
        ("move the dog to a snowy field", "snowy field", "dog"),
        ("extract the shoe and place it on a beach", "beach", "shoe"),
        ("cut out the vase and put it on white background", "white background", "vase"),
        ("isolate the vase on a white background", "white background", "vase"),
        ("extract the vase from its background", None, "vase"),
        ("isolate the vase and put it on a beach", "beach", "vase"),
        ("place the product against a marble background", "marble background", "product"),
    ],
)
def test_what_is_kept_is_not_what_changes(text: str, edited: str | None, kept: str) -> None:
    assert read(text) == [("background", "background", edited, f"behind {kept}")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("take the painting and put it on a wall", ("move", "painting", "painting", "on a wall")),
        ("put the chair in front of a wall", ("add", None, "chair", "in front of a wall")),
        ("move the car to the beach", ("move", "car", "car", "to the beach")),
        ("transport the dog into a cat", ("replace", "dog", "cat", None)),
        ("Pick up the cup and put it on a shelf", ("move", "cup", "cup", "on a shelf")),
        ("nudge the cup slightly to the left", ("move", "cup", "cup", "to the left")),
        ("shift the sofa a little towards the window", ("move", "sofa", "sofa", "towards the window")),
        ("reverse the positions of the dog and the ball", ("replace", "dog", "ball", None)),
        ("Flip the positions of the salt and the pepper", ("replace", "salt", "pepper", None)),
    ],
)
def test_what_is_moved_in_the_picture_changes(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "location", "wording"),
    [
        ("fix the typo in the menu", "in the menu", None),
        ('Correct the spelling on the sign to "Welcome"', "on the sign", "Welcome"),
        ('Fix the misspelled headline: it should say "Hello" rather than "Helo"', None, "Hello"),
        ("Translate the menu board into French", "on menu board", None),
        ('Change the sign so it reads "OPEN"', "on sign", "OPEN"),
    ],
)
def test_writing_is_corrected_as_writing(text: str, location: str | None, wording: str | None) -> None:
    assert parse(text) == (EditTuple("text", "text", Action.TEXT, location=location, quoted_text=wording),)
