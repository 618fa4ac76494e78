from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.instruction.concept import MAXIMUM_WORDS
from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.normalise import normalise
from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

REMOVE, ADD, REPLACE, ATTRIBUTE = Action.REMOVE, Action.ADD, Action.REPLACE, Action.ATTRIBUTE


@pytest.mark.parametrize("text", [None, "", "   ", "...", "?!"])
def test_nothing_said_is_no_edit(text: str | None) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Remove the dog.", EditTuple("dog", None, REMOVE)),
        ("please get rid of the two old cars in the image", EditTuple("old cars", None, REMOVE)),
        ("The road sign needs to vanish from the image", EditTuple("road sign", None, REMOVE)),
        ("Ensure there's no elephant in the image", EditTuple("elephant", None, REMOVE)),
        ("Take the birds out of the bottom cage", EditTuple("birds", None, REMOVE, (), "from the bottom cage")),
        ("remove the cup located on the table", EditTuple("cup", None, REMOVE, (), "on the table")),
        ("A man should be situated on the left of the car", EditTuple(None, "man", ADD, (), "on the left of the car")),
        (
            "delete the red and green shiny old plastic dragon toy",
            EditTuple("green shiny old plastic dragon toy", None, REMOVE),
        ),
        ("remove the left ski pole", EditTuple("ski pole", None, REMOVE, (), "left")),
        ("delete the deer sitting on the floor", EditTuple("deer", None, REMOVE, (), "on the floor")),
        ("add a red hat to the man", EditTuple(None, "red hat", ADD, ("red",), "to the man")),
        ("let there be a clock on the ceiling", EditTuple(None, "clock", ADD, (), "on the ceiling")),
        ("let the man wear a hat", EditTuple(None, "hat", ADD, (), "on man")),
        ("give him a mustache", EditTuple(None, "mustache", ADD, (), "on man")),
        ("Replace the cat with a fish.", EditTuple("cat", "fish", REPLACE)),
        ("replace banana with orange", EditTuple("banana", "orange", REPLACE)),
        ("Turn the left dog into a wolf", EditTuple("dog", "wolf", REPLACE, (), "left")),
        ("make the man a robot", EditTuple("man", "robot", REPLACE)),
        (
            "Make the lemon to the right of the glass a strawberry",
            EditTuple("lemon", "strawberry", REPLACE, (), "to the right of the glass"),
        ),
        ("Make the cat black", EditTuple("cat", "black cat", ATTRIBUTE, ("black",))),
        ("change the color of the horse to violet", EditTuple("horse", "violet horse", ATTRIBUTE, ("violet",))),
        ("Change the white dress to red", EditTuple("white dress", "red dress", ATTRIBUTE, ("red",))),
        (
            "The woman's T-shirt shall be purple",
            EditTuple("woman's t-shirt", "purple woman's t-shirt", ATTRIBUTE, ("purple",)),
        ),
        (
            "Change the hat's material to foam plastic",
            EditTuple("hat", "foam plastic hat", ATTRIBUTE, ("foam", "plastic")),
        ),
        ("let the table be made of glass", EditTuple("table", "glass table", ATTRIBUTE, ("glass",))),
        ("paint the top balloon red", EditTuple("balloon", "red balloon", ATTRIBUTE, ("red",), "top")),
        ("Replace the text 'OLD' with 'New York'", EditTuple("text", "text", Action.TEXT, quoted_text="New York")),
        ("Add “SALE” in the corner", EditTuple(None, "text", Action.TEXT, (), "in the corner", "SALE")),
        ("Add 'Hi' at the top in gold letters", EditTuple(None, "text", Action.TEXT, ("gold",), "at the top", "Hi")),
        ("Write 'Hi' in white on the wall", EditTuple(None, "text", Action.TEXT, ("white",), "on the wall", "Hi")),
        ("Write 'Hi' on the cake in pink icing", EditTuple(None, "text", Action.TEXT, ("pink",), "on the cake", "Hi")),
        ("Write 'Hi' on the board in chalk", EditTuple(None, "text", Action.TEXT, (), "on the board", "Hi")),
        (
            "Write 'Hi' on the sand in the snow",
            EditTuple(None, "text", Action.TEXT, (), "on the sand in the snow", "Hi"),
        ),
        ("Write 'Hi' in the sky", EditTuple(None, "text", Action.TEXT, (), "in the sky", "Hi")),
        (
            "Replace 'Coffee' on the sign with 'Bakery'",
            EditTuple("text", "text", Action.TEXT, (), "on the sign", "Bakery"),
        ),
        ("remove the text", EditTuple("text", None, Action.TEXT)),
        ("Change the background to a forest", EditTuple("background", "forest", Action.BACKGROUND)),
        ("put him in a zoo", EditTuple("background", "zoo", Action.BACKGROUND, (), "behind man")),
        ("Convert to a watercolor painting style.", EditTuple(None, "watercolor painting style", Action.STYLE)),
        ("change the weather to foggy", EditTuple(None, "foggy", Action.TONE)),
        ("Remove the haze from the photo", EditTuple("haze", None, Action.RESTORATION)),
        ("Make the person smile", EditTuple("person", "person smile", Action.ACTION_CHANGE, ("smile",))),
        ("move the cup to the left", EditTuple("cup", "cup", Action.MOVE, (), "to the left")),
        ("a photo of a rotten banana", EditTuple(None, "rotten banana", Action.OTHER)),
    ],
)
def test_one_edit(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


def test_two_edits_in_one_sentence() -> None:
    assert parse("Remove the lemon and turn the slice into an orange") == (
        EditTuple("lemon", None, REMOVE),
        EditTuple("slice", "orange", REPLACE),
    )


def test_a_list_of_things_is_an_edit_each() -> None:
    assert parse("add a red ball and a kite to the sky") == (
        EditTuple(None, "red ball", ADD, ("red",), "to the sky"),
        EditTuple(None, "kite", ADD, (), "to the sky"),
    )
    assert parse("Give the woman glasses and a hat") == (
        EditTuple(None, "glasses", ADD, (), "on woman"),
        EditTuple(None, "hat", ADD, (), "on woman"),
    )
    assert parse("add a hat, a scarf") == (EditTuple(None, "hat", ADD), EditTuple(None, "scarf", ADD))
    assert len(parse("remove " + ", ".join(f"the {letter}-shirt" for letter in "abcdefghijkl"))) == 12
    assert parse("remove the man and woman") == (EditTuple("man", None, REMOVE), EditTuple("woman", None, REMOVE))
    assert parse("remove the black and white dog") == (EditTuple("black and white dog", None, REMOVE),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the sky more dramatic", EditTuple("sky", "dramatic sky", Action.ATTRIBUTE, ("dramatic",))),
        ("make the soup more mellow", EditTuple("soup", "mellow soup", Action.ATTRIBUTE, ("mellow",))),
        ("Blur the background", EditTuple("background", "blurred background", Action.BACKGROUND, ("blurred",))),
        ("pixelate the face", EditTuple("face", "pixelated face", Action.ATTRIBUTE, ("pixelated",))),
        ("Blur removal", EditTuple(None, None, Action.RESTORATION)),
        (
            "put the astronaut in a starry sky",
            EditTuple("background", "starry sky", Action.BACKGROUND, location="behind astronaut"),
        ),
        ("put the cup in the sink", EditTuple(None, "cup", ADD, (), "in the sink")),
        ("What if it were snowing?", EditTuple(None, "snowing", Action.TONE)),
        ("make it rain", EditTuple(None, "rain", Action.TONE)),
        ("I want the sofa gone", EditTuple("sofa", None, REMOVE)),
        ("put a green book there", EditTuple(None, "green book", ADD, ("green",))),
        ("The car should be red instead of blue", EditTuple("car", "red car", Action.ATTRIBUTE, ("red",))),
        ("remove everything except the dog", EditTuple(None, None, REMOVE, location="except the dog")),
        ("Remove all people other than the child", EditTuple("people", None, REMOVE, location="other than the child")),
        ("could you possibly get rid of that ugly lamp?", EditTuple("ugly lamp", None, REMOVE)),
        ("replace the dog with nothing", EditTuple("dog", None, REMOVE)),
        ("remove the\x00 dog", EditTuple("dog", None, REMOVE)),
    ],
)
def test_what_people_say(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "- remove the dog\n- add a cat",
        "1. remove the dog 2. add a cat",
        "Remove the dog.Add a cat.",
        "remove the dog\nadd a cat",
    ],
)
def test_lists_and_lines_are_clauses(text: str) -> None:
    assert parse(text) == (EditTuple("dog", None, REMOVE), EditTuple(None, "cat", ADD))


