"""Sentences as annotators of edit pairs write them: shared subjects, a place for each thing, gazes, states."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from tests.instruction.read import Read, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Let the cat wear a tiny top hat and hold a balloon",
            [("add", None, "tiny top hat", "on cat"), ("add", None, "balloon", "on cat")],
        ),
        (
            "Add a rainbow across the sky and a unicorn underneath it",
            [("add", None, "rainbow", "across the sky"), ("add", None, "unicorn", "underneath rainbow")],
        ),
        (
            "remove the cup on the table and the lamp on the floor",
            [("remove", "cup", None, "on the table"), ("remove", "lamp", None, "on the floor")],
        ),
        (
            "Turn the fence into a wall, and plant some roses in front of it",
            [("replace", "fence", "wall", None), ("add", None, "roses", "in front of wall")],
        ),
        ("add a cat between a dog and a bird", [("add", None, "cat", "between a dog and a bird")]),
        ("Remove the fork, and the knife too", [("remove", "fork", None, None), ("remove", "knife", None, None)]),
        (
            "make the bear smaller and move it closer to the tree",
            [("attribute", "bear", "smaller bear", None), ("move", "bear", "bear", "closer to the tree")],
        ),
        (
            "Open the laptop and show a spreadsheet on its screen",
            [("action-change", "laptop", "laptop", None), ("add", None, "spreadsheet", "on laptop's screen")],
        ),
        ("add a table and show a candle on it", [("add", None, "table", None), ("add", None, "candle", "on table")]),
        ("make the man sit and show a card", [("action-change", "man", "man sit and show a card", None)]),
        ("swap the positions of the cat and dog", [("replace", "cat", "dog", None), ("replace", "dog", "cat", None)]),
        (
            "swap the positions of the salt and pepper shakers",
            [("replace", "salt shaker", "pepper shaker", None), ("replace", "pepper shaker", "salt shaker", None)],
        ),
        ("swap the red car with a blue one", [("attribute", "red car", "blue car", None)]),
    ],
)
def test_each_edit_has_its_own_thing_and_place(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the man look at the camera", ("action-change", "man", "man look at the camera", None)),
        ("let the cat look up", ("action-change", "cat", "cat look up", None)),
        ("let the man on the left drink from a cup", ("action-change", "man", "man drink from a cup", "on the left")),
        ("make the pizza half eaten", ("attribute", "pizza", "half eaten pizza", None)),
        ("let the castle be destroyed", ("attribute", "castle", "destroyed castle", None)),
        ("I'd like the walls a bit darker", ("attribute", "walls", "darker walls", None)),
        ("let the dog jump into the pool", ("action-change", "dog", "dog jump into the pool", None)),
        ("let the dog turn into a cat", ("replace", "dog", "cat", None)),
        ("make the man riding a horse into a knight", ("replace", "man", "knight", None)),
        ("let the kids be in a train", ("move", "kids", "kids", "in a train")),
        ("have him be in a desert instead", ("background", "background", "desert", "behind man")),
        ("have them be in a forest", ("background", "background", "forest", None)),
        ("I want this to be in a desert", ("background", "background", "desert", None)),
        ("the hair is now in a ponytail", ("replace", "hair", "ponytail", None)),
        ("change the soup into ice cream", ("replace", "soup", "ice cream", None)),
        ("make him a princess instead", ("replace", "man", "princess", None)),
        ("let's have some snow on the roof", ("add", None, "snow", "on the roof")),
        ("there should only be one bird on the wire", ("remove", "bird", None, "on the wire")),
        ("the woman is no longer wearing a watch", ("remove", "watch", None, "on woman")),
        ("the man should not hold a cup", ("remove", "cup", None, "on man")),
        ("Is it possible to see the car from the front?", ("other", "car", "car", "from the front")),
        ("put a pair of sunglases on the dog", ("add", None, "pair of sunglasses", "on the dog")),
        (
            "Turn the cat's head so that it looks to the left",
            ("action-change", "cat's head", "cat's head look to the left", None),
        ),
        ("Turn the dog so it faces the camera", ("action-change", "dog", "dog face the camera", None)),
        ("adjust the man so he's looking at the camera", ("action-change", "man", "man looking at the camera", None)),
        ("turn the car so that it turns into a boat", ("replace", "car", "boat", None)),
        ("Make the sky darker as if a storm is coming", ("attribute", "sky", "darker sky", None)),
        ("make the car look as if it were made of wood", ("attribute", "car", "wood car", None)),
        ("The photo would look nicer without the power lines", ("remove", "power lines", None, None)),
        ("It'd be much better without the power lines", ("remove", "power lines", None, None)),
        ("the man would look better without a beard", ("remove", "beard", None, "on man")),
        ("the room would look better with a lamp", ("add", None, "lamp", "on room")),
        ("Make it warmer, as if shot on Kodak film", ("tone", None, "warmer", None)),
        ("Make the photo look as if it was shot on film", ("style", None, "film", None)),
        ("make the pumpkin twice as big", ("attribute", "pumpkin", "big pumpkin", None)),
        ("make the dog three times as large as the cat", ("attribute", "dog", "large dog", None)),
        ("It's too dark in here, can you fix the lighting?", ("tone", None, "lighting", None)),
        ("Remove the hat the man is wearing", ("remove", "hat", None, "on man")),
        ("change the hat he's wearing to a crown", ("replace", "hat", "crown", "on man")),
        ("make the shirt the woman is wearing red", ("attribute", "shirt", "red shirt", "on woman")),
        ("adjust the boy so that he smiles", ("action-change", "boy", "boy smile", None)),
        ("change the man's pose so that he is sitting", ("action-change", "man", "man sitting", None)),
    ],
)
def test_what_is_said_of_one_thing(text: str, expected: Read) -> None:
    assert read(text) == [expected]


def test_a_sign_of_writing_is_written_anew() -> None:
    (edit,) = parse("Replace the number 7 on the jersey with a 9")
    assert (edit.action.value, edit.location, edit.quoted_text) == ("text", "on the jersey", "9")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "replace his hat with a crown and her scarf with a necklace",
            [("replace", "hat", "crown", None), ("replace", "scarf", "necklace", None)],
        ),
        (
            "swap apple for pear and knife for spoon",
            [("replace", "apple", "pear", None), ("replace", "knife", "spoon", None)],
        ),
        (
            "replace the car with a bus and the tree with a pole, and the man with a dog",
            [("replace", "car", "bus", None), ("replace", "tree", "pole", None), ("replace", "man", "dog", None)],
        ),
        ("Replace the man with a woman and a dog", [("replace", "man", "woman and a dog", None)]),
        (
            "get rid of the cup on the table and also the lamp",
            [("remove", "cup", None, "on the table"), ("remove", "lamp", None, None)],
        ),
        (
            "eliminate the second cup from the left and the lamp on the floor",
            [("remove", "cup", None, "second from the left"), ("remove", "lamp", None, "on the floor")],
        ),
        (
            "delete the dog as well as the cat on the sofa",
            [("remove", "dog", None, None), ("remove", "cat", None, "on the sofa")],
        ),
        ("Add a hat to the man plus a scarf", [("add", None, "hat", "to the man"), ("add", None, "scarf", None)]),
        (
            "Give the old man sunglasses and a beard",
            [("add", None, "sunglasses", "on old man"), ("add", None, "beard", "on old man")],
        ),
        (
            "give the man's dog a hat and a bow",
            [("add", None, "hat", "on man's dog"), ("add", None, "bow", "on man's dog")],
        ),
        (
            "add a lamp on the left and remove the lamp on the right",
            [("add", None, "lamp", "on the left"), ("remove", "lamp", None, "on the right")],
        ),
    ],
)
def test_one_order_for_several_things(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cut the apples in the bowl in half", [("attribute", "apples", "apples cut in half", "in the bowl")]),
        ("The pizza should be cut into slices.", [("attribute", "pizza", "pizza cut into slices", None)]),
        ("cut her hair short", [("attribute", "hair", "hair cut short", None)]),
        ("Slice the cake into eight pieces", [("attribute", "cake", "cake cut into eight pieces", None)]),
        ("cut the tree down", [("remove", "tree", None, None)]),
        ("cut the dog from the picture", [("remove", "dog", None, None)]),
        ("Cut the dog out of the picture", [("remove", "dog", None, None)]),
        ("the tree should be cut", [("remove", "tree", None, None)]),
        ("the floor should be striped", [("attribute", "floor", "striped floor", None)]),
        ("Extract the red backpack from the image.", [("other", "red backpack", None, None)]),
        ("isolate the dog and the cat", [("other", "dog", None, None), ("other", "cat", None, None)]),
        ("extract the watermark", [("remove", "watermark", None, None)]),
    ],
)
def test_not_all_that_is_cut_or_extracted_goes(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Make everything black and white except the rose.", ("style", None, "black and white", "except the rose")),
        ("Make everything darker, except for the lamp", ("tone", None, "darker", "except for the lamp")),
        (
            "Convert the image to a pencil sketch but leave the red rose in colour.",
            ("style", None, "pencil sketch", "except the red rose"),
        ),
        (
            "Keep the rose in color and make everything else black and white",
            ("style", None, "black and white", "except the rose"),
        ),
        ("make everything brighter but not the lamp", ("tone", None, "brighter", "except the lamp")),
        (
            "make all the cups on the table red except the middle one",
            ("attribute", "cups", "red cups", "on the table except the middle one"),
        ),
        ("change all the cups except the big one to blue", ("attribute", "cups", "blue cups", "except the big one")),
        (
            "Keep the man and the dog in color, make the rest black and white",
            ("style", None, "black and white", "except the man and the dog"),
        ),
        (
            "Make the image black and white except the car, the rose and the sign",
            ("style", None, "black and white", "except the car, the rose and the sign"),
        ),
        ("remove everything but leave the dog untouched", ("remove", None, None, "except the dog")),
        ("Remove the woman while keeping the dog and the bench intact.", ("remove", "woman", None, None)),
        ("Make it a cartoon but keep the dog realistic", ("style", None, "cartoon", "except the dog")),
        ("make everything but the rose gray", ("background", "background", "gray", "behind rose")),
        ("Make it a watercolor, leave the composition unchanged", ("style", None, "watercolor", None)),
        (
            "change the background to a beach while keeping the dog unchanged",
            ("background", "background", "beach", None),
        ),
        (
            "change everything except the red telephone box to black and white",
            ("style", None, "black and white", "except the red telephone box"),
        ),
        ("make everything except the cat black and white", ("style", None, "black and white", "except the cat")),
        (
            "make it a watercolor, but don't touch the text on the banner",
            ("style", None, "watercolor", "except the text on the banner"),
        ),
        (
            "make the photo darker but don't change the lamp and the man",
            ("tone", None, "darker", "except the lamp and the man"),
        ),
        ("make it a cartoon without changing the pose of the man", ("style", None, "cartoon", None)),
        ("make the car red but don't change the wheels", ("attribute", "car", "red car", None)),
        (
            "make it a painting and make sure you don't change the man's face",
            ("style", None, "painting", "except the man's face"),
        ),
        ("Change the sky to blue. Also don't touch the sea.", ("attribute", "sky", "blue sky", None)),
    ],
)
def test_what_is_spared_is_named(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Without altering the face or the pose, switch her dress to a long gown.",
            [("replace", "dress", "long gown", None)],
        ),
        (
            "Without touching the sky, remove the dog and the cat.",
            [("remove", "dog", None, None), ("remove", "cat", None, None)],
        ),
        ("Keep the face, dress the same and change the hair to red", [("attribute", "hair", "red hair", None)]),
        ("the man without a hat", [("remove", "hat", None, "on man")]),
        (
            "Make the shirt on the guy in the middle striped, not plain.",
            [("attribute", "shirt", "striped shirt", "on the guy in the middle")],
        ),
        ("two cats, not one", [("add", None, "cats", None)]),
    ],
)
def test_what_is_not_to_happen_is_no_edit(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the roofs white with snow", ("attribute", "roofs", "white roofs", None)),
        ("The ground should be wet with rain", ("attribute", "ground", "wet ground", None)),
        ("turn the leaves red with autumn color", ("attribute", "leaves", "red leaves", None)),
        ("make her face red with anger", ("attribute", "face", "red face", None)),
        ("make the trees bare with no leaves", ("attribute", "trees", "bare trees", None)),
        ("make it a bit warmer", ("tone", None, "warmer", None)),
        ("make him a wizard with a hat", ("replace", "man", "wizard with a hat", None)),
        ("Make the two kids at the front hold hands.", ("action-change", "kids", "kids hold hands", "at the front")),
        ("the couple should hold each other", ("action-change", "couple", "couple hold each other", None)),
        ("let him hold out his hand", ("action-change", "man", "man hold out his hand", None)),
        ("make the people hold umbrellas", ("add", None, "umbrellas", "on people")),
        ("Brighten the sky a little", ("attribute", "sky", "sky", None)),
        ("darken the image just a bit", ("tone", None, None, None)),
        ("Tilt her head slightly to the left", ("action-change", "head", "head", "to the left")),
        ("Find her teeth and whiten them.", ("attribute", "teeth", "whitened teeth", None)),
        ("Locate the red car on the left and remove it", ("remove", "red car", None, "on the left")),
    ],
)
def test_how_a_thing_becomes_so_is_no_thing(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoom in on the bird", ("other", "bird", None, None)),
        ("Zoom out.", ("other", None, "zoom out", None)),
        ("Fill the empty bowl with strawberries", ("add", None, "strawberries", "in empty bowl")),
        ("fill the glass with water", ("add", None, "water", "in glass")),
        ("let the jug be filled with milk", ("add", None, "milk", "in jug")),
        ("the sink should be full of water", ("add", None, "water", "in sink")),
        ("make the box filled with toys", ("add", None, "toys", "in box")),
        ("make the man hold the mug full of beer", ("add", None, "mug full of beer", "on man")),
        ("the background is full of stars", ("background", "background", "full of stars", None)),
        ("fill the square with red", ("attribute", "square", "red square", None)),
        ("cover the table with plates", ("add", None, "plates", "on table")),
        ("age the man by 30 years", ("attribute", "man", "aged man", None)),
        ("make him 20 years younger", ("attribute", "man", "younger man", None)),
        ("add a dog by two trees", ("add", None, "dog", "by two trees")),
        ("let the bananas be replaced by strawberries", ("replace", "bananas", "strawberries", None)),
        ("let the dog be moved to the left", ("move", "dog", "dog", "to the left")),
        ("the tree should be planted in the garden", ("add", None, "tree", "in the garden")),
        ("let the man be removed", ("remove", "man", None, None)),
        ("let the castle be destroyed", ("attribute", "castle", "destroyed castle", None)),
        ("have the sky be changed to blue", ("attribute", "sky", "blue sky", None)),
        ("let the grass be replaced by white flowers", ("replace", "grass", "white flowers", None)),
    ],
)
def test_measures_passives_and_where_things_go(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Put her in a green gown", ("replace", "clothes", "green gown", "on woman")),
        (
            "put the man on the left in a coat made of wool",
            ("replace", "clothes", "coat made of wool", "on man on the left"),
        ),
        (
            "dress the boy next to the girl in a blue suit",
            ("replace", "clothes", "blue suit", "on boy next to the girl"),
        ),
        ("put him in a castle", ("background", "background", "castle", "behind man")),
        ("Put the couple in front of the Eiffel Tower", ("background", "background", "eiffel tower", "behind couple")),
        ("put the man in front of a waterfall", ("background", "background", "waterfall", "behind man")),
        ("put the cup in front of the plate", ("add", None, "cup", "in front of the plate")),
        ("put the man in front of the wall", ("add", None, "man", "in front of the wall")),
        ("put the phone in the pocket of his coat", ("add", None, "phone", "in the pocket of his coat")),
        ("put a man in a suit next to the car", ("add", None, "man", "in a suit next to the car")),
        ("remove the raincoat", ("remove", "raincoat", None, None)),
        ("remove the rain jackets", ("remove", "rain jackets", None, None)),
    ],
)
def test_who_is_put_in_a_garment_wears_it(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let the volcano be erupting", [("attribute", "volcano", "erupting volcano", None)]),
        (
            "the flowers should be blooming in the garden",
            [("attribute", "flowers", "blooming flowers", "in the garden")],
        ),
        ("the cake should be a wedding cake", [("attribute", "cake", "wedding cake", None)]),
        ("have the woman be brushing the dog", [("action-change", "woman", "woman brushing the dog", None)]),
        ("the windows should be boarded up", [("attribute", "windows", "boarded up windows", None)]),
        ("Change the coat so it has a hood", [("add", None, "hood", "on coat")]),
        ("alter the car so that it is red", [("attribute", "car", "red car", None)]),
        (
            "Rotate the chair so it faces the door",
            [("move", "chair", "chair", "so it faces the door")],
        ),
        (
            "make the girl wear a hat and the boy on the left a scarf",
            [("add", None, "hat", "on girl"), ("add", None, "scarf", "on boy on the left")],
        ),
        (
            "let the man wear a hat and the scarf of a boy",
            [("add", None, "hat", "on man"), ("add", None, "scarf of a boy", "on man")],
        ),
        ("Increase the size of the kite", [("attribute", "kite", "kite", None)]),
        ("a photo of a cat on the sofa instead of a dog", [("replace", "dog", "cat", "on the sofa")]),
        ("add a swan on the lake, with its reflection in the water", [("add", None, "swan", "on the lake")]),
        ("Get the dog to sit", [("action-change", "dog", "dog sit", None)]),
        ("get her to hold a cup", [("add", None, "cup", "on woman")]),
        ("get the sky to turn red", [("attribute", "sky", "red sky", None)]),
        (
            "Remove the sign and get him to wave",
            [("remove", "sign", None, None), ("action-change", "man", "man wave", None)],
        ),
        ("make the tin whistle red", [("attribute", "tin whistle", "red tin whistle", None)]),
        ("make the wolf howl", [("action-change", "wolf", "wolf howl", None)]),
        ("make the horse wag its tail", [("action-change", "horse", "horse wag its tail", None)]),
    ],
)
def test_what_a_thing_is_doing_or_has(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Make the mug red, while the desk, keyboard and other things remain as they were",
            [("attribute", "mug", "red mug", None)],
        ),
        (
            "Remove the cup, but the plate should stay untouched, and add a vase",
            [("remove", "cup", None, None), ("add", None, "vase", None)],
        ),
        (
            "Make the two boys hold hands while everyone else remains seated",
            [("action-change", "boys", "boys hold hands", None)],
        ),
        ("Change the car to red and everything else remains the same", [("attribute", "car", "red car", None)]),
        ("The rest of the picture should remain unchanged. Remove the dog", [("remove", "dog", None, None)]),
    ],
)
def test_what_remains_as_it_is_is_no_edit(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let the parrot be perched on the fence", [("action-change", "parrot", "parrot perched on the fence", None)]),
        ("let the car be parked in the street", [("add", None, "car", "in the street")]),
        ("change the scene so that it takes place on the moon", [("background", "background", "moon", None)]),
        ("the scene takes place at night", [("tone", None, "night", None)]),
        ("make it look as if the house is burning", [("attribute", "house", "burning house", None)]),
        ("make it look like the dog is wearing a hat", [("add", None, "hat", "on dog")]),
        ("make the girl look like she is crying", [("action-change", "girl", "girl crying", None)]),
        ("make the vase taller than the lamp", [("attribute", "vase", "taller vase", None)]),
        ("The child has been given a balloon", [("add", None, "balloon", "on child")]),
        ("let the woman wear a coat made of leather", [("add", None, "coat made of leather", "on woman")]),
        ("a picture of a red car instead of a blue one", [("attribute", "blue car", "red car", None)]),
        (
            "Make the sky pink, replacing the clouds with stars",
            [("attribute", "sky", "pink sky", None), ("replace", "clouds", "stars", None)],
        ),
        (
            "The boy has a kite and the shirt has been ironed",
            [("add", None, "kite", "on boy"), ("attribute", "shirt", "ironed shirt", None)],
        ),
        ("have the couple dance instead of sit", [("action-change", "couple", "couple dance", None)]),
        ("have a juice instead of a drink", [("replace", "drink", "juice", None)]),
        (
            "Remove the second and fourth cups from the left",
            [("remove", "cups", None, "second and fourth from the left")],
        ),
        ("remove the left and right lamps", [("remove", "lamps", None, "left and right")]),
        (
            "make the sky darker, maybe a little purple",
            [("attribute", "sky", "darker sky", None), ("attribute", "sky", "purple sky", None)],
        ),
        ("Show the kitchen with no dishes in the sink", [("remove", "dishes", None, "in the sink")]),
        (
            "Both kids' T-shirts should be plain white with no logos on them",
            [
                ("attribute", "kids' t-shirts", "plain white kids' t-shirts", None),
                ("remove", "logos", None, "on kids' t-shirts"),
            ],
        ),
        (
            "paint the wall white with no stains",
            [("attribute", "wall", "white wall", None), ("remove", "stains", None, "on wall")],
        ),
        ("add a cup with no handle", [("add", None, "cup with no handle", None)]),
        (
            "The man in the red vest has been replaced with a robot, and the crane has disappeared",
            [("replace", "man", "robot", "in the red vest"), ("remove", "crane", None, None)],
        ),
        (
            "A hat has been added to the boy and the dog has been removed",
            [("add", None, "hat", "to the boy"), ("remove", "dog", None, None)],
        ),
    ],
)
def test_statements_of_several_things_and_of_the_scene(text: str, expected: list[Read]) -> None:
    assert read(text) == expected
