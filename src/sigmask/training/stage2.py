"""Stage II: from inpainting masks to what text-driven editors do, without a label.

Each step adds up to three sums of losses, and each part is a switch, so that an ablation is one command:

- supervised views as in Stage I (`stage1.training_losses`), under round trips (`calibration`) and with null pairs;
- `self_training`: an EMA teacher marks an unlabelled pair, the student must say so of the disturbed pair;
- `disentanglement`: the edit code and the noise code of the difference tokens explain the edit and the noise apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from sigmask.config import load_config
from sigmask.errors import ConfigError
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.losses.code_adversary import code_adversary
from sigmask.losses.disentanglement_loss import (
    CodeEnergy,
    cross_covariance,
    difference_energy,
    energy_distance,
    vanishing_edit,
)
from sigmask.losses.self_training_loss import Confidence, moved_along, pair_weight, self_training_loss
from sigmask.models.device import usable_device
from sigmask.models.instruction_batch import collate_instructions
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.models.semantic_difference import DifferencePyramid
from sigmask.models.weights_folder import text_table_of
from sigmask.training.area_guard import AreaGuard
from sigmask.training.device import begin_training, mixed_precision
from sigmask.training.ema import MovingAverage
from sigmask.training.loop import run_steps
from sigmask.training.setting_ranges import Count, Factor, Rate, RisingShares, Share, Whole, require_fitting_side
from sigmask.training.stage1 import LossWeights, training_losses
from sigmask.training.stage1_views import Stage1Views, collate_views
from sigmask.training.stage2_views import (
    Triples,
    UnlabelledViews,
    collate_triples,
    collate_two_views,
    read_unlabelled,
)
from sigmask.training.trained_parts import choose_trained, train_codes_alone, with_fixed_statistics
from sigmask.training.view import ViewMix

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Stage2Weights:
    """Factors of the added losses; the supervised ones keep their own.

    `adversary` is a part of the disentanglement that is off by default: what neither code may tell
    (`losses.code_adversary`).
    """

    self_training: Factor = 0.3
    reconstruction: Factor = 0.5
    swap: Factor = 0.5
    covariance: Factor = 0.5
    vanishing: Factor = 0.2
    adversary: Factor = 0.0


@dataclass(frozen=True, config=_STRICT)
class Stage2Config:
    """Everything a Stage II run depends on; the fields are the keys of `configs/*_stage2.yaml`.

    `initial` names Stage I's weights, `corpus` is Stage I's, `unlabelled` any corpus of real pairs that `load_corpus`
    takes, `hf:` addresses included, of which the first `unlabelled_pairs` are kept in memory: it is asked for where
    there is `self_training`. `calibration` switches the round trips among the views; the null statistics stay those of
    `initial` either way. `leave_out_names` is as in Stage I; the unlabelled pairs' instructions are told as they are.
    `grounding_frozen` leaves the joint space as `train grounding` made it. The teacher is believed on the surest pixels
    of each class, a share of them that grows linearly over `believed`, on views of which it marks no more than
    `largest_area`: in many corpora an editor redraws the whole picture, which teaches no place. With `codes_only`
    nothing but the code head learns, of the triples alone, and every mask stays as it is: the parts that are not
    `disentanglement` must be off. Supervised views, unlabelled pairs and triples have `workers` processes each.
    """

    corpus: Path
    output: Path = Path("runs/stage2")
    initial: str = "tiny"
    unlabelled: str | None = None
    calibration: bool = True
    null_pairs: bool = True
    self_training: bool = True
    disentanglement: bool = True
    instruction: bool = True
    grounding_frozen: bool = False
    codes_only: bool = False
    unlabelled_pairs: Count | None = None
    leave_out_names: bool = False
    steps: Count = 1500
    batch: Count = 6
    unlabelled_batch: Count = 2
    triple_batch: Count = 2
    crop: Count = 256
    learning_rate: Rate = 2e-4
    backbone_learning_rate: Factor = 0.0
    backbone_frozen_stages: Whole = 2
    weight_decay: Factor = 1e-2
    warmup: Whole = 50
    ema_decay: Share = 0.998
    believed: RisingShares = (0.5, 0.9)
    largest_area: Share = 0.5
    loss: LossWeights = field(default_factory=LossWeights)
    weights: Stage2Weights = field(default_factory=Stage2Weights)
    mix: ViewMix = field(default_factory=ViewMix)
    seed: Whole = 0
    bfloat16: bool = True
    device: str = "cpu"
    workers: Whole = 1
    threads: Count = 2
    log_every: Count = 25
    checkpoint_every: Count = 200


def train(config_path: Path, *, resume: bool = True, overrides: tuple[str, ...] = ()) -> Path:
    """Train as the YAML file says; returns the folder that `Annotator.from_pretrained` opens.

    Raises:
        ConfigError, CorpusError, WeightsError: for a bad config, an empty corpus, or weights that do not fit.
    """
    return run_stage2(load_config(config_path, Stage2Config, overrides), resume=resume)


def run_stage2(config: Stage2Config, *, resume: bool = True) -> Path:
    """The run itself. The trained model (the teacher) is in `output/`, the curves in `output/log.jsonl`.

    Raises:
        ConfigError, CorpusError, WeightsError: see `train`.
    """
    require_consistent(config)
    begin_training(config.seed, config.threads, config.output)
    model, encoder, folder = load_locator(config.initial)
    require_fitting_side("crop", config.crop, model.backbone)
    choose_trained(model, config)
    if config.codes_only:
        train_codes_alone(model)
    model = with_fixed_statistics(model.to(memory_format=torch.channels_last).train())
    student = Student(model).to(usable_device(config.device))
    average = MovingAverage(student, config.ema_decay, warmup=False)
    run_steps(
        student,
        average,
        student.model.backbone,
        config,
        batches_from=lambda done: _batches(config, done),
        losses_of=lambda batches, step: stage2_losses(student, average.average.model, batches, encoder, config, step),
        save_weights=lambda: save_pretrained(average.average.model, config.output, text_table_of(folder)),
        resume=resume,
    )
    return config.output


def require_consistent(config: Stage2Config) -> None:
    """Refuse switches that would be passed over in silence, and self-training without its pairs.

    Raises:
        ConfigError: so it is; the message says what to set.
    """
    of_codes = {"calibration": False, "null_pairs": False, "self_training": False, "disentanglement": True}
    wrong = [f"{name}={str(value).lower()}" for name, value in of_codes.items() if getattr(config, name) != value]
    if config.codes_only and wrong:
        raise ConfigError(
            f"'codes_only' trains the code head on triples and nothing else: set {', '.join(wrong)}, "
            "or codes_only=false"
        )
    if config.self_training and config.unlabelled is None:
        raise ConfigError(
            "'unlabelled' is required for self-training, but was not given: name a corpus of real pairs, or set "
            "self_training=false"
        )


class Student(nn.Module):
    """The model, and what is trained with it and not shipped: how the codes explain energy, and the area guard."""

    def __init__(self, model: Locator) -> None:
        super().__init__()
        self.model = model
        self.energy = CodeEnergy(model.config.code_width, len(model.backbone.channels))
        self.guard = AreaGuard()


def stage2_losses(
    student: Student,
    teacher: Locator,
    batches: dict[str, dict[str, Any]],
    encoder: TextEncoder,
    config: Stage2Config,
    step: int,
) -> dict[str, Tensor]:
    """All losses of one step and their `total`.

    Args:
        batches: for the parts that are on "supervised" (see `collate_views`), "unlabelled" and "triples".
    """
    losses: dict[str, Tensor] = {}
    terms: list[Tensor] = []
    if "supervised" in batches:
        losses = _supervised(student, batches["supervised"], encoder, config)
        terms.append(losses.pop("total"))
    if "unlabelled" in batches:
        found = _self_training(student, teacher, batches["unlabelled"], encoder, config, step)
        losses |= found
        terms.append(config.weights.self_training * found["self_training"])
    if "triples" in batches:
        found = _disentanglement(student, batches["triples"], config)
        losses |= found
        terms += [getattr(config.weights, name) * loss for name, loss in found.items()]
    return {"total": torch.stack(terms).sum(), **losses}


def _supervised(
    student: Student, batch: dict[str, Any], encoder: TextEncoder, config: Stage2Config
) -> dict[str, Tensor]:
    if not config.instruction:
        nothing: list[tuple[()]] = [()] * len(batch["edits"])
        batch = batch | {"edits": nothing, "located": torch.zeros_like(batch["located"]), "scene_names": nothing}
    return training_losses(student.model, batch, encoder, config.loss, bfloat16=config.bfloat16)


def confidence_at(step: int, config: Stage2Config) -> Confidence:
    """How much of what the teacher says is believed at a step."""
    first, last = config.believed
    return Confidence(first + min(1.0, step / max(1, config.steps - 1)) * (last - first))


def _self_training(
    student: Student,
    teacher: Locator,
    batch: dict[str, Any],
    encoder: TextEncoder,
    config: Stage2Config,
    step: int,
) -> dict[str, Tensor]:
    edits = batch["edits"] if config.instruction else [()] * len(batch["edits"])
    device = batch["weak_original"].device
    instruction = collate_instructions(edits, encoder).without_location().to(device)
    with torch.no_grad(), mixed_precision(device, enabled=config.bfloat16):
        said = teacher(batch["weak_original"], batch["weak_edited"], instruction, batch["weak_noise"])
    probability = torch.sigmoid(said.mask_logits.float())
    expected = torch.sigmoid(said.quality_logits.float())
    areas = (probability > 0.5).float().mean((1, 2))
    teaches = areas <= config.largest_area
    for area in areas[teaches].tolist():
        student.guard.add(area)
    with mixed_precision(device, enabled=config.bfloat16):
        output = student.model(batch["strong_original"], batch["strong_edited"], instruction, batch["strong_noise"])
    logits = output.mask_logits.float()
    target = moved_along(probability, batch["displacement"])
    confidence = confidence_at(step, config)
    weight = pair_weight(expected) * teaches * float(student.guard.open)
    return {
        "self_training": self_training_loss(logits, target, weight, confidence),
        "teacher_area": areas.mean(),
        "student_area": (logits.detach() > 0).float().mean(),
        "teacher_quality": expected.mean(),
        "sure": confidence.pixels(target).float().mean(),
        "guard_open": torch.tensor(float(student.guard.open)),
    }


def _disentanglement(student: Student, batch: dict[str, Any], config: Stage2Config) -> dict[str, Tensor]:
    def look(edited: str) -> tuple[DifferencePyramid, Tensor, Tensor]:
        with mixed_precision(batch[edited].device, enabled=config.bfloat16):
            pyramid, edit, noise = student.model.difference_and_codes(
                batch["original"], batch[edited], batch["noise"][edited]
            )
        return pyramid, edit.float(), noise.float()

    (clean, clean_edit, clean_noise), (null, null_edit, null_noise), (noisy, noisy_edit, noisy_noise) = (
        look(name) for name in ("clean", "null", "noisy")
    )
    seen_clean, seen_null, seen_noisy = (
        difference_energy(pyramid.distances, pyramid.grid).detach() for pyramid in (clean, null, noisy)
    )
    outside = (F.adaptive_max_pool2d(batch["region"][:, None], noisy.grid).flatten(1) == 0).float()
    everywhere = torch.ones_like(outside)
    energy = student.energy
    reconstruction = (
        energy_distance(energy(noisy_edit, noisy_noise), seen_noisy)
        + energy_distance(energy(clean_edit, clean_noise), seen_clean)
        + energy_distance(energy.noise(noisy_noise), seen_noisy, outside)
        + energy_distance(energy.noise(null_noise), seen_null)
    ) / 4
    edit_codes = torch.cat([clean_edit, null_edit, noisy_edit])
    adversary: dict[str, Tensor] = {}
    if config.weights.adversary > 0:
        adversary = {"adversary": _adversary(student.model, [clean, null, noisy], batch["region"])}
    return {
        "reconstruction": reconstruction,
        "swap": energy_distance(energy(clean_edit, null_noise), seen_noisy),
        "covariance": cross_covariance(edit_codes, torch.cat([clean_noise, null_noise, noisy_noise])),
        "vanishing": vanishing_edit(energy.edit(edit_codes), torch.cat([outside, everywhere, outside])),
        **adversary,
    }


def _adversary(model: Locator, pyramids: Sequence[DifferencePyramid], region: Tensor) -> Tensor:
    """What neither code may tell of clean, null and noisy pairs, of which `region` (B, H, W) was touched.

    Only the code head learns of it: the tokens must know of both, since the mask is made of them.
    """
    grid = pyramids[0].grid
    inside, touched = (
        pool(region[:, None], grid).flatten(1) for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
    )
    whole, none = inside > 0.9, touched == 0
    nowhere = torch.zeros_like(whole)
    edit_code, noise_code = model.codes(torch.cat([pyramid.tokens.detach().float() for pyramid in pyramids]))
    return code_adversary(
        edit_code,
        noise_code,
        edited=torch.cat([whole, nowhere, whole]),
        round_trip=torch.cat([nowhere, ~nowhere, ~nowhere]),
        known=torch.cat([whole | none, ~nowhere, whole | none]),
    )


def view_mix(config: Stage2Config) -> ViewMix:
    """`config.mix` with the parts that are switched off taken out."""
    mix = config.mix
    if not config.calibration:
        mix = dataclasses.replace(mix, round_trip=0.0)
    return mix if config.null_pairs else dataclasses.replace(mix, null=0.0)


def _batches(config: Stage2Config, done: int) -> Iterator[dict[str, dict[str, Any]]]:
    if done >= config.steps:
        return  # a finished run reads no corpus

    def views(source: Dataset[Any], batch: int, collate: Callable[[list[Any]], dict[str, Any]]) -> DataLoader[Any]:
        return DataLoader(
            source,
            batch,
            collate_fn=collate,
            num_workers=config.workers,
            pin_memory=usable_device(config.device).type == "cuda",
        )

    def settings(batch: int) -> dict[str, Any]:
        positions = range(done * batch, config.steps * batch)
        return {"crop": config.crop, "seed": config.seed, "positions": positions}

    sources: dict[str, DataLoader[Any]] = {}
    if not config.codes_only:
        supervised = Stage1Views(
            config.corpus, mix=view_mix(config), leave_out=config.leave_out_names, **settings(config.batch)
        )
        sources["supervised"] = views(supervised, config.batch, collate_views)
    if config.self_training:
        assert config.unlabelled is not None
        pairs = read_unlabelled(config.unlabelled, config.unlabelled_pairs)
        unlabelled = UnlabelledViews(pairs, **settings(config.unlabelled_batch))
        sources["unlabelled"] = views(unlabelled, config.unlabelled_batch, collate_two_views)
    if config.disentanglement:
        triples = Triples(config.corpus, **settings(config.triple_batch))
        sources["triples"] = views(triples, config.triple_batch, collate_triples)
    for parts in zip(*sources.values(), strict=True):
        yield dict(zip(sources, parts, strict=True))