def test_it_is_what_was_made_before() -> None:
    added, coloured = parse("Add a hat and make it red")
    assert (added.edited_concept, coloured.original_concept, coloured.edited_concept) == ("hat", "hat", "red hat")


def test_what_is_to_be_kept_is_no_concept() -> None:
    (edit,) = parse("Remove the woman while keeping the dog and the bench intact.")
    assert edit == EditTuple("woman", None, REMOVE)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Boosting the radiance", Action.TONE),
        ("make more brightness", Action.TONE),
        ("Deblur the scene", Action.RESTORATION),
        ("in the style of Monet", Action.STYLE),
        ("Dive into the rich, expressive world of oil painting", Action.STYLE),
        ("Raise the person's left arm", Action.ACTION_CHANGE),
        ("change the action of cat to jumping", Action.ACTION_CHANGE),
        ("Alter the backdrop of this picture to depict snow", Action.BACKGROUND),
        ("Annihilate the watermark graphic", REMOVE),
        ("Eradicate the shadow from the photo", REMOVE),
        ("Remvoe teh dog", REMOVE),
    ],
)
def test_the_action_is_read(text: str, action: Action) -> None:
    assert parse(text)[0].action is action


@pytest.mark.parametrize(
    "text", ["移除这只狗", "Ersetze den Hund mit einer Katze", "añade un perro en el fondo", "убери собаку"]
)
def test_other_languages_are_unknown(text: str) -> None:
    (edit,) = parse(text)
    assert edit.action is Action.UNKNOWN
    assert edit.original_concept is None
    assert edit.edited_concept


