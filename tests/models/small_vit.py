"""`vit-test`: a backbone of the class of `dinov2-*`, small enough to step in a test. Importing this module adds it."""

from __future__ import annotations

import dataclasses

from sigmask.models.backbone_specs import BACKBONES

SMALL_VIT = "vit-test"

BACKBONES[SMALL_VIT] = dataclasses.replace(
    BACKBONES["dinov2-small"],
    architecture="test_vit",
    feature_indices=(0, 2, 5),
    size_multiple=32,
    match_radius=(1, 1, 1),
    image_size=160,
)
