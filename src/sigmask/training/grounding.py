"""Grounding for open vocabulary: the joint space of words and image tokens, trained on photographs with named things.

Stage I sees only what its edits name. Here the grounding alone is trained, on features of the finished trunk that are
computed once: COCO polygons say where a class is, an ImageNet name says that a thing is somewhere in the picture, and
classes that are not there must light up nothing (our choice; the paper's own grounding data are unknown to us).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

import numpy as np
import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F

from sigmask.config import load_config
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.losses.prior_loss import absence_loss, presence_loss, prior_loss
from sigmask.models.instruction_batch import NO_INSTRUCTION, InstructionBatch
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained, text_table_of
from sigmask.synthesis.named_view import NamedView, is_held_out, is_left_out, named_view
from sigmask.synthesis.photos import PhotoEntry, PhotoLibrary
from sigmask.training.schedule import learning_rate_factor, set_learning_rates
from sigmask.training.training_log import TrainingLog

_STRICT = ConfigDict(extra="forbid")
_PRESENT, _ABSENT = 2, 2  # names asked for in a view: as many as it has up to two, and two that it lacks
assert _PRESENT + _ABSENT <= MAX_CONCEPTS


@dataclass(frozen=True, config=_STRICT)
class GroundingWeights:
    """Factors of the losses beside the one on polygons, which is 1."""

    presence: float = 0.3
    absence: float = 0.5


@dataclass(frozen=True, config=_STRICT)
class GroundingConfig:
    """Everything a run depends on; the fields are the keys of `configs/*_grounding.yaml`.

    `photos` is a folder as `PhotoLibrary.load` reads it. `initial` names the weights to start from (a name or folder);
    everything but the grounding stays as it is there. `views` of each photograph are cut at random, and their
    features computed once. `leave_out` keeps a fifth of the classes and a tenth of the photographs from training.
    `restart` forgets the initial grounding first.
    """

    photos: Path
    output: Path
    initial: str = "tiny"
    views: int = 3
    size: int = 320
    steps: int = 3000
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warmup: int = 100
    leave_out: bool = False
    restart: bool = False
    loss: GroundingWeights = field(default_factory=GroundingWeights)
    seed: int = 0
    threads: int = 2
    log_every: int = 100


@dataclasses.dataclass(frozen=True, slots=True)
class GroundedView:
    """A view as it is trained on: `features` (C, h, w) float16; `coverage` name → (h · w,), the share of each token."""

    features: Tensor
    coverage: dict[str, Tensor]
    uncertain: frozenset[str]
    label: str | None


def train(config_path: Path, *, overrides: tuple[str, ...] = ()) -> Path:
    """Train as the YAML file says; returns the folder that `Annotator.from_pretrained` opens.

    Raises:
        ConfigError, CorpusError, WeightsError: for a bad config, no photographs, or weights that do not fit.
    """
    return run_grounding(load_config(config_path, GroundingConfig, overrides))


def run_grounding(config: GroundingConfig) -> Path:
    """The run itself; deterministic for a seed on one machine."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads)
    config.output.mkdir(parents=True, exist_ok=True)
    model, encoder, folder = load_locator(config.initial)
    if config.restart:
        model = _with_new_grounding(model)
    views = ground_views(model, _entries(config), config)
    names = sorted({name for view in views for name in view.coverage} | {v.label for v in views if v.label})
    if config.leave_out:
        names = [name for name in names if not is_left_out(name)]
    vectors = dict(zip(names, torch.from_numpy(np.array(encoder.encode(names), np.float32)), strict=True))
    outlined = [name for name in names if any(name in view.coverage for view in views)]
    model.grounding.requires_grad_(True).train()
    trained = [parameter for parameter in model.grounding.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
    log = TrainingLog(config.output / "grounding.jsonl", done=0, steps=config.steps, every=config.log_every)
    rng = np.random.default_rng(config.seed)
    for step in range(config.steps):
        factor = learning_rate_factor(step, steps=config.steps, warmup=config.warmup)
        set_learning_rates(optimiser, (config.learning_rate,), factor)
        chosen = [views[index] for index in rng.integers(len(views), size=config.batch)]
        losses = grounding_losses(model, chosen, vectors, outlined, rng, config.loss)
        optimiser.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 2.0)
        optimiser.step()
        log.add(step + 1, losses)
    save_pretrained(model.eval(), config.output, text_table_of(folder))
    return config.output


