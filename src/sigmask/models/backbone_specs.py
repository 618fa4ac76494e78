"""Which backbones there are, and what each is made of. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """What a backbone is made of. `mean` and `std` normalise pixels in [0, 1], one number per channel."""

    architecture: str
    feature_indices: tuple[int, ...]
    size_multiple: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    match_radius: tuple[int, ...]
    keep_stages: int | None = None
    image_size: int | None = None


_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_DINOV2_DEPTHS = {"small": (2, 5, 8, 11), "base": (2, 5, 8, 11), "large": (5, 11, 17, 23)}

BACKBONES: dict[str, BackboneSpec] = {
    "tiny": BackboneSpec(
        "tf_efficientnet_lite0", (1, 2, 3), 32, (0.5,) * 3, (0.5,) * 3, match_radius=(1, 1, 1), keep_stages=5
    ),
    **{
        f"dinov2-{size}": BackboneSpec(
            f"vit_{size}_patch14_dinov2", depths, 28, *_IMAGENET, match_radius=(1, 1, 1, 1), image_size=518
        )
        for size, depths in _DINOV2_DEPTHS.items()
    },
}
