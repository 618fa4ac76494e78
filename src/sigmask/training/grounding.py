"""Grounding for open vocabulary: the joint space of words and image tokens, trained on photographs with named things.

Stage I sees only what its edits name. Here the grounding alone is trained, on features of the finished trunk that are
computed once: COCO polygons say where a class is, an ImageNet name says that a thing is somewhere in the picture, and
classes that are not there must light up nothing. With `deeper`, the last stages of the trunk join, and a classifier
tells what it would call each place (our choice; the paper's own grounding data are unknown to us).
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
from torch import Tensor, nn

from sigmask.config import load_config
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.losses.prior_loss import absence_loss, naming_loss, pointing_loss, presence_loss, prior_loss
from sigmask.models.backbone import load_deeper_stages
from sigmask.models.device import usable_device
from sigmask.models.grounding import InstructionGrounding
from sigmask.models.instruction_batch import encoded_name_batch
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.models.weights_folder import text_table_of
from sigmask.synthesis.named_view import is_held_out, names_left_out
from sigmask.synthesis.photos import PhotoEntry, PhotoLibrary
from sigmask.training.device import begin_training, mixed_precision
from sigmask.training.grounding_views import ABSENT, PRESENT, GroundedView, ViewPlan, asked_for, ground_views
from sigmask.training.loop import require_finite
from sigmask.training.name_teacher import NameTeacher, imagenet_names
from sigmask.training.schedule import learning_rate_factor, parameter_groups, set_learning_rates
from sigmask.training.setting_ranges import Count, Factor, PositiveShare, Rate, Share, Whole, require_fitting_side
from sigmask.training.training_log import TrainingLog

_STRICT = ConfigDict(extra="forbid")
assert PRESENT + ABSENT <= MAX_CONCEPTS
_SHARPNESS_AT_FIRST = 2.3  # e to this is what cosines are multiplied with


@dataclass(frozen=True, config=_STRICT)
class GroundingWeights:
    """Factors of the losses beside the one on polygons, which is 1."""

    presence: Factor = 0.3
    absence: Factor = 0.5
    naming: Factor = 0.0
    pointing: Factor = 0.0


@dataclass(frozen=True, config=_STRICT)
class GroundingConfig:
    """Everything a run depends on; the fields are the keys of `configs/*_grounding.yaml`.

    `photos` is a folder as `PhotoLibrary.load` reads it. `initial` names the weights to start from (a name or folder);
    everything but the grounding stays as it is there. `views` of each photograph (`outlined_views` of one with
    polygons) are cut at random, and their features computed once: at least `smallest_view` of its shorter side, and
    `pasted` of those with polygons get things of other photographs. `leave_out` keeps a fifth of the classes and a
    tenth of the photographs from training. `restart` forgets the initial joint space first. `deeper` does too, unless
    the initial grounding has the last stages of the trunk already; these have a learning rate of their own. So does a
    `joint_width` that is not the initial one. `loss.naming` asks a classifier (see `NameTeacher`). `device` is torch's
    name for where it runs, or "auto".
    """

    photos: Path
    output: Path
    initial: str = "tiny"
    views: Count = 3
    outlined_views: Count | None = None
    smallest_view: PositiveShare = 0.6
    pasted: Share = 0.0
    size: Count = 320
    steps: Count = 3000
    batch: Count = 32
    learning_rate: Rate = 1e-3
    deeper_learning_rate: Rate = 1e-4
    weight_decay: Factor = 1e-2
    warmup: Whole = 100
    leave_out: bool = False
    restart: bool = False
    deeper: bool = False
    joint_width: Count | None = None
    bfloat16: bool = True
    device: str = "cpu"
    loss: GroundingWeights = field(default_factory=GroundingWeights)
    seed: Whole = 0
    threads: Count = 2
    log_every: Count = 100


class Learner(nn.Module):
    """What is trained: the grounding, and how sharply a classifier's names are told apart, which is not kept."""

    def __init__(self, grounding: InstructionGrounding) -> None:
        super().__init__()
        self.grounding = grounding
        self.sharpness = nn.Parameter(torch.tensor(_SHARPNESS_AT_FIRST))


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """Text vectors of names.

    Attributes:
        asked: of every name that may be asked for.
        outlined: those of classes with polygons.
        taught: (K, D), of the names that the classifier tells apart; None without one.
    """

    asked: dict[str, Tensor]
    outlined: tuple[str, ...]
    taught: Tensor | None = None


def train(config_path: Path, *, overrides: tuple[str, ...] = ()) -> Path:
    """Train as the YAML file says; returns the folder that `Annotator.from_pretrained` opens.

    Raises:
        ConfigError, CorpusError, WeightsError: for a bad config, no photographs, or weights that do not fit.
        MissingExtraError: the classifier's package is not installed.
    """
    return run_grounding(load_config(config_path, GroundingConfig, overrides))


