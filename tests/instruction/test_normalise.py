from __future__ import annotations

import pytest

from sigmask.instruction.clause import split_clauses
from sigmask.instruction.normalise import Utterance, is_foreign, normalise, unwrapped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you please remove the  Dog?", Utterance("remove the dog", ())),
        ("Write ‘Hello World’ here", Utterance("write §0 here", ("Hello World",))),
        ("the birds' wings and the dogs' tails", Utterance("the birds' wings and the dogs' tails", ())),
        ("Chnage teh backgroud", Utterance("change the background", ())),
        ("Remove the man (a priest) for me", Utterance("remove the man", ())),
        ("(remove the dog)", Utterance("remove the dog", ())),
        ("remove the cat;add a dog", Utterance("remove the cat; add a dog", ())),
        ("remove the 🐱 cat ❤\ufe0f now", Utterance("remove the cat", ())),
        ("write 'I ❤ you' here", Utterance("write §0 here", ("I ❤ you",))),
        ("remove the\nCat", Utterance("remove the cat", ())),
        ("make the bunny\r\nwear a coat", Utterance("make the bunny wear a coat", ())),
        ('change the text to:\n"OPEN"', Utterance("change the text to: §0", ("OPEN",))),
        ("Add the text:\nHELLO", Utterance("add the text §0", ("HELLO",))),
        ("the cat is gone\nThe sky is red", Utterance("the cat is gone. the sky is red", ())),
        ("the cat is gone\nadd a dog", Utterance("the cat is gone. add a dog", ())),
        ("the cat is gone\n- dog is red", Utterance("the cat is gone. dog is red", ())),
    ],
)
def test_normalise(text: str, expected: Utterance) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *('"remove the cat"', "`remove the cat`", "'remove the cat'.", "“remove the cat”", "```remove the cat```"),
        *("\ufeffremove the\u200b cat", "🔥 remove the cat ❤\ufe0f", '🔥 "remove the cat"'),
        *("<image>\nremove the cat", "<|image_1|>remove the cat</s>", "&lt;image&gt; remove the cat"),
        *(
            "**remove the cat**",
            "[INST] remove the cat [/INST]",
            "# remove the cat",
            'Edit instruction: "remove the cat"',
        ),
    ],
)
def test_what_surrounds_an_instruction_is_dropped(text: str) -> None:
    assert unwrapped(text).strip(" .") == "remove the cat"


@pytest.mark.parametrize(
    "text", ["'dog' and 'cat'", '"A" becomes "B"', "rotate by 90°", "add a <lora> & 5 < 6", "remove the dogs'"]
)
def test_what_belongs_to_an_instruction_stays(text: str) -> None:
    assert unwrapped(text) == text


def test_a_tag_may_end_a_line() -> None:
    assert unwrapped("<p>remove the cat<br/>add a dog</p>") == "remove the cat\nadd a dog"


def test_entities_become_letters() -> None:
    assert unwrapped("add &quot;AT&T&quot; &amp; R&B &copy") == 'add "AT&T" & R&B &copy'


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("remove the dog", False),
        ("la la land poster", False),
        ("quita el perro", True),
        ("123", False),
        ("删除狗", True),
    ],
)
def test_is_foreign(text: str, foreign: bool) -> None:
    assert is_foreign(text) is foreign


def test_clauses_part_only_before_verbs() -> None:
    clauses = split_clauses("remove the cat and the dog, then paint and make it blue", ())
    assert [clause.text for clause in clauses] == ["remove the cat and the dog, then paint", "make it blue"]
    assert [(clause.frame, clause.rest) for clause in clauses][1] == ("make", "it blue")
