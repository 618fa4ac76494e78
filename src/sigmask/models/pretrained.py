"""Weights in and out of torch; `weights_folder` says where they lie."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from sigmask.errors import ConfigError, WeightsError
from sigmask.instruction.text_encoder import STATIC, TextEncoder
from sigmask.models.locator import Locator
from sigmask.models.weights_folder import (
    CARD_FILE,
    CONFIG_FILE,
    GRAPH_FILE,
    MODEL_FILE,
    RANGES_FILE,
    TEXT_FILE,
    find_weights,
    holds_card_of_embedded,
    read_config,
    text_encoder_for,
    text_table_of,
)
from sigmask.whole_file import whole_file

_ACTION_ROWS = "grounding.action_token.weight"


def save_pretrained(model: Locator, folder: Path, text_table: Path | None = None) -> None:
    """Write everything that `load_locator` needs; weights in half precision. A graph of earlier weights is removed.

    So is the model card of those that ship, where the folder began as a copy of them; a card of one's own stays.

    Args:
        text_table: the embedding table to store beside the model; default: the embedded one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cards = (CARD_FILE,) if holds_card_of_embedded(folder) else ()
    for of_older_weights in (GRAPH_FILE, RANGES_FILE, *cards):
        (folder / of_older_weights).unlink(missing_ok=True)
    tensors = {
        name: (value.half() if value.dtype == torch.float32 else value).contiguous()
        for name, value in model.state_dict().items()
    }
    _write_whole(folder / MODEL_FILE, save(tensors, metadata={"format": "pt"}))
    if model.config.text_encoder == STATIC:
        table = text_table or find_weights("tiny") / TEXT_FILE
        if table.resolve() != (folder / TEXT_FILE).resolve():
            _write_whole(folder / TEXT_FILE, table.read_bytes())
    _write_whole(folder / CONFIG_FILE, (json.dumps(dataclasses.asdict(model.config), indent=2) + "\n").encode())


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
    model = load_model(folder)
    return model, text_encoder_for(model.config, text_table_of(folder)), folder


def load_model(folder: Path) -> Locator:
    """The model whose weights lie in `folder`, in evaluation mode and frozen.

    Raises:
        WeightsError: its files are missing, damaged or do not fit.
    """
    try:
        model = Locator(read_config(folder))
        state = load_file(folder / MODEL_FILE)
    except (OSError, ValueError, SafetensorError, ConfigError) as error:
        raise WeightsError(f"{folder} does not hold readable weights: {error}") from error
    _fill(model, state, folder)
    return model.eval().requires_grad_(False)


def with_decoder_blocks(
    model: Locator,
    *,
    outline: int | None = None,
    context: int | None = None,
    affinity: int | None = None,
    original_content: bool | None = None,
) -> Locator:
    """`model` with so many blocks of a kind: its own first, then new ones, which add nothing yet; None: as it is.

    `original_content` likewise lets it see what the original shows.

    Raises:
        ConfigError: it has more than that.
    """
    own = model.config
    asked = {"outline_blocks": outline, "context_blocks": context, "affinity_blocks": affinity}
    wanted: dict[str, int] = {name: getattr(own, name) if count is None else count for name, count in asked.items()}
    for name, count in wanted.items():
        if count < getattr(own, name):
            raise ConfigError(f"{name} must be at least the weights' own {getattr(own, name)}, got {count}")
    sees = own.original_content if original_content is None else original_content
    if own.original_content and not sees:
        raise ConfigError("original_content must stay true: the weights have it")
    shape = dataclasses.replace(
        own,
        outline_blocks=wanted["outline_blocks"],
        context_blocks=wanted["context_blocks"],
        affinity_blocks=wanted["affinity_blocks"],
        original_content=sees,
    )
    if shape == own:
        return model
    larger = Locator(shape)
    larger.load_state_dict(larger.state_dict() | model.state_dict())
    return larger


def _write_whole(path: Path, content: bytes) -> None:
    with whole_file(path) as partial:
        partial.write_bytes(content)


def _with_new_actions(state: dict[str, Any], rows: int) -> dict[str, Any]:
    """Weights from before the last members of `Action` were added, with a row for each: as if nothing had been said.

    The last row is that of no instruction, and stays the last.
    """
    known = state.get(_ACTION_ROWS)
    if known is None or not 0 < len(known) < rows:
        return state
    silent = known[-1:]
    return {**state, _ACTION_ROWS: torch.cat([known[:-1], silent.expand(rows - len(known), -1), silent])}


def _fill(model: Locator, state: dict[str, Any], folder: Path) -> None:
    wanted = model.state_dict()
    state = _with_new_actions(state, len(wanted[_ACTION_ROWS]))
    converted = {name: value.to(wanted[name].dtype) if name in wanted else value for name, value in state.items()}
    try:
        model.load_state_dict(converted)
    except RuntimeError as error:
        raise WeightsError(f"{folder / MODEL_FILE} does not fit its {CONFIG_FILE}: {error}") from error
