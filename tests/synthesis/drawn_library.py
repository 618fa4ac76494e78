"""A photo library on disk, drawn: textured grounds with COCO-style polygons, and a class picture without any."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

CATEGORIES = ("person", "car", "dog", "cup")


def write_library(root: Path, *, photographs: int = 6) -> Path:
    """Write `coco/` (with polygons) and one `imagenet/` picture under `root`; return `root`."""
    rng = np.random.default_rng(11)
    (root / "coco" / "images").mkdir(parents=True)
    (root / "imagenet").mkdir()
    pictures, annotations = [], []
    for number in range(photographs):
        height, width = (240, 320) if number % 2 else (300, 220)
        image = textured_ground(rng, height, width)
        for _ in range(3):
            category = int(rng.integers(len(CATEGORIES)))
            ring = _outline(rng, height, width, tall=CATEGORIES[category] == "person")
            cv2.fillPoly(image, [ring.astype(np.int32)], [int(value) for value in rng.integers(0, 256, 3)])
            annotations.append(
                {"image_id": number, "category_id": category, "iscrowd": 0, "segmentation": [ring.ravel().tolist()]}
            )
        name = f"{number:04}.jpg"
        cv2.imwrite(str(root / "coco" / "images" / name), image)
        pictures.append({"id": number, "file_name": name, "height": height, "width": width})
    index = {
        "images": pictures,
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(CATEGORIES)],
    }
    (root / "coco" / "instances.json").write_text(json.dumps(index), encoding="utf-8")
    ball = textured_ground(rng, 200, 200)
    cv2.circle(ball, (100, 100), 55, (30, 40, 220), -1)
    cv2.imwrite(str(root / "imagenet" / "n00000001_Red_ball.jpg"), ball)
    return root


def textured_ground(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A smooth coloured gradient with blotches and grain, (H, W, 3) uint8."""
    coarse = cv2.resize(
        rng.integers(40, 216, (4, 4, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    blotches = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 5) * 150
    return np.clip(coarse + blotches + rng.normal(0, 8, (height, width, 1)), 0, 255).astype(np.uint8)


def _outline(rng: np.random.Generator, height: int, width: int, *, tall: bool) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    radius = rng.uniform(0.12, 0.25) * min(height, width) * rng.uniform(0.8, 1.2, 16)
    squeeze = (0.55, 1.6) if tall else (1.2, 0.9)
    centre = np.array([rng.uniform(0.3, 0.7) * width, rng.uniform(0.35, 0.65) * height])
    return centre + np.stack([squeeze[0] * radius * np.cos(angles), squeeze[1] * radius * np.sin(angles)], 1)
