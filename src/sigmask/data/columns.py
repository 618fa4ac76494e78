"""Which column of a corpus holds what: the names that published corpora use, and how unnamed ones are guessed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sigmask.errors import CorpusError, unknown_name


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """A corpus's own name for each part of an edit pair; None where it has no such column."""

    original: str
    edited: str
    instruction: str | None = None
    edit_type: str | None = None
    mask: str | None = None
    sample_id: str | None = None

    def present(self) -> tuple[str, ...]:
        """The columns to read, each once."""
        names = (getattr(self, field.name) for field in fields(self))
        return tuple(dict.fromkeys(name for name in names if name is not None))


@dataclass(frozen=True, slots=True)
class CorpusAdapter:
    """What is known of a published corpus: its columns, its container, and what a user should know of it."""

    name: str
    columns: ColumnNames
    container: str = "parquet"
    note: str = ""


ADAPTERS: tuple[CorpusAdapter, ...] = (
    CorpusAdapter(
        "magicbrush",
        ColumnNames("source_img", "target_img", "instruction", mask="mask_img", sample_id="img_id"),
        note="masks are drawn by hand and loose; dev and test are for evaluation only; ids repeat over turns",
    ),
    CorpusAdapter(
        "anyedit",
        ColumnNames("image_file", "edited_file", "edit_instruction", edit_type="edit_type"),
        note="the masks its makers used are boxes drawn before the edit",
    ),
    CorpusAdapter(
        "omniedit",
        ColumnNames("src_img", "edited_img", "edited_prompt_list", edit_type="task"),
        note="several instructions a row: the first that is not blank is taken",
    ),
    CorpusAdapter("crispedit", ColumnNames("input_img", "output_img", "instruction", edit_type="type")),
    CorpusAdapter(
        "promptfix",
        ColumnNames("input_img", "processed_img", "instruction", edit_type="task_id"),
        note="many rows are restorations, which change the whole picture",
    ),
    CorpusAdapter("ultraedit", ColumnNames("source_image", "edited_image", "edit_prompt", mask="mask_image")),
    CorpusAdapter("instructpix2pix", ColumnNames("original_image", "edited_image", "edit_prompt")),
    CorpusAdapter("hq-edit", ColumnNames("input_image", "output_image", "edit")),
    CorpusAdapter(
        "pico-banana",
        ColumnNames("open_image_input_url", "output_image", "text", edit_type="edit_type"),
        container="jsonl",
        note="non-commercial, no derivatives; needs --root with the downloaded images; ids repeat",
    ),
    CorpusAdapter(
        "imgedit",
        ColumnNames("input_images", "output_images", "prompt"),
        container="json",
        note="rows with several input images are quarantined",
    ),
    CorpusAdapter(
        "nhr-edit",
        ColumnNames("source_file_name", "edited_file_name", "edit_instruction", edit_type="category"),
        container="jsonl",
    ),
)
"""Published corpora whose pairs are plain columns, as their pages name them."""

_COMMON: dict[str, tuple[str, ...]] = {
    "original": (
        *("original", "original_image", "original_img", "original_path", "original_file", "source", "source_image"),
        *("source_img", "source_path", "src", "src_img", "input", "input_image", "input_img", "before", "real"),
    ),
    "edited": (
        *("edited", "edited_image", "edited_img", "edited_path", "edited_file", "target", "target_image", "target_img"),
        *("target_path", "output", "output_image", "output_img", "after", "fake"),
    ),
    "instruction": ("instruction", "edit_instruction", "edit_prompt", "edit", "instructions", "prompt", "text"),
    "edit_type": ("edit_type", "task", "type", "category"),
    "mask": ("mask", "mask_image", "mask_img", "mask_path", "mask_file"),
    "sample_id": ("sample_id", "id", "key", "uid", "name"),
}


def guess_columns(available: Sequence[str], given: Mapping[str, str | None] | None = None) -> ColumnNames:
    """Decide which of the `available` columns holds what.

    A name that the user gave wins; then the adapter that shares most columns, if its original and edited are both
    there; then common names, in any case of letters.

    Args:
        available: the corpus's column names.
        given: fields of `ColumnNames` to a column's name, or None where the user said nothing.

    Raises:
        CorpusError: a given column does not exist, or original or edited cannot be told.
    """
    asked = {field: name for field, name in (given or {}).items() if name is not None}
    for field, name in asked.items():
        if name not in available:
            raise CorpusError(f"--{field.replace('_', '-')}: {unknown_name('column', name, available)}")
    adapter = _matching_adapter(available)
    found: dict[str, str | None] = {}
    for field in _COMMON:
        adapted = None if adapter is None else getattr(adapter.columns, field)
        found[field] = asked.get(field) or (adapted if adapted in available else _common_name(field, available))
    original, edited = found.pop("original"), found.pop("edited")
    if original is None or edited is None or original == edited:
        raise CorpusError(_cannot_tell(available))
    return ColumnNames(original, edited, **found)


def _matching_adapter(available: Sequence[str]) -> CorpusAdapter | None:
    fitting = [
        adapter for adapter in ADAPTERS if adapter.columns.original in available and adapter.columns.edited in available
    ]
    return max(fitting, key=lambda adapter: _shared(adapter, available), default=None)


def _shared(adapter: CorpusAdapter, available: Sequence[str]) -> int:
    return len(set(adapter.columns.present()) & set(available))


def _common_name(field: str, available: Sequence[str]) -> str | None:
    by_lower_case = {name.lower(): name for name in reversed(available)}
    return next((by_lower_case[name] for name in _COMMON[field] if name in by_lower_case), None)


def _cannot_tell(available: Sequence[str]) -> str:
    def closeness(adapter: CorpusAdapter) -> float:
        return sum(
            max((difflib.SequenceMatcher(None, wanted, name).ratio() for name in available), default=0.0)
            for wanted in (adapter.columns.original, adapter.columns.edited)
        )

    nearest = max(ADAPTERS, key=lambda adapter: (_shared(adapter, available), closeness(adapter)))
    return (
        f"cannot tell which columns hold the original and the edited image. Found: {', '.join(available) or 'none'}. "
        f"The nearest known corpus is '{nearest.name}' ({', '.join(nearest.columns.present())}). "
        "Name them with --original, --edited and --instruction."
    )
