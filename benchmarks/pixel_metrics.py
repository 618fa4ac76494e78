"""Mask pairs a second of each metric on one core, at 512².

    OMP_NUM_THREADS=1 python benchmarks/pixel_metrics.py

Maps are smooth blobs with noise, half of them saturated at 0 and 1 as a trained model's are. Seconds are those of the
process, so that another job on the machine does not count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np

from sigmask.evaluation import PROTOCOLS, evaluate_masks
from sigmask.evaluation.boundary_metrics import PIXEL_TOLERANCE, boundary_f1, contour_distances
from sigmask.evaluation.counts import count_thresholds
from sigmask.evaluation.image_level_metrics import image_score
from sigmask.evaluation.map_scores import score_map
from sigmask.evaluation.pixel_metrics import f1, iou, mcc, precision, recall
from sigmask.evaluation.ranking_metrics import auc, average_precision, rank_map
from sigmask.evaluation.significance import bootstrap_interval, compare_paired
from sigmask.types import MapArray, MaskArray

Pair = tuple[MapArray, MaskArray]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the metrics of sigmask.evaluation.")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--pairs", type=int, default=24)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    pairs = [drawn_pair(arguments.side, rng) for _ in range(arguments.pairs)]
    print(f"{arguments.pairs} pairs of {arguments.side}², pairs a second of processor time")
    measures: dict[str, Callable[[MapArray, MaskArray], object]] = {
        "counts at 1024 thresholds": count_thresholds,
        "and F1, IoU, precision, recall, MCC there": grid_metrics,
        "exact AUC and average precision": exact_ranking,
        "boundary F1 at two tolerances": boundary,
        "image score": lambda probability, _: image_score(probability),
        "score_map: all that needs the pixels": lambda probability, mask: score_map(
            probability, probability > 0.5, mask
        ),
    }
    for name, measure in measures.items():
        print(f"{name:45}{rate(lambda pair, of=measure: of(*pair), pairs):8.0f}")
    for protocol in PROTOCOLS:
        measured = rate(lambda pair, by=protocol: evaluate_masks([pair[0]], [pair[1]], protocol=by), pairs)
        print(f"{f'evaluate_masks, one at a time, {protocol}':45}{measured:8.0f}")
    first, second = rng.random(1000), rng.random(1000)
    started = time.process_time()
    bootstrap_interval(first, rng)
    compared = time.process_time()
    compare_paired(first, second, rng)
    print(f"interval of 1,000 images {compared - started:.2f} s, comparison {time.process_time() - compared:.2f} s")


def drawn_pair(side: int, rng: np.random.Generator) -> Pair:
    """A smooth blob as the true mask, and a map that follows it with noise."""
    field = cv2.GaussianBlur(rng.standard_normal((side, side)), (0, 0), side / 16)
    field /= field.std()
    mask = np.asarray(field > 1.0)
    noise = cv2.GaussianBlur(rng.standard_normal((side, side)), (0, 0), 2)
    logits = 4 * (field - 1.0 + noise / noise.std() / 2)
    probability = (1 / (1 + np.exp(-logits * rng.choice([1, 20])))).astype(np.float32)
    return probability, mask


def grid_metrics(probability: MapArray, mask: MaskArray) -> list[object]:
    counts = count_thresholds(probability, mask)
    return [metric(counts) for metric in (f1, iou, precision, recall, mcc)]


def exact_ranking(probability: MapArray, mask: MaskArray) -> tuple[float, float]:
    ranked = rank_map(probability, mask)
    return auc(ranked), average_precision(ranked)


def boundary(probability: MapArray, mask: MaskArray) -> tuple[float, float]:
    distances = contour_distances(np.asarray(probability > 0.5), mask)
    return boundary_f1(distances, pixels=PIXEL_TOLERANCE), boundary_f1(distances, diagonal_share=0.0075)


def rate(measure: Callable[[Pair], object], pairs: list[Pair]) -> float:
    """Pairs a second of processor time, after one pair to warm up."""
    measure(pairs[0])
    started = time.process_time()
    for pair in pairs:
        measure(pair)
    return len(pairs) / (time.process_time() - started)


if __name__ == "__main__":
    main()
