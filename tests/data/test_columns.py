"""Which column holds what: given names, then known corpora, then common names, then an error that helps."""

from __future__ import annotations

import pytest

from sigmask.data.columns import ColumnNames, guess_columns, identified
from sigmask.data.corpus_registry import KnownCorpus, known_corpora
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
