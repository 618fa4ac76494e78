"""The edit corpora that have a name: what they are, whose they are, and which column holds what.

All of it is data, in corpora.yaml beside this file; nothing of a corpus is written in code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from sigmask.config import StrictConfig, load_config
from sigmask.data.cell_selector import bare_column
from sigmask.errors import CorpusError, unknown_name

NOT_STATED = "not stated"


class PublishedColumns(StrictConfig):
    """A corpus's own name for each part of an edit pair (see `cell_selector` for names with brackets and dots).

    Attributes:
        edited: None where a corpus has originals and orders only, and the user's own editor makes the rest.
    """

    original: str
    edited: str | None
    instruction: str | None = None
    edit_type: str | None = None
    mask: str | None = None
    sample_id: str | None = None

    def needed(self) -> tuple[str, ...]:
        """The columns by which the corpus is recognised.

        Those of the two images; and where these are parts of cells, whose columns have common names, that of the
        instruction too.
        """
        images = [name for name in (self.original, self.edited) if name is not None]
        by_parts = any(bare_column(name) != name for name in images)
        names = [*images, self.instruction] if by_parts and self.instruction is not None else images
        return tuple(dict.fromkeys(map(bare_column, names)))

    def present(self) -> tuple[str, ...]:
        """All columns named here, each once."""
        names = (self.original, self.edited, self.instruction, self.edit_type, self.mask, self.sample_id)
        return tuple(dict.fromkeys(bare_column(name) for name in names if name is not None))


class InstructionFiles(StrictConfig):
    """Instructions in tables of their own, as lists.

    Attributes:
        files: regular expression of the tables' paths; its named parts must agree with the edited image's.
        name: the column that names the image.
        text: the column of the instruction.
        image: what stands in the `name` column, written with the edited image's named parts: "{id}.jpg".
    """

    files: str
    name: str
    text: str
    image: str


class FilePatterns(StrictConfig):
    """Images told apart by their names: regular expressions of a path's end, joined by their named parts."""

    original: str
    edited: str
    mask: str | None = None
    instructions: InstructionFiles | None = None


class MaskFacts(StrictConfig):
    """What a corpus's masks are: `none`; `loose`, regions drawn before the edit; `exact`; `automatic`, by a program."""

    made: Literal["none", "loose", "exact", "automatic"] = "none"
    note: str = ""


class Citation(StrictConfig):
    """Who made it: a short reference, and its arXiv number."""

    text: str
    arxiv: str | None = None


class KnownCorpus(StrictConfig):
    """One entry of corpora.yaml.

    Attributes:
        name: what `sigmask corpora NAME` takes.
        what: one line.
        hub: its data set on the Hugging Face Hub, for `hf:`.
        streams: whether `hf:` reads it row group by row group; otherwise it is downloaded and unpacked first.
        url: where it is published, if not on the Hub.
        container: what its files are.
        columns: None for corpora of files told apart by name.
        schema_: the type of each of its columns, as published; what tests draw their copies by.
        files: for corpora of files told apart by name.
        pairs: how many, None where no count was found; `splits` where it is told apart.
        use: what to type, where it is more than its path or its Hub name.
        terms: a warning that is printed when it is opened, where its licence restricts what may be done with masks.
        traps: what goes wrong with it in the wild, and what the reader does.
        unverified: which facts could not be checked against the data or its makers' words.
    """

    name: str
    what: str
    hub: str | None = None
    streams: bool = False
    url: str | None = None
    container: Literal["parquet", "jsonl", "json", "parquet + files", "tar + json", "folders", "webdataset"]
    columns: PublishedColumns | None = None
    schema_: dict[str, str] = Field(default_factory=dict)
    files: FilePatterns | None = None
    pairs: int | None = None
    splits: dict[str, int | None] = Field(default_factory=dict)
    masks: MaskFacts = MaskFacts()
    licence: str
    citation: Citation
    use: str = ""
    terms: str = ""
    traps: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    def source(self) -> str:
        """What to give `sigmask annotate`."""
        return self.use or (f"hf:{self.hub}" if self.hub is not None and self.streams else "the folder it lies in")


class _Registry(StrictConfig):
    corpora: tuple[KnownCorpus, ...]


@cache
def known_corpora() -> tuple[KnownCorpus, ...]:
    """Every entry, in the file's order."""
    return load_config(Path(__file__).with_name("corpora.yaml"), _Registry).corpora


def known_corpus(name: str) -> KnownCorpus:
    """The entry of that name.

    Raises:
        CorpusError: there is none.
    """
    found = next((corpus for corpus in known_corpora() if corpus.name == name), None)
    if found is None:
        raise CorpusError(unknown_name("corpus", name, [corpus.name for corpus in known_corpora()]))
    return found


def known_on_hub(repository: str) -> KnownCorpus | None:
    """The entry whose Hub name is `repository`, in any case of letters."""
    return next((each for each in known_corpora() if (each.hub or "").lower() == repository.lower()), None)
