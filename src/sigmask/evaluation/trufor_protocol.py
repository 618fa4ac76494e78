"""The protocol `trufor`: F1 at the best threshold and at 0.5, the better of map and inverted map, boundary ignored.

It is what TruFor (Guillaro et al., CVPR 2023, arXiv 2212.10957) and those who compare with it report. Source: the
README and `test_docker/metrics.py` of github.com/grip-unina/TruFor (commit 35b982a), which say: localization is
measured on fake images only; F1 is the maximum of that of the map and that of its inverse; pixels close to the border
of the forged area are left out. Written anew from that description; that code's licence allows nonprofit use only.

Its quirks, and what each does to a perfect prediction on an authentic image (both masks empty):

- Judged as changed are pixels all of whose 15 × 15 neighbourhood is true, as unchanged those with nothing true within
  11 × 11; those between are ignored. An edit under 15 pixels in either direction has no changed pixel left at all:
  whatever is predicted, its best F1 is 0, in a perfect prediction too.
- Best threshold per image: every distinct value of the map is tried, a pixel being marked where it is greater. It is
  chosen with the truth in hand, so it is an upper bound, not a score that a user could reach.
- The maximum over inversion: with nothing marked, the inverted map marks everything. So no map scores below
  2P / (2P + N), P and N being the judged pixels of each kind: an image half of which is changed gives 2/3 for nothing.
- An authentic image: best F1 is 0 whatever is predicted, the perfect prediction included. At the fixed threshold the
  perfect prediction is NaN (its confusion matrix has one class only, which the published code answers with NaN), and
  NaN is left out of the mean, while a false pixel makes it 0. The protocol means such images not to be in the set:
  here they are scored as the published code scores them, and `images` says how many were counted.

The published code counts in float32 and so is exact only up to 2^24 judged pixels an image; here counts are integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.evaluation.counts import PixelCounts, count_mask
from sigmask.evaluation.ranking_metrics import rank_map
from sigmask.types import MaskArray

CHANGED_WINDOW = 15
UNCHANGED_WINDOW = 11


@dataclass(frozen=True, slots=True)
class TruforScores:
    """One image's F1 at its best threshold and at the fixed one, in [0, 1]; NaN as the module says."""

    best_f1: float
    f1: float


def trufor_metrics(images: Iterable[tuple[npt.NDArray[Any], MaskArray]], *, threshold: float = 0.5) -> dict[str, float]:
    """`best_f1` and `f1`, each a mean over the images for which it is defined; `images`, the number of those.

    `best_f1` is at each image's own best threshold, unlike that of the protocol `sigmask`, which is one for the set.
    """
    scores = [trufor_scores(probability, mask, threshold) for probability, mask in images]
    best = [each.best_f1 for each in scores if not np.isnan(each.best_f1)]
    fixed = [each.f1 for each in scores if not np.isnan(each.f1)]
    return {
        "best_f1": float(np.mean(best)) if best else float("nan"),
        "f1": float(np.mean(fixed)) if fixed else float("nan"),
        "images": float(len(fixed)),
    }


def trufor_scores(probability: npt.NDArray[Any], mask: MaskArray, threshold: float = 0.5) -> TruforScores:
    """One image's scores from its (H, W) map in [0, 1] and its true mask."""
    changed, unchanged = judged_pixels(mask)
    judged = changed | unchanged
    if not judged.any():
        return TruforScores(float("nan"), float("nan"))
    values, true = probability[judged], mask[judged]
    ranked = rank_map(np.asarray(values, np.float32), true)
    # "Greater than a value" marks what lies above it: at the highest nothing, at the lowest all but the lowest.
    tp = np.concatenate([np.zeros(1, np.int64), ranked.tp[:-1]])
    fp = np.concatenate([np.zeros(1, np.int64), ranked.fp[:-1]])
    best = _better_f1(PixelCounts(tp, fp, ranked.positives - tp, ranked.negatives - fp))
    marked = np.asarray(values > threshold)
    if np.array_equal(marked, true) and (true.all() or not true.any()):
        return TruforScores(float(best.max()), float("nan"))
    return TruforScores(float(best.max()), float(_better_f1(count_mask(marked[None], true[None]))))


def judged_pixels(mask: MaskArray) -> tuple[MaskArray, MaskArray]:
    """Which pixels count as changed and which as unchanged, each (H, W) bool; beyond the frame nothing is assumed."""
    whole = mask.astype(np.uint8)
    changed = cv2.erode(whole, np.ones((CHANGED_WINDOW, CHANGED_WINDOW), np.uint8))
    near_changed = cv2.dilate(whole, np.ones((UNCHANGED_WINDOW, UNCHANGED_WINDOW), np.uint8))
    return changed.astype(bool), near_changed == 0


def _better_f1(counts: PixelCounts) -> npt.NDArray[np.float64]:
    """F1 of the marked pixels or of the others, whichever is higher; 0 where nothing is true."""
    plain = 2 * counts.tp / np.maximum(2 * counts.tp + counts.fp + counts.fn, 1)
    inverted = 2 * counts.fn / np.maximum(2 * counts.fn + counts.tn + counts.tp, 1)
    return np.asarray(np.maximum(plain, inverted), np.float64)
