"""Stage I: supervised training on inpainting masks.

Views → model → losses, in the loop of `training.loop`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from sigmask.config import load_config
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.losses.mask_loss import mask_loss
from sigmask.losses.prior_loss import prior_loss
from sigmask.losses.quality_loss import quality_loss, true_iou
from sigmask.losses.scope_loss import scope_loss, scope_of_crop
from sigmask.models.backbone import load_deeper_stages
from sigmask.models.device import usable_device
from sigmask.models.instruction_batch import collate_instructions, name_batch
from sigmask.models.locator import Locator
from sigmask.models.locator_config import LocatorConfig
from sigmask.models.pretrained import load_locator, save_pretrained, with_decoder_blocks
from sigmask.models.semantic_difference import measure_null_statistics
from sigmask.models.weights_folder import text_encoder_for, text_table_of
from sigmask.training.device import begin_training, mixed_precision
from sigmask.training.ema import MovingAverage
from sigmask.training.feature_cache import CachedViews, collate_cached_views
from sigmask.training.loop import run_steps
from sigmask.training.setting_ranges import Count, Factor, Rate, Share, Whole, require_fitting_side
from sigmask.training.stage1_views import KindChoice, Stage1Views, collate_views
from sigmask.training.trained_parts import choose_trained
from sigmask.training.view import ViewMix

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class LossWeights:
    """Factors of the losses beside the mask's, which is 1; `scene` is the prior's on names beside the instruction's."""

    prior: Factor = 0.3
    scene: Factor = 0.3
    refined_prior: Factor = 0.1
    quality: Factor = 0.2
    scope: Factor = 0.05


@dataclass(frozen=True, config=_STRICT)
class Stage1Config:
    """Everything a Stage I run depends on; the fields are the keys of `configs/*_stage1.yaml`.

    `corpus` is a folder made by `sigmask.synthesis.stage1_corpus`. `backbone_learning_rate` 0 keeps the backbone
    frozen, and the first `backbone_frozen_stages` of a convolutional trunk stay so anyway; `grounding_frozen`
    leaves the joint space as it is, so that the prior's losses keep the trunk fit for it; `backbone_weights` is a
    local safetensors file, else the published weights are taken. `initial` names weights (folder or name) to go on
    from in place of a new `model` (with `outline_blocks`, `context_blocks` or `affinity_blocks` it gets so
    many of them, with `original_content` its decoder sees the original's content), and
    `positions_offset` skips views that an earlier run has seen. `cached_views` > 0 computes a frozen backbone's
    features of that many views once and trains on them. `new_kinds` (actions, or families of edits) are `new_share` of
    the views, and the rest replays what was known; pairs of `left_out_kinds` are never drawn (side effects of other
    pairs may still show such a change). `leave_out_names` keeps the words for a fixed fifth of the classes from
    training, so that grounding can be measured on unseen ones. `device` is torch's name for where it runs, or "auto".
    """

    corpus: Path
    output: Path
    model: LocatorConfig = field(default_factory=LocatorConfig)
    backbone_weights: Path | None = None
    initial: str | None = None
    outline_blocks: Whole | None = None
    context_blocks: Whole | None = None
    affinity_blocks: Whole | None = None
    original_content: bool | None = None
    steps: Count = 4000
    batch: Count = 8
    crop: Count = 288
    learning_rate: Rate = 1e-3
    backbone_learning_rate: Factor = 1e-4
    backbone_frozen_stages: Whole = 2
    grounding_frozen: bool = False
    weight_decay: Factor = 1e-2
    warmup: Whole = 100
    ema_decay: Share = 0.998
    loss: LossWeights = field(default_factory=LossWeights)
    mix: ViewMix = field(default_factory=ViewMix)
    seed: Whole = 0
    cached_views: Whole = 0
    positions_offset: Whole = 0
    new_kinds: tuple[str, ...] = ()
    new_share: Share = 0.5
    left_out_kinds: tuple[str, ...] = ()
    leave_out_names: bool = False
    bfloat16: bool = True
    device: str = "cpu"
    workers: Whole = 1
    threads: Count = 2
    log_every: Count = 20
    checkpoint_every: Count = 200


def train(config_path: Path, *, resume: bool = True, overrides: tuple[str, ...] = ()) -> Path:
    """Train as the YAML file says; returns the folder that `Annotator.from_pretrained` opens.

    Args:
        resume: go on from `output/checkpoint.pt` if there is one.

    Raises:
        ConfigError, CorpusError, WeightsError: for a bad config, an empty corpus, or weights that do not fit.
    """
    config = load_config(config_path, Stage1Config, overrides)
    return run_stage1(config, resume=resume)


def run_stage1(config: Stage1Config, *, resume: bool = True) -> Path:
    """The run itself. The trained model (the moving average) is in `output/`, the log in `output/log.jsonl`."""
    begin_training(config.seed, config.threads, config.output)
    model, encoder, text_table = _initial_model(config)
    model = model.to(usable_device(config.device))
    average = MovingAverage(model, config.ema_decay, warmup=config.initial is None)
    run_steps(
        model,
        average,
        model.backbone,
        config,
        batches_from=lambda done: _batches(config, model, done),
        losses_of=lambda batch, _: training_losses(model, batch, encoder, config.loss, bfloat16=config.bfloat16),
        save_weights=lambda: save_pretrained(average.average, config.output, text_table),
        resume=resume,
    )
    return config.output


