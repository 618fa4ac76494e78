"""Statements: what is said of a thing rather than ordered, as a stranger put it."""

from __future__ import annotations

import time

import pytest

from sigmask.instruction.parser import parse
from sigmask.instruction.spelling import mended
from sigmask.types import Action, EditTuple
from tests.instruction.read import Read, read

ADD, ATTRIBUTE, REMOVE, REPLACE = Action.ADD, Action.ATTRIBUTE, Action.REMOVE, Action.REPLACE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "the traffic light is green now",
            EditTuple("traffic light", "green traffic light", ATTRIBUTE, ("green",)),
        ),
        ("can the toilet seat be up?", EditTuple("toilet seat", "up toilet seat", ATTRIBUTE, ("up",))),
        ("Now the dog is asleep", EditTuple("dog", "asleep dog", ATTRIBUTE, ("asleep",))),
        ("the sky could use some birds", EditTuple(None, "birds", ADD, (), "on sky")),
        ("the picture could use more contrast", EditTuple(None, "contrast", Action.TONE)),
        ("the room needs more plants", EditTuple(None, "plants", ADD, (), "on room")),
        ("the car needs to be red", EditTuple("car", "red car", ATTRIBUTE, ("red",))),
        ("is it possible that the door is closed?", EditTuple("door", "closed door", ATTRIBUTE, ("closed",))),
        ("the cat isn't wearing a hat anymore", EditTuple("hat", None, REMOVE, location="on cat")),
        (
            "instead of sitting, the man is standing",
            EditTuple("man", "man standing", Action.ACTION_CHANGE, ("standing",)),
        ),
        ("serve the soup in a mug rather than a bowl", EditTuple("bowl", "mug", REPLACE)),
        ("make the dog disappear", EditTuple("dog", None, REMOVE)),
        ("the picture needs a cup on the left", EditTuple(None, "cup", ADD, (), "on the left")),
        ("decorate the tree with lights", EditTuple(None, "lights", ADD, (), "on tree")),
        ("drop a ball into the picture", EditTuple(None, "ball", ADD)),
        ("drop the car on the left", EditTuple("car", None, REMOVE, location="on the left")),
        ("bring a dog into the picture", EditTuple(None, "dog", ADD)),
        ("show the old brown dog with a hat", EditTuple(None, "old brown dog with a hat", Action.OTHER)),
        ("The man has no shirt", EditTuple("shirt", None, REMOVE, location="on man")),
        ("same image without the tree", EditTuple("tree", None, REMOVE)),
        ("Make it so that there are four chairs", EditTuple(None, "chairs", ADD)),
        ("Make it so the cat is black", EditTuple("cat", "black cat", ATTRIBUTE, ("black",))),
        ("make the chair so big", EditTuple("chair", "big chair", ATTRIBUTE, ("big",))),
        ("hair longer and blonder", EditTuple("hair", "longer blonder hair", ATTRIBUTE, ("longer", "blonder"))),
        ("change the car form red to blue", EditTuple("car", "blue car", ATTRIBUTE, ("blue",))),
        ("change the form to a cube", EditTuple("form", "cube", REPLACE)),
        ("Replase the dog wiht a cat", EditTuple("dog", "cat", REPLACE)),
        (
            "Instead of a laptop, the student is using a typewriter",
            EditTuple("laptop", "typewriter", REPLACE, (), "on student"),
        ),
        (
            "Put the pizza on a wooden board rather than a plate",
            EditTuple("plate", "wooden board", REPLACE, ("wooden",)),
        ),
        ("put a hat on the man instead of a scarf", EditTuple("scarf", "hat", REPLACE, (), "on the man")),
    ],
)
def test_a_third_stranger_s_sentences(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The second book from the right becomes a box",
            EditTuple("book", "box", REPLACE, (), "second from the right"),
        ),
        (
            "the third lamp from the left turns into a candle",
            EditTuple("lamp", "candle", REPLACE, (), "third from the left"),
        ),
        ("I'd like the car without the roof rack", EditTuple("roof rack", None, REMOVE, (), "on car")),
        ("Show the bike without its basket", EditTuple("basket", None, REMOVE, (), "on bike")),
        ("a photo of a dog without a collar", EditTuple(None, "dog", Action.OTHER, (), "without a collar")),
        ("A dog is now sitting on the couch", EditTuple(None, "dog", ADD, (), "on the couch")),
        ("I want a tractor where the motorbike is", EditTuple("motorbike", "tractor", REPLACE)),
        ("the bus should be yellow, not red", EditTuple("bus", "yellow bus", ATTRIBUTE, ("yellow",))),
        (
            "Modify the scene so that the traffic light shows green rather than red",
            EditTuple("traffic light", "green traffic light", ATTRIBUTE, ("green",)),
        ),
        ("change the photo so the car is blue", EditTuple("car", "blue car", ATTRIBUTE, ("blue",))),
        ("alter the picture such that the dog has a collar", EditTuple(None, "collar", ADD, (), "on dog")),
        ("the sofa looks like it's made of leather", EditTuple("sofa", "leather sofa", ATTRIBUTE, ("leather",))),
        (
            "Make the puppy's ears a little longer and floppier",
            EditTuple("puppy's ears", "longer floppier puppy's ears", ATTRIBUTE, ("longer", "floppier")),
        ),
        ("I think the room would look better with a rug", EditTuple(None, "rug", ADD, (), "on room")),
        ("It would look better if the dog had a collar", EditTuple(None, "collar", ADD, (), "on dog")),
        ("Show me what this would look like without the trees", EditTuple("trees", None, REMOVE)),
        ("Have her hold a bouquet instead of the phone", EditTuple("phone", "bouquet", REPLACE, (), "on woman")),
        ("make it a harbour with fog covering the boats", EditTuple(None, None, Action.RESTORATION)),
        ("The kid on the left shouldn't be in this shot", EditTuple("kid", None, REMOVE, (), "on the left")),
        ("whiten the teeth", EditTuple("teeth", "whitened teeth", ATTRIBUTE, ("whitened",))),
        (
            "Rotate the chair so it faces the window",
            EditTuple("chair", "chair", Action.MOVE, (), "so it faces the window"),
        ),
        (
            "Transform the white mug into one with a blue handle",
            EditTuple("white mug", "mug with a blue handle", ATTRIBUTE, ("mug", "with", "a", "blue")),
        ),
        ("Your task here is to remove the dog", EditTuple("dog", None, REMOVE)),
        ("Instruction: make the sky purple", EditTuple("sky", "purple sky", ATTRIBUTE, ("purple",))),
    ],
)
def test_what_is_so_behind_an_opening(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    ["Fais disparaitre le chien", "Retire le chapeau", "Verwijder de hond", "Rimuovi il cappello", "Haz el cielo rojo"],
)
def test_orders_in_other_languages_need_no_accents(text: str) -> None:
    assert [edit.action for edit in parse(text)] == [Action.UNKNOWN]