@pytest.mark.parametrize("verb", sorted(verb for verb, frame in lexicon().verbs.items() if frame == "remove"))
def test_every_verb_of_removal_removes(verb: str) -> None:
    assert parse(f"{verb} the dog") == (EditTuple("dog", None, REMOVE),)


@pytest.mark.parametrize("verb", sorted(verb for verb, frame in lexicon().verbs.items() if frame == "add"))
def test_every_verb_of_adding_adds(verb: str) -> None:
    assert parse(f"{verb} a dog next to the tree") == (EditTuple(None, "dog", ADD, (), "next to the tree"),)


@pytest.mark.parametrize("verb", sorted(verb for verb, frame in lexicon().verbs.items() if frame == "replace"))
def test_every_verb_of_replacing_replaces(verb: str) -> None:
    assert parse(f"{verb} the dog with a cat") == (EditTuple("dog", "cat", REPLACE),)


@pytest.mark.parametrize("verb", sorted(verb for verb, frame in lexicon().verbs.items() if frame == "change"))
def test_every_verb_of_change_changes(verb: str) -> None:
    assert parse(f"{verb} the dog into a cat")[0] == EditTuple("dog", "cat", REPLACE)


@given(
    words=st.lists(
        st.sampled_from(
            sorted(lexicon().verbs)
            + sorted(lexicon().relations)
            + [
                "the",
                "a",
                "of",
                "dog",
                "red",
                "'hi'",
                '"a b"',
                "now",
                "so that it says",
                "reads:",
                "lower her hand",
                "top left",
                "it",
                ",",
                ".",
                "and",
                "i hate",
                "i don't want",
                "is too",
                "bigger",
            ]
        ),
        max_size=14,
    )
)
def test_word_salad_is_survived_and_concepts_stay_short(words: list[str]) -> None:
    _require_sound(" ".join(words))


