"""`sigmask corpora`: the corpora that are known by name."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console


def corpora(
    name: Annotated[str | None, typer.Argument(help="Show all that is known of this one.")] = None,
) -> None:
    """List the edit corpora that need no column options: columns, size, licence and citation."""
    from sigmask.cli.corpus_listing import corpus_listing, corpus_page
    from sigmask.data.corpus_registry import known_corpora, known_corpus

    page = corpus_listing(known_corpora()) if name is None else corpus_page(known_corpus(name))
    Console().print(page)