def run_grounding(config: GroundingConfig) -> Path:
    """The run itself; deterministic for a seed on one machine."""
    begin_training(config.seed, config.threads, config.output)
    device = usable_device(config.device)
    model, encoder, folder = load_locator(config.initial)
    require_fitting_side("size", config.size, model.backbone)
    model = _with_grounding(model, config).to(device)
    photos = PhotoLibrary.load(config.photos).entries
    teacher = _teacher(photos, encoder, config, device)
    entries = [each for each in photos if each.polygons or each.caption]
    views = ground_views(
        model.backbone,
        [each for each in entries if not (config.leave_out and is_held_out(each))],
        ViewPlan(
            size=config.size,
            labelled=config.views,
            outlined=config.views if config.outlined_views is None else config.outlined_views,
            smallest=config.smallest_view,
            pasted=config.pasted,
        ),
        seed=config.seed,
        teacher=teacher,
        bfloat16=config.bfloat16,
    )
    words = _words(views, encoder, teacher, leave_out=config.leave_out)
    learner = Learner(model.grounding).to(device).requires_grad_(True).train()
    deeper = model.grounding.deeper if model.grounding.deeper is not None else nn.Identity()
    optimiser = torch.optim.AdamW(parameter_groups(learner, deeper), weight_decay=config.weight_decay)
    config.output.mkdir(parents=True, exist_ok=True)  # not before: a run without its photographs leaves none behind
    log = TrainingLog(config.output / "grounding.jsonl", done=0, steps=config.steps, every=config.log_every)
    rng = np.random.default_rng(config.seed)
    for step in range(config.steps):
        factor = learning_rate_factor(step, steps=config.steps, warmup=config.warmup)
        set_learning_rates(optimiser, (config.learning_rate, config.deeper_learning_rate), factor)
        chosen = [views[index] for index in rng.integers(len(views), size=config.batch)]
        losses = grounding_losses(learner, chosen, words, rng, config.loss, bfloat16=config.bfloat16)
        require_finite(losses["total"], step)
        optimiser.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_((part for group in optimiser.param_groups for part in group["params"]), 2.0)
        optimiser.step()
        log.add(step + 1, losses)
    save_pretrained(model.eval(), config.output, text_table_of(folder))
    return config.output


def grounding_losses(
    learner: Learner,
    views: Sequence[GroundedView],
    words: Words,
    rng: np.random.Generator,
    weights: GroundingWeights,
    *,
    bfloat16: bool = False,
) -> dict[str, Tensor]:
    """The losses of one batch and their weighted `total`; `naming` only where the views have a classifier's names."""
    device = learner.sharpness.device
    features = torch.stack([view.features for view in views]).to(device).float()
    batch, tokens = len(views), features.shape[-2] * features.shape[-1]
    width = len(next(iter(words.asked.values())))
    concepts = torch.zeros(batch, MAX_CONCEPTS, width)
    target = torch.zeros(batch, MAX_CONCEPTS, tokens)
    kind = np.full((batch, MAX_CONCEPTS), "", dtype=object)
    for row, view in enumerate(views):
        for slot, (name, what) in enumerate(asked_for(view, words.outlined, words.asked, rng)):
            concepts[row, slot] = words.asked[name]
            kind[row, slot] = what
            if what == "place":
                target[row, slot] = view.coverage[name]
    instruction, target = encoded_name_batch(concepts).to(device), target.to(device)
    grounding = learner.grounding
    with mixed_precision(device, enabled=bfloat16):
        joint = grounding.joint(features.contiguous(memory_format=torch.channels_last)).float()
    logits = grounding.similarity_of(joint, joint, instruction)
    flat = logits.flatten(0, 1)
    known = instruction.known
    of_kind = {
        what: torch.from_numpy((kind == what).ravel()).to(device) & known.flatten()
        for what in ("place", "somewhere", "absent")
    }
    losses = {
        "place": prior_loss(logits, known, target, of_kind["place"].view_as(known)),
        "pointing": pointing_loss(logits, known, target, of_kind["place"].view_as(known)),
        "presence": presence_loss(flat[of_kind["somewhere"]]),
        "absence": absence_loss(flat[of_kind["absent"]]),
    }
    total = losses["place"] + weights.presence * losses["presence"] + weights.absence * losses["absence"]
    total = total + weights.pointing * losses["pointing"]
    if words.taught is not None:
        named = torch.stack([view.named for view in views if view.named is not None]).to(device).float()
        taught = grounding.text(words.taught.to(device))
        losses["naming"] = naming_loss(joint, taught, named, learner.sharpness.exp())
        total = total + weights.naming * losses["naming"]
    return {"total": total, **losses}


def _words(
    views: Sequence[GroundedView], encoder: TextEncoder, teacher: NameTeacher | None, *, leave_out: bool
) -> Words:
    names = sorted({name for view in views for name in view.coverage} | {v.label for v in views if v.label})
    if leave_out:
        names = [name for name in names if not names_left_out(name)]
    outlined = tuple(name for name in names if any(name in view.coverage for view in views))
    asked = dict(zip(names, torch.from_numpy(np.array(encoder.encode(names), np.float32)), strict=True))
    taught = None if teacher is None else torch.from_numpy(np.array(encoder.encode(teacher.names), np.float32))
    return Words(asked, outlined, taught)


def _teacher(
    photos: Sequence[PhotoEntry], encoder: TextEncoder, config: GroundingConfig, device: torch.device
) -> NameTeacher | None:
    if not config.loss.naming:
        return None
    return NameTeacher.lite0(imagenet_names(photos, encoder, leave_out=config.leave_out), device)


def _with_grounding(model: Locator, config: GroundingConfig) -> Locator:
    """`model` with the grounding that is to be trained, its own or a new one; what the refinement is told by stays."""
    deeper = config.deeper or model.config.deeper_grounding
    shape = dataclasses.replace(
        model.config, deeper_grounding=deeper, joint_width=config.joint_width or model.config.joint_width
    )
    if shape == model.config and not config.restart:
        return model
    made = Locator(shape).eval().requires_grad_(False)
    state = model.state_dict()
    stays = {name: value for name, value in state.items() if not name.startswith("grounding.") or "_token." in name}
    made.load_state_dict(made.state_dict() | stays)
    if made.grounding.deeper is not None:
        load_deeper_stages(made.grounding.deeper)
    return made.to(memory_format=torch.channels_last)
