"""Writes drawn pairs as a corpus in each layout that the readers know."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sigmask.types import EditPair

CellKind = Literal["struct", "bytes", "base64", "path"]


def encode_image(image: np.ndarray[Any, Any], image_format: str = "PNG", **options: Any) -> bytes:
    """The file's bytes. PNG by default, so that pixels come back exactly."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, image_format, **options)
    return buffer.getvalue()


def write_image_folders(root: Path, pairs: Sequence[EditPair]) -> None:
    """`original/ID.png`, `edited/ID.png` and, where a pair has one, `mask/ID.png` below root."""
    for pair in pairs:
        for folder, image in (("original", pair.original), ("edited", pair.edited), ("mask", pair.mask)):
            if image is None:
                continue
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / f"{pair.sample_id}.png").write_bytes(encode_image(image))


def write_folder_corpus(root: Path, pairs: Sequence[EditPair], instructions: Literal["jsonl", "csv"] = "jsonl") -> Path:
    """The generic folder layout; returns root."""
    write_image_folders(root, pairs)
    if instructions == "jsonl":
        lines = [json.dumps({"name": pair.sample_id, "instruction": pair.instruction}) for pair in pairs]
        (root / "instructions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        with open(root / "instructions.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "instruction"])
            writer.writerows([pair.sample_id, pair.instruction] for pair in pairs)
    return root


def write_table_corpus(root: Path, pairs: Sequence[EditPair], kind: Literal["jsonl", "json", "csv"] = "jsonl") -> Path:
    """A table of relative paths beside its image folders; returns the table's path."""
    write_image_folders(root, pairs)
    rows = [
        {
            "id": pair.sample_id,
            "original": f"original/{pair.sample_id}.png",
            "edited": f"edited/{pair.sample_id}.png",
            "mask": f"mask/{pair.sample_id}.png" if pair.mask is not None else None,
            "instruction": pair.instruction,
            "edit_type": pair.edit_type,
        }
        for pair in pairs
    ]
    table = root / f"pairs.{kind}"
    if kind == "csv":
        with open(table, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif kind == "json":
        table.write_text(json.dumps(rows), encoding="utf-8")
    else:
        table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return table


def write_parquet_corpus(
    path: Path,
    pairs: Sequence[EditPair],
    cells: CellKind = "struct",
    columns: tuple[str, str, str] = ("original", "edited", "instruction"),
    row_group_size: int = 2,
) -> Path:
    """One parquet file; `columns` names (original, edited, instruction). Cells of kind path lie beside the file."""
    if cells == "path":
        write_image_folders(path.parent, pairs)
    original, edited, instruction = columns
    table = pa.table(
        {
            "id": pa.array([pair.sample_id for pair in pairs]),
            original: pa.array([_cell(pair, "original", cells) for pair in pairs]),
            edited: pa.array([_cell(pair, "edited", cells) for pair in pairs]),
            instruction: pa.array([pair.instruction for pair in pairs], pa.string()),
            "edit_type": pa.array([pair.edit_type for pair in pairs], pa.string()),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


def write_hub_cache(cache: Path, repository: str, commit: str, pairs: Sequence[EditPair]) -> None:
    """A data set as the Hub's client keeps it (`HF_HUB_CACHE`), with `main` at `commit`; earlier commits stay."""
    folder = cache / f"datasets--{repository.replace('/', '--')}"
    write_parquet_corpus(folder / "snapshots" / commit / "train.parquet", pairs)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit)


def _cell(pair: EditPair, which: Literal["original", "edited"], kind: CellKind) -> Any:
    relative = f"{which}/{pair.sample_id}.png"
    if kind == "path":
        return relative
    encoded = encode_image(getattr(pair, which))
    if kind == "struct":
        return {"bytes": encoded, "path": relative}
    return encoded if kind == "bytes" else base64.b64encode(encoded).decode("ascii")
