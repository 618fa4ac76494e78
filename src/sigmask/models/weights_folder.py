"""Weights by name, path or Hub id: the folder they lie in, and what is in it. Nothing here needs torch.

A folder of weights holds `config.json`, `model.safetensors`, `text.safetensors`, and `model.onnx` if they were exported
for engines that do without torch.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

from sigmask.config import build_config
from sigmask.errors import ConfigError, WeightsError, unknown_name
from sigmask.instruction.text_encoder import TextEncoder, create_text_encoder
from sigmask.models.locator_config import LocatorConfig
from sigmask.output_path import require_no_file

CONFIG_FILE, MODEL_FILE, TEXT_FILE = "config.json", "model.safetensors", "text.safetensors"
GRAPH_FILE = "model.onnx"
RANGES_FILE = "int8.json"
CARD_FILE = "README.md"
_FILES = (CONFIG_FILE, MODEL_FILE, TEXT_FILE, GRAPH_FILE, RANGES_FILE)
EMBEDDED = ("tiny",)
"""Names whose weights ship inside the package."""


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
        f"{unknown_name('model', name_or_path, EMBEDDED)} Or give a folder with {CONFIG_FILE} and {MODEL_FILE}, "
        "or a Hub id such as 'owner/name' or 'owner/name@revision'."
    )


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Raise unless weights may be written to `folder`.

    Raises:
        WeightsError: it holds weights, and `overwrite` is not set, or it is a file.
    """
    require_no_file(folder, WeightsError)
    if (folder / MODEL_FILE).exists() and not overwrite:
        raise WeightsError(f"{folder} holds weights already: name another folder with -o, or give --overwrite")


def holds_card_of_embedded(folder: Path) -> bool:
    """Whether the model card in `folder` is, by its first line, that of weights that ship."""
    card = folder / CARD_FILE
    return card.is_file() and _title(card) in [_title(find_weights(name) / CARD_FILE) for name in EMBEDDED]


def read_config(folder: Path) -> LocatorConfig:
    """The shape of the model whose weights lie in `folder`.

    Raises:
        WeightsError: `config.json` is missing or damaged, or says what no model has.
    """
    path = folder / CONFIG_FILE
    try:
        return build_config(json.loads(path.read_text(encoding="utf-8")), LocatorConfig, source=str(path))
    except (OSError, ValueError, ConfigError) as error:
        raise WeightsError(f"{folder} does not hold readable weights: {error}") from error


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


def weights_name(name_or_path: str, digest: str) -> str:
    """What rows call weights: the name or Hub id as given, or a folder's own name; and the start of their `digest`.

    "tiny (0123abcd)", "owner/tiny@v2 (0123abcd)": weights of one name in two places, or of two versions, stay apart.
    """
    is_folder = name_or_path not in EMBEDDED and Path(name_or_path).is_dir()
    name = Path(name_or_path).resolve().name if is_folder else name_or_path
    return f"{name} ({digest[:8]})"


def text_table_of(folder: Path) -> Path | None:
    """The embedding table beside the weights in `folder`; None if they go with the embedded one."""
    table = folder / TEXT_FILE
    return table if table.is_file() else None


def weights_hash(folder: Path) -> str:
    """SHA-256 over the weights' files, the first 16 hex digits: what a run's fingerprint names."""
    digest = hashlib.sha256()
    for name in _FILES:
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _title(card: Path) -> bytes:
    return card.read_bytes().partition(b"\n")[0]


def _download(hub_id: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=list(_FILES)))
    except Exception as error:  # the hub client raises many kinds; all mean the same to the user
        at = "" if revision is None else f" at '{revision}'"
        raise WeightsError(
            f"'{hub_id}'{at} is no folder here (weights of one's own have to be trained first), and could not be "
            f"fetched from the Hub: {error}"
        ) from error
