"""The protocol `imdl-benco`: per-image F1, IoU and AUC as the package `imdlbenco` (0.1.45, CC-BY-4.0) computes them.

Every operation is carried out in float32 by torch in the package's order, so that each image's three numbers are the
package's to the last bit; `tests/evaluation/test_imdl_benco_protocol.py` runs the package's own `PixelF1`, `PixelIOU`
and `PixelAUC` on the same arrays where it is installed. Written anew from what those classes compute.

Its quirks, all reproduced, and what each does to a perfect prediction on an authentic image (both masks empty):

- F1 adds 1e-8 to each denominator and has no case for an empty mask: precision = recall = 0, so F1 = 0. One false
  pixel or a million change nothing: the score is 0 whatever is predicted.
- IoU likewise is 0 / 1e-8 = 0.
- AUC is set to 0 where nothing is true.
- So authentic images are in every mean as zeros: on a set that is half authentic no method can exceed 0.5.
- AUC walks the pixels one by one in the order of an unstable sort: among pixels of one probability the order in which
  they lie decides. A binary map, or one that saturates at 0 and 1, scores anything between its optimistic and its
  pessimistic AUC.
- AUC of an image in which everything is true is 0/0 = NaN, which then makes the mean NaN.
- In float32 1e-8 is lost beside any count of a pixel or more, so elsewhere the terms only round.
- The package scores at the resolution of its own resized or padded input. The arrays given here are scored as they
  are: resize them first to compare with its published figures.

The mean over images here is in float64; the package sums each batch in float32, so that its printed mean may differ in
the last digits of a float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sigmask.types import MaskArray

if TYPE_CHECKING:
    import torch

_EPSILON = 1e-8


@dataclass(frozen=True, slots=True)
class ImdlBencoScores:
    """One image's scores, each a float32 number held in a float."""

    f1: float
    iou: float
    auc: float


def imdl_benco_metrics(
    images: Iterable[tuple[npt.NDArray[Any], MaskArray]], *, threshold: float = 0.5
) -> dict[str, float]:
    """`f1`, `iou`, `auc`, each a mean over all images, authentic ones included as the protocol has it; `images`."""
    scores = [imdl_benco_scores(probability, mask, threshold) for probability, mask in images]
    return {
        "f1": float(np.mean([each.f1 for each in scores])),
        "iou": float(np.mean([each.iou for each in scores])),
        "auc": float(np.mean([each.auc for each in scores])),
        "images": float(len(scores)),
    }


def imdl_benco_scores(probability: npt.NDArray[Any], mask: MaskArray, threshold: float = 0.5) -> ImdlBencoScores:
    """One image's scores: a pixel of the (H, W) map counts as marked where it is greater than the threshold."""
    import torch  # here, so that the other protocols start without it

    predicted = torch.from_numpy(np.ascontiguousarray(probability, np.float32)).flatten()
    true = torch.from_numpy(np.ascontiguousarray(mask, np.float32)).flatten()
    marked = (predicted > threshold).float()
    return ImdlBencoScores(_f1(marked, true), _iou(marked, true), _auc(predicted, true))


def _f1(marked: torch.Tensor, true: torch.Tensor) -> float:
    tp = (marked * true).sum()
    fp = (marked * (1 - true)).sum()
    fn = ((1 - marked) * true).sum()
    precision = tp / (tp + fp + _EPSILON)
    recall = tp / (tp + fn + _EPSILON)
    return float(2 * precision * recall / (precision + recall + _EPSILON))


def _iou(marked: torch.Tensor, true: torch.Tensor) -> float:
    intersection = (marked * true).sum()
    union = marked.sum() + true.sum() - intersection
    return float(intersection / (union + _EPSILON))


def _auc(predicted: torch.Tensor, true: torch.Tensor) -> float:
    import torch

    positives = float(true.sum())
    if positives == 0:
        return 0.0
    ranked = true[torch.argsort(predicted, descending=True)]
    true_rate = torch.cumsum(ranked, dim=0) / positives
    false_rate = torch.cumsum(1 - ranked, dim=0) / (len(ranked) - positives)
    return float(torch.trapz(true_rate, false_rate))