@given(text=st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    _require_sound(text)


def _require_sound(text: str) -> None:
    edits = parse(text)
    assert edits == parse(text)
    assert not edits or any(map(str.isalnum, text))
    for edit in edits:
        for concept in (edit.original_concept, edit.edited_concept):
            assert concept is None or 1 <= len(concept.split()) <= MAXIMUM_WORDS
        said = (edit.original_concept, edit.edited_concept, edit.location, edit.quoted_text)
        assert edit.action is Action.UNKNOWN or not any("§" in phrase for phrase in said if phrase)


def test_an_order_with_nothing_behind_it_names_nothing() -> None:
    assert all(edit.original_concept is None and edit.edited_concept is None for edit in parse("make sure"))


def test_a_section_sign_of_the_users_own_is_no_quotation() -> None:
    assert all(edit.quoted_text is None for edit in parse("§0"))
    (edit,) = parse('§0 write "hello" on the wall')
    assert edit.quoted_text == "hello"


@pytest.mark.parametrize(
    ("text", "wording", "locations"),
    [
        ('Edit the cake so that it says "Happy 30th"', ["Happy 30th"], ["on cake"]),
        ('write "A" on the door and "B" on the wall', ["A", "B"], ["on the door", "on the wall"]),
        ('paint the word "A" on the door', ["A"], ["on the door"]),
        ('change "A" to "B" and "C" to "D"', ["B", "D"], [None, None]),
        ('change the sign from "A" to "B"', ["B"], [None]),
        ('change the text on the sign to "A" and write "B" on the wall', ["A", "B"], ["on the sign", "on the wall"]),
        (
            'make the left sign say "A" and the right sign say "B"',
            ["A", "B"],
            ["on sign left", "on sign right"],
        ),
        ("add a sign that reads: Summer 2019", ["Summer 2019"], [None]),
        (
            "Make the sign say: Closed today, sorry. Then remove the dog.",
            ["Closed today, sorry", None],
            ["on sign", None],
        ),
        ('give the man a shirt that says "NY"', [None], ["on man"]),
        ('move the cup next to "Menu"', [None], [None]),
        ('put a hat on the man with the "NY" shirt', ["NY"], ["on the man with the shirt"]),
        ("change the license plate number to read ABC 123", ["ABC 123"], ["on license plate"]),
        ('change the license plate number to read "ABC 123"', ["ABC 123"], ["on license plate"]),
        ("Change the sign to say Welcome home and remove the dog", ["Welcome home", None], ["on sign", None]),
        ("make the sign say OPEN", ["OPEN"], ["on sign"]),
        ("change the word to spell LOVE", ["LOVE"], [None]),
        ("change the man's pose to read a book", [None], [None]),
    ],
)
def test_each_quotation_is_read_where_it_stands(
    text: str, wording: list[str | None], locations: list[str | None]
) -> None:
    edits = parse(text)
    assert [edit.quoted_text for edit in edits] == wording
    assert [edit.location for edit in edits] == locations


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("remove the salt and pepper shaker", ["salt and pepper shaker"]),
        ("remove the salt and pepper shakers and the plate", ["salt and pepper shakers", "plate"]),
        ("remove the red cup and the small plate and the big red spoon", ["red cup", "small plate", "big red spoon"]),
        (
            "remove the hat, the scarf, the blue gloves and the long umbrella",
            ["hat", "scarf", "blue gloves", "long umbrella"],
        ),
    ],
)
def test_of_a_long_list_nothing_is_lost_and_one_thing_stays_one(text: str, names: list[str]) -> None:
    assert [edit.original_concept for edit in parse(text)] == names


