"""How `sigmask corpora` shows the known corpora; made to be read at 100 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sigmask.data.corpus_registry import KnownCorpus

_MADE = {
    "none": "no masks",
    "loose": "loose masks: regions drawn before the edit, not what changed",
    "exact": "exact masks: the pixels that were replaced",
    "automatic": "automatic masks, made by a program",
}


def corpus_listing(corpora: Iterable[KnownCorpus]) -> Group:
    """Each corpus in two lines: name, size, licence, citation; below them its columns."""
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("corpus", no_wrap=True)
    table.add_column("pairs", no_wrap=True, justify="right")
    table.add_column("licence", no_wrap=True)
    table.add_column("citation, container, columns: original → edited, instruction, mask")
    for corpus in corpora:
        cited = Text(_short(corpus))
        cited.append(f"\n{corpus.container}: {_columns(corpus)}", style="dim")
        pairs = "?" if corpus.pairs is None else f"{corpus.pairs:,}"
        table.add_row(corpus.name, pairs, escape(corpus.licence), cited)
    return Group(
        table,
        "",
        "[bold]sigmask corpora NAME[/] shows all of one: source, splits, masks, traps, what is unverified.",
        "[bold]Also[/]: any folder, table, parquet or WebDataset; name its columns with --original, --edited, "
        "--instruction, --mask.",
    )


def corpus_page(corpus: KnownCorpus) -> Table:
    """All that is known of one corpus, a line for each kind of fact."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for word, text in _facts(corpus):
        table.add_row(word, Text(text))
    return table


def _facts(corpus: KnownCorpus) -> Iterable[tuple[str, str]]:
    yield "corpus", f"{corpus.name}: {corpus.what}"
    yield "annotate", f"sigmask annotate {corpus.source()} -o OUT" if _is_typed(corpus) else corpus.source()
    if corpus.hub is not None:
        yield "hub", f"https://huggingface.co/datasets/{corpus.hub}"
    if corpus.url is not None:
        yield "published", corpus.url
    yield "container", corpus.container
    yield "columns", _columns(corpus)
    if corpus.schema_:
        yield "all columns", ", ".join(f"{name} ({kind})" for name, kind in corpus.schema_.items())
    yield "pairs", "no count was found" if corpus.pairs is None else f"{corpus.pairs:,}"
    if corpus.splits:
        counts = (name if count is None else f"{name} {count:,}" for name, count in corpus.splits.items())
        yield "splits", ", ".join(counts)
    yield "masks", _MADE[corpus.masks.made] + (f"; {corpus.masks.note}" if corpus.masks.note else "")
    yield "licence", corpus.licence + (f" ({corpus.terms})" if corpus.terms else "")
    yield "citation", corpus.citation.text + (f", arXiv {corpus.citation.arxiv}" if corpus.citation.arxiv else "")
    for index, trap in enumerate(corpus.traps):
        yield "" if index else "traps", f"- {trap}"
    for index, fact in enumerate(corpus.unverified):
        yield "" if index else "unverified", f"- {fact}"


def _is_typed(corpus: KnownCorpus) -> bool:
    return bool(corpus.streams or corpus.use) and corpus.columns is not None and corpus.columns.edited is not None


def _short(corpus: KnownCorpus) -> str:
    """Who, and where to read on: "Zhang et al., arXiv 2306.10012"."""
    first = corpus.citation.text.split(",", 1)[0].split(" et al.")[0].split(" and ")[0]
    return f"{first} et al." + (f", arXiv {corpus.citation.arxiv}" if corpus.citation.arxiv else "")


def _columns(corpus: KnownCorpus) -> str:
    columns = corpus.columns
    if columns is None:
        return "told apart by name"
    parts = [f"{columns.original} → {columns.edited or '(your editor makes these)'}"]
    parts += [name for name in (columns.instruction, columns.mask) if name is not None]
    return ", ".join(parts)
