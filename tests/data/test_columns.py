"""Which column holds what: given names, then known corpora, then common names, then an error that helps."""

from __future__ import annotations

import pytest

from sigmask.data.columns import ColumnNames, guess_columns, identified
from sigmask.data.corpus_registry import KnownCorpus, known_corpora
from sigmask.data.found_columns import FoundColumns
from sigmask.errors import CorpusError

NAMED = [corpus for corpus in known_corpora() if corpus.columns is not None and corpus.columns.edited is not None]


@pytest.mark.parametrize("corpus", NAMED, ids=lambda corpus: corpus.name)
def test_each_known_corpus_is_recognised_among_other_columns(corpus: KnownCorpus) -> None:
    assert corpus.columns is not None
    available = ["zzz", *reversed(corpus.columns.present()), "aesthetic_score"]

    guessed = guess_columns(available)

    for field in ("original", "edited", "instruction", "edit_type", "mask"):
        assert getattr(guessed, field) == getattr(corpus.columns, field), field
    assert identified(available) == corpus


def test_what_the_user_names_wins_over_adapter_and_common_names() -> None:
    available = ["source_img", "target_img", "instruction", "caption", "other"]

    guessed = guess_columns(available, {"instruction": "caption", "edited": "other", "mask": None})

    assert guessed == ColumnNames("source_img", "other", "caption")


def test_common_names_are_found_in_any_case() -> None:
    assert guess_columns(["ID", "Before", "AFTER", "Prompt"]) == ColumnNames(
        "Before", "AFTER", "Prompt", sample_id="ID"
    )


@pytest.mark.parametrize(
    ("original", "edited"),
    [
        *(("src", "dst"), ("src_img", "dst_img"), ("before", "after"), ("input", "output"), ("orig", "tgt")),
        *(("source_path", "target_path"), ("Original Image", "Edited-Image")),
    ],
)
def test_short_and_spaced_names_are_common_names_too(original: str, edited: str) -> None:
    assert guess_columns(["id", edited, original]) == ColumnNames(original, edited, sample_id="id")


def test_columns_whose_names_only_hint_are_proposed_as_options_to_type() -> None:
    with pytest.raises(CorpusError) as caught:
        guess_columns(["source_score", "src_pic", "result pic", "user_request"])

    message = str(caught.value)
    assert "Found: source_score, src_pic, result pic, user_request." in message
    assert "The nearest known corpus is '" in message
    assert message.endswith("suggest: --original src_pic --edited 'result pic' --instruction user_request")


def test_one_column_for_two_things_is_refused() -> None:
    with pytest.raises(
        CorpusError, match=r"^--original and --edited both name 'a': give each its own column, of a, b;"
    ):
        guess_columns(["a", "b"], {"original": "a", "edited": "a"})
    halves = guess_columns(["a", "b"], {"original": "a[left]", "edited": "a[right]"})
    assert (halves.original, halves.edited) == ("a[left]", "a[right]")


def test_one_of_the_two_images_named_is_enough_only_if_the_other_can_be_told() -> None:
    assert guess_columns(["target", "x"], {"original": "x"}) == ColumnNames("x", "target")
    assert guess_columns(["edited", "output"], {"original": "edited"}) == ColumnNames("edited", "output")
    with pytest.raises(CorpusError, match=r"^--original 'a' alone is not enough: give --edited too"):
        guess_columns(["a", "b"], {"original": "a"})
    with pytest.raises(CorpusError, match=r"^--edited 'source' alone is not enough: give --original too"):
        guess_columns(["source", "b"], {"edited": "source"})


def test_a_column_that_does_not_exist_comes_with_the_nearest() -> None:
    for asked in ("source_im", "SOURCE_IMG"):
        with pytest.raises(CorpusError, match=f"--original: unknown column '{asked}'. Did you mean 'source_img'"):
            guess_columns(["source_img", "target_img"], {"original": asked})


def test_parts_of_cells_are_shown_and_proposed() -> None:
    inside = FoundColumns(("id", "pair"), ("pair.before", "pair.after", "pair.prompt"))
    with pytest.raises(CorpusError) as caught:
        guess_columns(inside)
    message = str(caught.value)
    assert "Found: id, pair; within them: pair.before, pair.after, pair.prompt." in message
    assert message.endswith("--original pair.before --edited pair.after --instruction pair.prompt")
    with pytest.raises(
        CorpusError, match=r"--edited: unknown part of a column 'pair\.aftr'\. Did you mean 'pair\.after'"
    ):
        guess_columns(inside, {"original": "pair.before", "edited": "pair.aftr"})
    named = {"original": "pair.before", "edited": "pair.after", "instruction": "pair.prompt"}
    assert guess_columns(inside, named) == ColumnNames(**named, sample_id="id")

    listed = FoundColumns(("images", "text"), ("images[0]", "images[1]"))
    with pytest.raises(CorpusError, match=r"--original 'images\[0/2\]' --edited 'images\[1/2\]' --instruction text$"):
        guess_columns(listed)


def test_unknown_columns_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(CorpusError) as caught:
        guess_columns(["src_image", "edited_imgs", "stuff"])
    message = str(caught.value)
    assert "src_image, edited_imgs, stuff" in message
    assert "omniedit" in message
    for option in ("--original", "--edited", "--instruction"):
        assert option in message
    with pytest.raises(CorpusError, match=r"--edited: unknown column 'traget'\. Did you mean 'target'"):
        guess_columns(["source", "target"], {"edited": "traget"})
    with pytest.raises(CorpusError, match="cannot tell"):
        guess_columns(["original", "x"])