@pytest.mark.parametrize(
    ("text", "action", "edited"),
    [
        ("make it black and white", Action.STYLE, "black and white"),
        ("turn the photo black and white", Action.STYLE, "black and white"),
        ("turn the image darker", Action.TONE, "darker"),
        ("make it gold", Action.ATTRIBUTE, "gold"),
        ("turn the photo red", Action.ATTRIBUTE, "red"),
    ],
)
def test_what_is_said_of_the_whole_picture(text: str, action: Action, edited: str) -> None:
    assert parse(text) == (EditTuple(None, edited, action, (edited,) if action is Action.ATTRIBUTE else ()),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The number of camels increases to two", EditTuple(None, "camels", ADD)),
        ("increase the number of camels to two", EditTuple(None, "camels", ADD)),
        ("reduce the number of red cars", EditTuple("red cars", None, REMOVE)),
        ("What if the sun never set?", EditTuple("sun", "sun", Action.OTHER)),
        ("without the hat", EditTuple("hat", None, REMOVE)),
        ("duplicate the apple on the left", EditTuple(None, "apple", ADD, location="on the left")),
        ("rotate the car by 90 degrees", EditTuple("car", "car", Action.MOVE)),
        ("leave only the tree", EditTuple("background", None, Action.BACKGROUND, location="behind tree")),
        (
            "replace everything but the dog with a forest",
            EditTuple("background", "forest", Action.BACKGROUND, location="behind dog"),
        ),
        ("make the cat look like a tiger wearing sunglasses", EditTuple("cat", "tiger", REPLACE)),
        (
            'Change the sign to say "OPEN"',
            EditTuple("text", "text", Action.TEXT, location="on sign", quoted_text="OPEN"),
        ),
        ("chagne the bakground to a beach", EditTuple("background", "beach", Action.BACKGROUND)),
        ("I'd love to see a rainbow over the hills", EditTuple(None, "rainbow", ADD, location="over the hills")),
        ("How would it look with a moustache?", EditTuple(None, "moustache", ADD)),
        ("could the dog have wings?", EditTuple(None, "wings", ADD, location="on dog")),
        ("Can the lady be smiling?", EditTuple("lady", "lady smiling", Action.ACTION_CHANGE, ("smiling",))),
        ("A man riding a bicycle in the rain", EditTuple(None, "man", Action.OTHER, location="in the rain")),
        ("the bird has flown away", EditTuple("bird", None, REMOVE)),
        ("there are three ducks in the pond", EditTuple(None, "ducks", ADD, location="in the pond")),
        ("make this look like it was taken in the 1920s", EditTuple(None, "1920s", Action.STYLE)),
        ("remove the person third from left", EditTuple("person", None, REMOVE, location="third from left")),
        ("flip the image horizontally", EditTuple(None, None, Action.MOVE)),
        ("dog -> cat", EditTuple("dog", "cat", REPLACE)),
        ("cat to dog", EditTuple("cat", "dog", REPLACE)),
        ("more snow on the mountains", EditTuple(None, "snow", ADD, location="on the mountains")),
        ("more contrast", EditTuple(None, "contrast", Action.TONE)),
        ("less clouds", EditTuple("clouds", None, REMOVE)),
        ("with no clouds", EditTuple("clouds", None, REMOVE)),
        ("the ball should be on the roof", EditTuple("ball", "ball", Action.MOVE, location="on the roof")),
        ("turn off the lights", EditTuple(None, "lights", Action.TONE)),
        ("turn the car red", EditTuple("car", "red car", ATTRIBUTE, ("red",))),
        ("make the black and white cat orange", EditTuple("black and white cat", "orange cat", ATTRIBUTE, ("orange",))),
        (
            "blur everything except the face",
            EditTuple("background", "blurred", Action.BACKGROUND, location="behind face"),
        ),
        ("Do not remove the dog, remove the cat", EditTuple("cat", None, REMOVE)),
        ("keeping the rest unchanged, remove the hat", EditTuple("hat", None, REMOVE)),
        ("the cat should not be there", EditTuple("cat", None, REMOVE)),
        ("Is it possible to delete the sign?", EditTuple("sign", None, REMOVE)),
        ("There should be a boat on the lake", EditTuple(None, "boat", ADD, location="on the lake")),
        ("What would the room look like with a piano?", EditTuple(None, "piano", ADD)),
        ("Instead of a car, draw a horse", EditTuple("car", "horse", REPLACE)),
        (
            "The woman is holding an umbrella instead of a bag",
            EditTuple("bag", "umbrella", REPLACE, location="on woman"),
        ),
        ("I want the wall painted green", EditTuple("wall", "green wall", ATTRIBUTE, ("green",))),
        ("Make the sign say STOP", EditTuple("text", "text", Action.TEXT, location="on sign", quoted_text="STOP")),
        ("erase it", EditTuple(None, None, REMOVE)),
        (
            "turn the cat to the left",
            EditTuple("cat", "cat turned", Action.ACTION_CHANGE, ("turned",), location="to the left"),
        ),
        (
            "blur everything except the face on the left",
            EditTuple("background", "blurred", Action.BACKGROUND, location="behind face on the left"),
        ),
        ("rmove the purpel hat", EditTuple("purple hat", None, REMOVE)),
    ],
)
def test_what_a_stranger_may_say(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize("text", ["inset a covert range of birds", "an oran is no orange"])
def test_other_words_are_not_taken_for_typos(text: str) -> None:
    assert normalise(text).text == text


def test_a_short_caption_in_another_language_is_unknown() -> None:
    assert parse("un chat noir") == (EditTuple(None, "un chat noir", Action.UNKNOWN),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the apples green and the oranges blue", ["green apples", "blue oranges"]),
        ("turn the grass brown, the sky grey", ["brown grass", "grey sky"]),
        ("paint the door red and the wall bright blue", ["red door", "bright blue wall"]),
        ("make the cat and the dog black", ["black cat", "black dog"]),
        ("make the shirt red and white", ["red white shirt"]),
    ],
)
def test_each_thing_gets_its_own_description(text: str, expected: list[str]) -> None:
    edits = parse(text)
    assert [edit.edited_concept for edit in edits] == expected
    assert all(edit.action is ATTRIBUTE for edit in edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the apple into a pear and the pear into an apple", [("apple", "pear"), ("pear", "apple")]),
        ("change the sky to blue, keep the grass, and remove the tree", [("sky", "blue sky"), ("tree", None)]),
    ],
)
def test_each_edit_of_several_is_read(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(edit.original_concept, edit.edited_concept) for edit in parse(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("remove the cat, paint the sky blue and add a hat", [("remove", "cat"), ("attribute", "sky"), ("add", None)]),
        ("remove the lamp, colour the wall green", [("remove", "lamp"), ("attribute", "wall")]),
        ("add a bird and darken the sky", [("add", None), ("attribute", "sky")]),
        ("remove the paint, the color and the stain", [("remove", "paint"), ("remove", "color"), ("remove", "stain")]),
    ],
)
def test_a_verb_that_may_be_a_noun_begins_an_order_where_the_thing_follows(
    text: str, expected: list[tuple[str, str | None]]
) -> None:
    assert [(edit.action.value, edit.original_concept) for edit in parse(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't change the dog, just remove its collar", EditTuple("collar", None, REMOVE)),
        ("Don't alter anything else, only delete the lamp", EditTuple("lamp", None, REMOVE)),
        ("Do not change the face, just change the hair to red", EditTuple("hair", "red hair", ATTRIBUTE, ("red",))),
        ("remove the rain jacket", EditTuple("rain jacket", None, REMOVE)),
        ("remove the fog light", EditTuple("fog light", None, REMOVE)),
        ("remove the rain streaks", EditTuple("rain streaks", None, Action.RESTORATION)),
        ("remove the one on the left", EditTuple(None, None, REMOVE, location="on the left")),
        ("remove all but the cat", EditTuple(None, None, REMOVE, location="except the cat")),
    ],
)
def test_a_second_stranger_s_sentences(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What if the cat was a lion?", ("replace", "cat", "lion")),
        ("What if there were no people?", ("remove", "people", None)),
        ("What if the man wore a hat?", ("add", None, "hat")),
        ("The dog turns into a wolf", ("replace", "dog", "wolf")),
        ("The cat is gone", ("remove", "cat", None)),
        ("Could there be a rainbow?", ("add", None, "rainbow")),
        ("Is it possible for the car to be blue?", ("attribute", "car", "blue car")),
        ("I want the curtains to be velvet", ("attribute", "curtains", "velvet curtains")),
        ("What if the sun never set?", ("other", "sun", "sun")),
    ],
)
def test_questions_and_statements_say_what_becomes(text: str, expected: tuple[str, str | None, str | None]) -> None:
    (edit,) = parse(text)
    assert (edit.action.value, edit.original_concept, edit.edited_concept) == expected


