"""What grounding is trained on: views of photographs, their features computed once, and what is asked of each."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sigmask.models.backbone import Backbone
from sigmask.synthesis.named_view import NamedView, named_view
from sigmask.synthesis.pasted_things import ThingPile
from sigmask.synthesis.photos import PhotoEntry
from sigmask.training.device import mixed_precision
from sigmask.training.name_teacher import NameTeacher

PRESENT, ABSENT = 2, 2
"""Names asked for in a view: as many as it has up to two, and two that it lacks."""


@dataclass(frozen=True, slots=True)
class GroundedView:
    """A view as it is trained on.

    Attributes:
        features: (C, h, w) float16, the trunk's coarsest.
        coverage: name → (h · w,), the share of each token that such things cover.
        uncertain: names of what is there, but cut off or too small to point at.
        label: what the photograph shows as a whole, somewhere; None if it has polygons.
        named: (K, h', w') float16, what a classifier calls each place; None without one.
    """

    features: Tensor
    coverage: dict[str, Tensor]
    uncertain: frozenset[str]
    label: str | None
    named: Tensor | None = None


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """How views are cut.

    Attributes:
        size: side in pixels.
        labelled, outlined: how many of each photograph without and with polygons.
        smallest: the least share of the photograph's shorter side.
        pasted: the share of outlined views that get things of other photographs.
    """

    size: int
    labelled: int
    outlined: int
    smallest: float
    pasted: float


@torch.inference_mode()
def ground_views(
    backbone: Backbone,
    entries: Sequence[PhotoEntry],
    plan: ViewPlan,
    *,
    seed: int,
    teacher: NameTeacher | None = None,
    bfloat16: bool = False,
) -> list[GroundedView]:
    """Random crops of every photograph as `plan` says; features are computed where the backbone is.

    They are kept in main memory: those of a few thousand photographs take gigabytes.
    """
    device = backbone.mean.device
    found: list[GroundedView] = []
    pile = ThingPile(entries) if plan.pasted else None
    for number, entry in enumerate(entries):
        rng = np.random.default_rng((seed, number))
        cut = [
            named_view(entry, plan.size, rng, smallest=plan.smallest)
            for _ in range(plan.outlined if entry.polygons else plan.labelled)
        ]
        if pile is not None and entry.polygons:
            cut = [pile.laid_on(view, rng) if rng.random() < plan.pasted else view for view in cut]
        pixels = torch.from_numpy(np.stack([view.image for view in cut])).permute(0, 3, 1, 2)
        pixels = pixels.to(device).float().div(255).contiguous(memory_format=torch.channels_last)
        with mixed_precision(device, enabled=bfloat16):
            features = backbone(pixels)[-1]
            named = [None] * len(cut) if teacher is None else [_kept(each) for each in teacher.likely(pixels)]
        found += [_grounded(view, _kept(depth), said) for view, depth, said in zip(cut, features, named, strict=True)]
    return found


def asked_for(
    view: GroundedView, outlined: Sequence[str], known: Container[str], rng: np.random.Generator
) -> list[tuple[str, str]]:
    """(name, "place" | "somewhere" | "absent") for each concept that a view is asked for.

    Args:
        outlined: names of classes with polygons. Only these can be called absent: a photograph with a dog is not said
            to have no golden retriever.
        known: names that may be asked for.
    """
    there = [name for name in view.coverage if name in known]
    chosen = [str(name) for name in rng.permutation(there)[:PRESENT]]
    asked = [(name, "place") for name in chosen]
    if view.label is not None and view.label in known:
        asked.append((view.label, "somewhere"))
    if view.label is None and outlined:  # of a photograph with one name, nobody knows what else it shows
        for _ in range(ABSENT):
            name = outlined[int(rng.integers(len(outlined)))]
            if name not in view.coverage and name not in view.uncertain:
                asked.append((name, "absent"))
    return asked


def _grounded(view: NamedView, features: Tensor, named: Tensor | None) -> GroundedView:
    size = (features.shape[-2], features.shape[-1])
    coverage = {
        name: F.adaptive_avg_pool2d(torch.from_numpy(region)[None].float(), size).flatten()
        for name, region in view.regions.items()
    }
    return GroundedView(features, coverage, view.uncertain, view.label, named)


def _kept(computed: Tensor) -> Tensor:
    """A copy of its own, since a part of a batch would keep all of the batch."""
    return computed.to("cpu", torch.float16, copy=True)
