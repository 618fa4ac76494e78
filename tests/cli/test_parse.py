"""`sigmask parse`: what an instruction is read as, for eyes and for programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from sigmask.cli.main import app


def test_edits_stand_under_their_instruction() -> None:
    result = CliRunner().invoke(app, ["parse", "remove the left dog and add a red hat", "None"])
    assert result.exit_code == 0, result.output
    told, header, *edits, silent, nothing = result.output.splitlines()
    assert told == "remove the left dog and add a red hat"
    assert header.split() == ["action", "original", "edited", "location", "attributes", "quoted", "text"]
    assert [edit.split() for edit in edits] == [
        ["remove", "dog", "–", "left", "–", "–"],
        ["add", "–", "red", "hat", "–", "red", "–"],
    ]
    assert edits[0].index("dog") == edits[1].index("–") == header.index("original")
    assert (silent, nothing) == ("None", "  no edit")


def test_each_line_of_standard_input_gives_a_line_of_json() -> None:
    result = CliRunner().invoke(app, ["parse", "-", "--json"], input=b"remove the dog\r\n\nl\xf6sch \xe7a\n")
    assert result.exit_code == 0, result.output
    first, blank, foreign = map(json.loads, result.output.splitlines())
    assert first["text"] == "remove the dog"
    assert [(edit["action"], edit["original_concept"]) for edit in first["edits"]] == [("remove", "dog")]
    assert blank == {"text": "", "edits": []}
    assert foreign["text"] == "l\ufffdsch \ufffda"


def test_any_terminal_can_show_it() -> None:
    table, lines = (
        CliRunner(charset="ascii").invoke(app, ["parse", "remove the Löwe", *options]) for options in ((), ("--json",))
    )
    assert "l\\xf6we" in table.output
    assert json.loads(lines.output)["edits"][0]["original_concept"] == "löwe"


def test_without_a_text_it_says_so() -> None:
    result = CliRunner().invoke(app, ["parse"])
    assert result.exit_code == 2
    assert "Missing argument" in result.output
