"""Weights in and out, by name, path or Hub id.

They are a folder with `config.json`, `model.safetensors` and `text.safetensors`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from sigmask.config import build_config
from sigmask.errors import ConfigError, WeightsError, unknown_name
from sigmask.instruction.text_encoder import STATIC, TextEncoder, create_text_encoder
from sigmask.models.locator import Locator, LocatorConfig
from sigmask.whole_file import whole_file

_CONFIG, _MODEL, _TEXT = "config.json", "model.safetensors", "text.safetensors"
EMBEDDED = ("tiny",)
"""Names whose weights ship inside the package."""


def save_pretrained(model: Locator, folder: Path, text_table: Path | None = None) -> None:
    """Write everything that `load_locator` needs; weights in half precision.

    Args:
        text_table: the embedding table to store beside the model; default: the embedded one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (value.half() if value.dtype == torch.float32 else value).contiguous()
        for name, value in model.state_dict().items()
    }
    _write_whole(folder / _MODEL, save(tensors, metadata={"format": "pt"}))
    if model.config.text_encoder == STATIC:
        table = text_table or find_weights("tiny") / _TEXT
        if table.resolve() != (folder / _TEXT).resolve():
            _write_whole(folder / _TEXT, table.read_bytes())
    _write_whole(folder / _CONFIG, (json.dumps(dataclasses.asdict(model.config), indent=2) + "\n").encode())


def load_locator(name_or_path: str) -> tuple[Locator, TextEncoder, Path]:
    """A model in evaluation mode with a frozen backbone, its text encoder, and the folder they came from.

    Args:
        name_or_path: an embedded name ("tiny"), a folder, or a Hugging Face Hub id ("owner/name", or
            "owner/name@revision" with a branch, tag or commit).

    Raises:
        WeightsError: if there is no such name or folder, or its files are missing, damaged or do not fit.
        MissingExtraError: the model goes with a sentence encoder, and sentence-transformers is not installed.
    """
    folder = find_weights(name_or_path)
    try:
        stored = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        config = build_config(stored, LocatorConfig, source=str(folder / _CONFIG))
        model = Locator(config)
        state = load_file(folder / _MODEL)
    except (OSError, ValueError, SafetensorError, ConfigError) as error:
        raise WeightsError(f"{folder} does not hold readable weights: {error}") from error
    _fill(model, state, folder)
    model.eval().requires_grad_(False)
    return model, text_encoder_for(config, text_table_of(folder)), folder


def text_encoder_for(config: LocatorConfig, table: Path | None = None) -> TextEncoder:
    """The encoder that a model of this config was, or is to be, trained with; see `create_text_encoder`.

    Raises:
        WeightsError: its vectors are not of `config.text_dimension` numbers.
    """
    encoder = create_text_encoder(config.text_encoder, table)
    if encoder.dimension != config.text_dimension:
        raise WeightsError(
            f"text encoder '{encoder.name}' gives vectors of {encoder.dimension} numbers, but the model takes "
            f"{config.text_dimension}: set text_dimension to {encoder.dimension} and train anew"
        )
    return encoder


def find_weights(name_or_path: str) -> Path:
    """The folder that holds the weights of `name_or_path`; downloads it if it is a Hub id."""
    if name_or_path in EMBEDDED:
        return Path(str(resources.files("sigmask") / "weights" / name_or_path))
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    hub_id, _, revision = name_or_path.partition("@")
    if hub_id.count("/") == 1 and not folder.is_absolute() and not name_or_path.startswith("."):
        return _download(hub_id, revision or None)
    raise WeightsError(
        f"{unknown_name('model', name_or_path, EMBEDDED)} Or give a folder with {_CONFIG} and {_MODEL}, "
        "or a Hub id such as 'owner/name' or 'owner/name@revision'."
    )


def weights_name(name_or_path: str, digest: str) -> str:
    """What rows call weights: the name or Hub id as given, or a folder's own name; and the start of their `digest`.

    "tiny (0123abcd)", "owner/tiny@v2 (0123abcd)": weights of one name in two places, or of two versions, stay apart.
    """
    is_folder = name_or_path not in EMBEDDED and Path(name_or_path).is_dir()
    name = Path(name_or_path).resolve().name if is_folder else name_or_path
    return f"{name} ({digest[:8]})"


def text_table_of(folder: Path) -> Path | None:
    """The embedding table beside the weights in `folder`; None if they go with the embedded one."""
    table = folder / _TEXT
    return table if table.is_file() else None


def weights_hash(folder: Path) -> str:
    """SHA-256 over the weights' files, the first 16 hex digits: what a run's fingerprint names."""
    digest = hashlib.sha256()
    for name in (_CONFIG, _MODEL, _TEXT):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _write_whole(path: Path, content: bytes) -> None:
    with whole_file(path) as partial:
        partial.write_bytes(content)


def _fill(model: Locator, state: dict[str, Any], folder: Path) -> None:
    wanted = model.state_dict()
    converted = {name: value.to(wanted[name].dtype) if name in wanted else value for name, value in state.items()}
    try:
        model.load_state_dict(converted)
    except RuntimeError as error:
        raise WeightsError(f"{folder / _MODEL} does not fit its {_CONFIG}: {error}") from error


def _download(hub_id: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=[_CONFIG, _MODEL, _TEXT]))
    except Exception as error:  # the hub client raises many kinds; all mean the same to the user
        at = "" if revision is None else f" at '{revision}'"
        raise WeightsError(f"'{hub_id}'{at} is no folder and could not be fetched from the Hub: {error}") from error
