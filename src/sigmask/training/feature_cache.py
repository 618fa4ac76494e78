"""Features of a frozen backbone, computed once: on a CPU a ViT is nearly all the cost of a step.

A fixed number of views is drawn, their features are stored in half precision, and the trainer reads them in a new
order every epoch. The price is that a view never changes; `Stage1Views` is for backbones that are cheap or adapted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sigmask.models.backbone import Backbone
from sigmask.training.stage1_views import Stage1Views, collate_views
from sigmask.training.view import View
from sigmask.whole_file import whole_file


@dataclass(frozen=True, slots=True)
class CachedView:
    """A view, and the features of its two images: one (C_d, h_d, w_d) half-precision map per depth."""

    view: View
    original_features: list[Tensor]
    edited_features: list[Tensor]


class CachedViews(Dataset[CachedView]):
    """The first `count` views of `views`, with features from `folder`; those that are not there yet are computed.

    Item i is the i-th of an endless sequence from `positions`, in an order drawn per epoch.

    Raises:
        ValueError: if the backbone is not frozen, since cached features would go stale.
    """

    def __init__(self, views: Stage1Views, backbone: Backbone, folder: Path, positions: range, seed: int) -> None:
        if not backbone.frozen:
            raise ValueError(f"only a frozen backbone's features can be cached; '{backbone.name}' is not frozen")
        self.views, self.folder, self.positions, self.seed = views, folder, positions, seed
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(len(views)):
            if not self._path(index).exists():
                _store(self._path(index), backbone, views[index])

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> CachedView:
        epoch, place = divmod(self.positions[index], len(self.views))
        chosen = int(np.random.default_rng((self.seed, epoch)).permutation(len(self.views))[place])
        with np.load(self._path(chosen), allow_pickle=False) as file:
            depths = len(file.files) // 2
            original, edited = (
                [torch.from_numpy(file[f"{which}_{depth}"]) for depth in range(depths)]
                for which in ("original", "edited")
            )
        return CachedView(self.views[chosen], original, edited)

    def _path(self, index: int) -> Path:
        return self.folder / f"view-{index:06d}.npz"


def collate_cached_views(cached: list[CachedView]) -> dict[str, Any]:
    """`collate_views`, plus `original_features` and `edited_features`: one (B, C_d, h_d, w_d) float map per depth."""
    batch = collate_views([item.view for item in cached])
    for name in ("original_features", "edited_features"):
        batch[name] = [
            torch.stack(maps).float() for maps in zip(*(getattr(item, name) for item in cached), strict=True)
        ]
    return batch


@torch.inference_mode()
def _store(path: Path, backbone: Backbone, view: View) -> None:
    device = next(backbone.parameters()).device
    pixels = torch.stack([view.original, view.edited]).to(device).float().div(255)
    features = backbone(pixels)
    arrays = {
        f"{which}_{depth}": maps[place].half().cpu().numpy()
        for place, which in enumerate(("original", "edited"))
        for depth, maps in enumerate(features)
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)
