"""Draws a corpus and the run that belongs to it: true masks as `sigmask annotate` would have written them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.annotation.mask_table import MASK_SCHEMA, mask_row
from sigmask.types import Action, Annotation, EditPair, EditTuple, ImageArray, MaskArray, Scope
from tests.drawing import draw_pair, draw_photo, draw_shape_mask
from tests.drawn_corpora import encode_image

SOURCE = "pairs.parquet"


def draw_edit(rng: np.random.Generator, original: ImageArray, name: str) -> EditPair:
    """Another edit of a given original: noise inside one shape, so that no two edits look alike."""
    height, width = original.shape[:2]
    mask = draw_shape_mask(rng, height, width, "circle")
    edited = original.copy()
    edited[mask] = rng.integers(0, 256, (int(mask.sum()), 3))
    return EditPair(name, original, edited, f"add {name}", "add", mask)


def draw_pairs(rng: np.random.Generator, count: int) -> list[EditPair]:
    """Pairs of as many originals, in three sizes, with ids that sort."""
    sizes = ((64, 96), (96, 64), (72, 72))
    return [replace(draw_pair(rng, *sizes[number % 3]), sample_id=f"id{number:03d}") for number in range(count)]


def draw_turns(rng: np.random.Generator) -> list[EditPair]:
    """Three edits in a row, each of the last one's result, and one pair of its own."""
    pairs = []
    picture = draw_photo(rng, 64, 64)
    for turn in range(3):
        pair = draw_edit(rng, picture, f"turn{turn}")
        pairs.append(pair)
        picture = pair.edited
    return [*pairs, replace(draw_pair(rng, 64, 64), sample_id="single")]


def write_corpus(
    folder: Path, pairs: Sequence[EditPair], cells: Mapping[int, Mapping[str, bytes]] | None = None
) -> Path:
    """`pairs.parquet` with PNG cells, or what `cells` gives for a row's "original" or "edited"; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)

    def column(name: str) -> list[bytes]:
        given = cells or {}
        return [given.get(row, {}).get(name) or encode_image(getattr(pair, name)) for row, pair in enumerate(pairs)]

    table = {
        "id": [pair.sample_id for pair in pairs],
        "original": column("original"),
        "edited": column("edited"),
        "instruction": pa.array([pair.instruction for pair in pairs], pa.string()),
    }
    pq.write_table(pa.table(table), folder / SOURCE, row_group_size=2)
    return folder


def write_run(
    folder: Path,
    pairs: Sequence[EditPair],
    *,
    qualities: Sequence[float] | None = None,
    rows_per_part: int = 4,
    leave_out: Sequence[int] = (),
    changes: Mapping[int, Mapping[str, Any]] | None = None,
) -> Path:
    """The pairs' own masks as a run whose parts come in the opposite order of the corpus; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index, pair in enumerate(pairs):
        if index in leave_out:
            continue
        quality = 0.75 if qualities is None else qualities[index]
        row = mask_row(pair.sample_id, SOURCE, index, annotation_of(pair, quality))
        rows.append(row | dict((changes or {}).get(index, {})))
    parts = [rows[start : start + rows_per_part] for start in range(0, len(rows), rows_per_part)]
    for number, part in enumerate(reversed(parts)):
        table = pa.Table.from_pylist(part, schema=MASK_SCHEMA)
        pq.write_table(table, folder / f"masks-{number:05d}.parquet", row_group_size=3)
    (folder / "summary.json").write_text(json.dumps({"model": "drawn", "fingerprint": "0123abcd"}))
    return folder


def annotation_of(pair: EditPair, quality: float) -> Annotation:
    """The pair's own mask as an annotation."""
    assert pair.mask is not None
    mask: MaskArray = pair.mask
    maps = mask.astype(np.float32)
    edit = () if pair.instruction is None else (EditTuple(None, "a thing", Action.ADD),)
    return Annotation(mask, maps, maps, quality, Scope.LOCAL if mask.any() else Scope.NONE, edit, (), "drawn")