def test_an_additional_thing_is_that_thing() -> None:
    assert parse("we need to add an additional dog") == parse("add a dog")


def test_a_man_reads_a_book_and_writes_nothing() -> None:
    assert parse("make the man read a book")[0].action is not Action.TEXT


@pytest.mark.parametrize(
    "text",
    [
        *("Mach den Himmel rosa", "Hund entfernen", "Supprimer la voiture rouge", "Öffne das Maul"),
        *("verwijder de hoed", "change le fond en plage", "Change la couleur", "Adauga o palarie", "Fjern hatten"),
        *("poista hattu", "Lisää aurinko", "kutte ko hatao"),
    ],
)
def test_short_orders_in_other_languages_are_unknown(text: str) -> None:
    assert [edit.action for edit in parse(text)] == [Action.UNKNOWN]


@pytest.mark.parametrize("word", ["a ", "of ", "and ", "make "])
def test_endless_text_is_cut(word: str) -> None:
    assert all(len((edit.edited_concept or "").split()) <= MAXIMUM_WORDS for edit in parse("make " + word * 20_000))


@pytest.mark.parametrize(
    "text",
    [
        "don't change anything",
        "Please do not change anything at all.",
        "never change the background",
        "change nothing",
        "no changes",
        "leave everything as it is",
    ],
)
def test_where_nothing_shall_change_there_is_no_edit(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't change anything but the sky", EditTuple("sky", None, REPLACE)),
        ("don't forget to add a hat", EditTuple(None, "hat", ADD)),
        ("change the background", EditTuple("background", None, Action.BACKGROUND)),
        ("swap dog cat", EditTuple("dog", "cat", REPLACE)),
        ("swap the dog for a cat", EditTuple("dog", "cat", REPLACE)),
        ("swap hair color", EditTuple("hair", "hair", ATTRIBUTE)),
        ("bigger nose", EditTuple("nose", "bigger nose", ATTRIBUTE, ("bigger",))),
        ("curlier hair on the woman", EditTuple("hair", "curlier hair", ATTRIBUTE, ("curlier",), "on the woman")),
        ("brighter colors", EditTuple(None, "brighter colors", Action.TONE)),
        ("older man with a younger woman", EditTuple(None, "older man with a younger woman", Action.OTHER)),
        ("bigger nose and a hat", EditTuple(None, "bigger nose and a hat", Action.OTHER)),
        ("Put the dog on the moon", EditTuple("background", "moon", Action.BACKGROUND, (), "behind dog")),
        ("put a dog on the moon", EditTuple(None, "dog", ADD, (), "on the moon")),
        ("take them away", EditTuple(None, None, REMOVE)),
    ],
)
def test_short_orders(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


def test_each_comparative_is_of_its_own_thing() -> None:
    assert [edit.edited_concept for edit in parse("larger eyes and smaller mouth")] == ["larger eyes", "smaller mouth"]


def test_it_is_where_it_was_before() -> None:
    assert parse("make the cat on the right bigger and paint it blue") == (
        EditTuple("cat", "bigger cat", ATTRIBUTE, ("bigger",), "on the right"),
        EditTuple("cat", "blue cat", ATTRIBUTE, ("blue",), "on the right"),
    )


def test_a_word_that_begins_like_it_refers_to_nothing() -> None:
    assert parse("add a ship. Add an Italian flag") == (
        EditTuple(None, "ship", ADD),
        EditTuple(None, "italian flag", ADD),
    )


def test_it_may_be_somewhere() -> None:
    *_, last = parse("add a boat to the lake and remove it from the pier")
    assert last == EditTuple("boat", None, REMOVE, location="from the pier")


@pytest.mark.parametrize(
    "text",
    [
        "golden retriever",
        "Naruto",
        "Naruto Uzumaki",
        "Leonardo da Vinci",
        "snowcastle axolotl",
        "an axolotl",
        "as a golliwog",
        "in a biergarten",
        "the la la land",
    ],
)
def test_captions_and_names_are_of_no_other_language(text: str) -> None:
    assert [edit.action for edit in parse(text)] == [Action.OTHER]


@pytest.mark.parametrize(
    "text",
    [
        *("None", "nan", "NULL", "N/A", "n/a."),
        *("remove", "Remove the", "add a", "replace the"),
        *("keep the dog", "leave the dog and the cat", "Retain the face."),
        *("<image>", "\ufeff"),
    ],
)
def test_what_asks_for_nothing_gives_nothing(text: str) -> None:
    assert parse(text) == ()


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must be a string or None, got nan \(float\)"):
        parse(float("nan"))  # type: ignore[arg-type]


def test_a_long_text_is_cut_between_sentences_or_words() -> None:
    assert parse("Remove the cat. " * 124 + "Add a seagull behind the lamp.") == parse("Remove the cat.")
    assert parse("please " * 283 + "remove the lampshade") == ()


def test_a_word_without_end_is_cut_short() -> None:
    (edit,) = parse("remove the " + "x" * 5_000)
    assert edit.original_concept == "x" * 80