def training_losses(
    model: Locator, batch: dict[str, Any], encoder: TextEncoder, weights: LossWeights, *, bfloat16: bool
) -> dict[str, Tensor]:
    """All losses of one batch, their weighted `total`, and the batch's mean IoU."""
    original, edited, mask, valid = batch["original"], batch["edited"], batch["mask"], batch["valid"]
    device = original.device
    instruction = collate_instructions(batch["edits"], encoder).without_location().to(device)
    scene = name_batch(batch["scene_names"], encoder, slots=batch["scene_regions"].shape[1]).to(device)
    with mixed_precision(device, enabled=bfloat16):
        original, edited = (image.contiguous(memory_format=torch.channels_last) for image in (original, edited))
        if "original_features" in batch:
            before, after = batch["original_features"], batch["edited_features"]
        else:
            before, after = model.features(original, edited)
        output = model.locate(before, after, original, edited, instruction, batch["noise"])
        shown = output.grounding.joint[0]
        scene_logits = model.grounding.similarity_of(shown, shown, scene)  # names of the scene: of the original alone
    logits, grid = output.mask_logits.float(), output.difference.grid
    changed, known = (F.adaptive_avg_pool2d(part[:, None], grid).flatten(1) for part in (mask, valid))
    # cross entropy refuses what is no number with an error of its own; the mask's loss is none then either
    refined_prior = output.refined_prior.flatten(1).float().nan_to_num(0.5).clamp(1e-4, 1 - 1e-4)
    losses = {
        "mask": mask_loss(logits, mask, valid),
        "prior": prior_loss(
            output.grounding.similarity_logits.float(),
            instruction.known,
            F.adaptive_avg_pool2d(batch["concept_regions"], grid).flatten(2),
            batch["located"],
        ),
        "scene": prior_loss(
            scene_logits.float(),
            scene.known,
            F.adaptive_avg_pool2d(batch["scene_regions"], grid).flatten(2),
            scene.known,
        ),
        "refined_prior": F.binary_cross_entropy(refined_prior, changed, weight=known),
        "quality": quality_loss(output.quality_logits, logits, mask, valid),
        "scope": scope_loss(output.scope_logits, scope_of_crop(mask, batch["changed_share"])),
    }
    total = (
        losses["mask"]
        + weights.prior * losses["prior"]
        + weights.scene * losses["scene"]
        + weights.refined_prior * losses["refined_prior"]
        + weights.quality * losses["quality"]
        + weights.scope * losses["scope"]
    )
    return {"total": total, **losses, "iou": true_iou(logits, mask, valid).mean()}


def _initial_model(config: Stage1Config) -> tuple[Locator, TextEncoder, Path | None]:
    """The model, the encoder of its words, and the encoder's table; None for the one that ships."""
    text_table: Path | None = None
    if config.initial is not None:
        model, encoder, folder = load_locator(config.initial)
        require_fitting_side("crop", config.crop, model.backbone)
        text_table = text_table_of(folder)
        model = with_decoder_blocks(
            model,
            outline=config.outline_blocks,
            context=config.context_blocks,
            affinity=config.affinity_blocks,
            original_content=config.original_content,
        )
    else:
        encoder = text_encoder_for(config.model)
        model = Locator(config.model)
        require_fitting_side("crop", config.crop, model.backbone)
        model.backbone.load_pretrained(config.backbone_weights)
        if model.grounding.deeper is not None:
            load_deeper_stages(model.grounding.deeper)
        _measure_null(model, config)
    choose_trained(model, config)
    return model.to(memory_format=torch.channels_last).train(), encoder, text_table


@torch.no_grad()
def _measure_null(model: Locator, config: Stage1Config, batches: int = 6) -> None:
    """Null statistics from unedited pictures of the corpus against their round trips."""
    mix = ViewMix(null=1.0, swapped=0.0)
    views = Stage1Views(
        config.corpus, crop=config.crop, seed=config.seed + 1, positions=range(batches * config.batch), mix=mix
    )
    features, pictures = [], []
    for batch in DataLoader(views, config.batch, collate_fn=collate_views):
        features.append((model.backbone(batch["original"]), model.backbone(batch["edited"])))
        pictures.append(batch["original"])
    measure_null_statistics(model.semantic_difference, features, pictures)


def _batches(config: Stage1Config, model: Locator, done: int) -> Iterator[dict[str, Any]]:
    start = config.positions_offset
    positions = range(start + done * config.batch, start + config.steps * config.batch)
    source: Dataset[Any]
    if config.cached_views > 0:
        kept = _views(config, range(config.cached_views))
        source = CachedViews(kept, model.backbone, _features_folder(config), positions, config.seed)
        collate: Callable[[list[Any]], dict[str, Any]] = collate_cached_views
    else:
        source = _views(config, positions)
        collate = collate_views
    return iter(
        DataLoader(
            source,
            config.batch,
            collate_fn=collate,
            num_workers=config.workers,
            drop_last=True,
            pin_memory=usable_device(config.device).type == "cuda",
        )
    )


def _views(config: Stage1Config, positions: range) -> Stage1Views:
    kinds = KindChoice(config.new_kinds, config.new_share, config.left_out_kinds)
    return Stage1Views(
        config.corpus,
        crop=config.crop,
        seed=config.seed,
        positions=positions,
        mix=config.mix,
        kinds=kinds,
        leave_out=config.leave_out_names,
    )


def _features_folder(config: Stage1Config) -> Path:
    """A folder of its own for everything that cached features depend on, so that none is taken for another's."""
    kinds = (config.new_kinds, config.new_share, config.left_out_kinds, config.leave_out_names)
    backbone = (config.model.backbone, config.backbone_weights, config.initial)
    files = [*config.corpus.glob("pair-*.npz"), *(Path(part) for part in backbone[1:] if part)]
    files += [path for folder in files if folder.is_dir() for path in folder.glob("*.safetensors")]
    stamps = sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file())
    parts = (config.corpus, config.seed, config.crop, config.mix, kinds, backbone, stamps)
    return config.output / f"features-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"