@pytest.mark.parametrize(
    "text",
    ["Hapus orang di latar belakang", "Arabayı kırmızı yap", "Poista koira kuvasta", "Lägg till en katt på bordet"],
)
def test_of_a_language_that_is_not_listed_nothing_is_known(text: str) -> None:
    assert [edit.action for edit in parse(text)] == [Action.UNKNOWN]


@pytest.mark.parametrize(
    "text", ["add a fleur de lis to the wall", "a café hut", "remove the old cane", "as a golliwog", "feminize my nose"]
)
def test_a_borrowed_word_is_english(text: str) -> None:
    assert parse(text)[0].action is not Action.UNKNOWN


def test_a_word_without_end_costs_nothing() -> None:
    started = time.process_time()
    assert mended("qx" * 1_000) == "qx" * 1_000
    assert time.process_time() - started < 0.02


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shouldn't there be a candle on the table?", ("add", None, "candle", "on the table")),
        ("couldnt the car be red?", ("attribute", "car", "red car", None)),
        ("Won't you remove the dog?", ("remove", "dog", None, None)),
        ("Isn't there a way to remove the dog?", ("remove", "dog", None, None)),
        ("Wouldn't it be nice if the sky were pink?", ("attribute", "sky", "pink sky", None)),
        ("Wouldn't the sofa look nicer in green?", ("attribute", "sofa", "green sofa", None)),
        ("he would look great in a suit", ("add", None, "suit", "on man")),
        ("Shouldn't she smile?", ("action-change", "woman", "woman smile", None)),
        ("I'd love it if you removed the dog", ("remove", "dog", None, None)),
        ("I would like it if there was a cat", ("add", None, "cat", None)),
        ("Couldn't there be more people in the background?", ("add", None, "people", "in the background")),
        ("there should be a sunset in the background", ("background", "background", "sunset", None)),
        ("Wouldn't it look better with a tree in the background?", ("add", None, "tree", "in the background")),
        ("I'd love for you to remove the sign", ("remove", "sign", None, None)),
        ("i can't stand the lamp", ("other", "lamp", None, None)),
        ("There's no longer a clock on the wall", ("remove", "clock", None, "on the wall")),
        ("there shouldn't be a clock on the wall", ("remove", "clock", None, "on the wall")),
        ("The teddy bear should be a robot instead.", ("replace", "teddy bear", "robot", None)),
        ("the car should be red instead", ("attribute", "car", "red car", None)),
        (
            "Edit this product shot so that the bottle sits on a slate surface with soft lighting",
            ("add", None, "bottle", "on a slate surface"),
        ),
        ("change the picture so that a dog sits on the sofa", ("add", None, "dog", "on the sofa")),
        ("change the picture so that the dog wears a hat", ("add", None, "hat", "on dog")),
        ("change the photo so that the cat sleeps", ("action-change", "cat", "cat sleep", None)),
        ("change the car so that it is red", ("attribute", "car", "red car", None)),
        ("There should be three candles on the cake rather than two.", ("add", None, "candles", "on the cake")),
        ("Change the shirt to blue but keep the logo as it is.", ("attribute", "shirt", "blue shirt", None)),
    ],
)
def test_questions_that_doubt_and_wishes_ask_for_an_edit(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "The car is red and the sky is blue",
        "I'd like it if the car were red and the sky was blue",
        "the car should be red, and the sky should be blue",
    ],
)
def test_two_statements_are_two_edits(text: str) -> None:
    assert read(text) == [("attribute", "car", "red car", None), ("attribute", "sky", "blue sky", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In the photo the wall has been replaced by a hedge", [("replace", "wall", "hedge", None)]),
        ("A scarf has been added to the boy", [("add", None, "scarf", "to the boy")]),
        ("The cars have now been removed from the road.", [("remove", "cars", None, "from the road")]),
        ("The car has been painted green", [("attribute", "car", "green car", None)]),
        ("the picture has been brightened", [("tone", None, None, None)]),
        ("the vase should be repaired", [("attribute", "vase", "repaired vase", None)]),
        ("On the shelf, a clock has been added", [("add", None, "clock", "on the shelf")]),
        ("From the wall, the sign should be removed", [("remove", "sign", None, "from the wall")]),
        ("The picture has been edited so that the car is red", [("attribute", "car", "red car", None)]),
        ("The image was modified to remove the dog", [("remove", "dog", None, None)]),
        ("The image was changed to a watercolor", [("style", None, "watercolor", None)]),
        ("the wall now features a clock", [("add", None, "clock", "on wall")]),
        ("the shirt now features a floral print", [("attribute", "shirt", "floral print shirt", None)]),
        ("the woman should look happy", [("attribute", "woman", "happy woman", None)]),
        ("the woman should look at the dog", [("action-change", "woman", "woman look at the dog", None)]),
    ],
)
def test_what_has_been_done_is_what_is_to_be_done(text: str, expected: list[Read]) -> None:
    assert read(text) == expected
