"""Which column holds what: given names, then known corpora, then common names, then an error that helps."""

from __future__ import annotations

import pytest

from sigmask.data.columns import ADAPTERS, ColumnNames, CorpusAdapter, guess_columns
from sigmask.errors import CorpusError


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_each_known_corpus_is_recognised_among_other_columns(adapter: CorpusAdapter) -> None:
    available = ["zzz", *reversed(adapter.columns.present()), "aesthetic_score"]

    guessed = guess_columns(available)

    for field in ("original", "edited", "instruction", "edit_type", "mask", "sample_id"):
        assert getattr(guessed, field) == getattr(adapter.columns, field), field


def test_names_of_adapters_and_their_pairs_of_columns_are_unique() -> None:
    assert len({adapter.name for adapter in ADAPTERS}) == len(ADAPTERS)
    assert len({(adapter.columns.original, adapter.columns.edited) for adapter in ADAPTERS}) == len(ADAPTERS)


def test_what_the_user_names_wins_over_adapter_and_common_names() -> None:
    available = ["source_img", "target_img", "instruction", "caption", "other"]

    guessed = guess_columns(available, {"instruction": "caption", "edited": "other", "mask": None})

    assert guessed == ColumnNames("source_img", "other", "caption")


def test_common_names_are_found_in_any_case() -> None:
    assert guess_columns(["ID", "Before", "AFTER", "Prompt"]) == ColumnNames(
        "Before", "AFTER", "Prompt", sample_id="ID"
    )


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