@torch.inference_mode()
def ground_views(model: Locator, entries: Sequence[PhotoEntry], config: GroundingConfig) -> list[GroundedView]:
    """Views of every photograph with the trunk's coarsest features."""
    views: list[GroundedView] = []
    for number, entry in enumerate(entries):
        rng = np.random.default_rng((config.seed, number))
        cut = [named_view(entry, config.size, rng) for _ in range(config.views)]
        pixels = torch.from_numpy(np.stack([view.image for view in cut])).permute(0, 3, 1, 2).float().div(255)
        features = model.backbone(pixels.contiguous(memory_format=torch.channels_last))[-1]
        views += [_grounded(view, depth.half().clone()) for view, depth in zip(cut, features, strict=True)]
    return views


def grounding_losses(
    model: Locator,
    views: Sequence[GroundedView],
    vectors: dict[str, Tensor],
    outlined: Sequence[str],
    rng: np.random.Generator,
    weights: GroundingWeights,
) -> dict[str, Tensor]:
    """The losses of one batch and their weighted `total`.

    Args:
        vectors: name → text vector, of all names that may be asked for.
        outlined: those of classes with polygons.
    """
    features = torch.stack([view.features for view in views]).float()
    batch, tokens = len(views), features.shape[-2] * features.shape[-1]
    names = sorted(vectors)
    concepts = torch.zeros(batch, MAX_CONCEPTS, len(vectors[names[0]]))
    target = torch.zeros(batch, MAX_CONCEPTS, tokens)
    kind = np.full((batch, MAX_CONCEPTS), "", dtype=object)
    for row, view in enumerate(views):
        asked = _asked_for(view, outlined, vectors, rng)
        for slot, (name, what) in enumerate(asked):
            concepts[row, slot] = vectors[name]
            kind[row, slot] = what
            if what == "place":
                target[row, slot] = view.coverage[name]
    known = concepts.abs().sum(-1) > 0
    instruction = InstructionBatch(
        concepts,
        torch.ones_like(known),
        known,
        torch.zeros_like(known),
        torch.full((batch,), NO_INSTRUCTION, dtype=torch.int64),
    )
    logits = model.grounding.similarity_logits(features, features, instruction).float()
    flat = logits.flatten(0, 1)
    of_kind = {
        what: torch.from_numpy((kind == what).ravel()) & known.flatten() for what in ("place", "somewhere", "absent")
    }
    losses = {
        "place": prior_loss(logits, known, target, of_kind["place"].view_as(known)),
        "presence": presence_loss(flat[of_kind["somewhere"]]),
        "absence": absence_loss(flat[of_kind["absent"]]),
    }
    total = losses["place"] + weights.presence * losses["presence"] + weights.absence * losses["absence"]
    return {"total": total, **losses}


def _asked_for(
    view: GroundedView, outlined: Sequence[str], vectors: dict[str, Tensor], rng: np.random.Generator
) -> list[tuple[str, str]]:
    """(name, "place" | "somewhere" | "absent") for each concept that a view is asked for.

    Args:
        outlined: names of classes with polygons. Only these can be called absent: a photograph with a dog is not said
            to have no golden retriever.
    """
    there = [name for name in view.coverage if name in vectors]
    chosen = [str(name) for name in rng.permutation(there)[:_PRESENT]]
    asked = [(name, "place") for name in chosen]
    if view.label is not None and view.label in vectors:
        asked.append((view.label, "somewhere"))
    if view.label is None and outlined:  # of a photograph with one name, nobody knows what else it shows
        for _ in range(_ABSENT):
            name = outlined[int(rng.integers(len(outlined)))]
            if name not in view.coverage and name not in view.uncertain:
                asked.append((name, "absent"))
    return asked


def _grounded(view: NamedView, features: Tensor) -> GroundedView:
    size = (features.shape[-2], features.shape[-1])
    coverage = {
        name: F.adaptive_avg_pool2d(torch.from_numpy(region)[None].float(), size).flatten()
        for name, region in view.regions.items()
    }
    return GroundedView(features, coverage, view.uncertain, view.label)


def _entries(config: GroundingConfig) -> list[PhotoEntry]:
    entries = [each for each in PhotoLibrary.load(config.photos).entries if each.polygons or each.caption]
    return [each for each in entries if not (config.leave_out and is_held_out(each))]


def _with_new_grounding(model: Locator) -> Locator:
    """The joint space as before any training; the tokens that the refinement knows stay."""
    fresh = Locator(model.config).grounding.state_dict()
    kept = {name: value for name, value in fresh.items() if not name.startswith(("concept_token", "action_token"))}
    model.grounding.load_state_dict(kept, strict=False)
    return model
