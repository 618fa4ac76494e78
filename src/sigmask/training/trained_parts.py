"""Which parts of the model a run trains."""

from __future__ import annotations

from typing import Protocol

from torch import nn

from sigmask.models.locator import Locator


class TrainedParts(Protocol):
    """What both stages' configs say of it."""

    @property
    def backbone_learning_rate(self) -> float:
        """0 keeps the backbone frozen."""

    @property
    def backbone_frozen_stages(self) -> int:
        """So many stages of a convolutional trunk stay frozen anyway."""

    @property
    def grounding_frozen(self) -> bool:
        """Whether the joint space stays as it is."""


def with_fixed_statistics(model: Locator) -> Locator:
    """`model` with its batch normalisation as at inference: statistics stay as they are, scale and offset may learn.

    Stage II shows batches of two unlabelled pairs, most of them redrawn all over. By their own statistics these look
    like nothing special, and running statistics that follow them make every mask too careful (decision 0017).
    """
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()
    return model


def train_codes_alone(model: Locator) -> None:
    """Let gradients into the code head alone; no mask is made of codes."""
    model.requires_grad_(False)
    model.codes.requires_grad_(True)


def choose_trained(model: Locator, config: TrainedParts) -> None:
    """Let gradients into all of `model` but what `config` keeps frozen."""
    model.requires_grad_(True)
    model.freeze_trunk()
    if config.grounding_frozen:
        model.grounding.requires_grad_(False)
    if config.backbone_learning_rate > 0:
        model.backbone.thaw(config.backbone_frozen_stages)
