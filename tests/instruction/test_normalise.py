from __future__ import annotations

import pytest

from sigmask.instruction.clause import split_clauses
from sigmask.instruction.normalise import Utterance, is_foreign, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you please remove the  Dog?", Utterance("remove the dog", ())),
        ("Write ‘Hello World’ here", Utterance("write §0 here", ("Hello World",))),
        ("the birds' wings and the dogs' tails", Utterance("the birds' wings and the dogs' tails", ())),
        ("Chnage teh backgroud", Utterance("change the background", ())),
        ("Remove the man (a priest) for me", Utterance("remove the man", ())),
        ("(remove the dog)", Utterance("remove the dog", ())),
    ],
)
def test_normalise(text: str, expected: Utterance) -> None:
    assert normalise(text) == expected


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
