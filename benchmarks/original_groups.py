"""Which changes of a photograph `sigmask export` sees through when it keeps the pairs of one original together.

`python benchmarks/original_groups.py FOLDER` prints a table: what was done to each of 150 photographs of the folder,
and the share that was then taken for another original.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from sigmask.data.image_decoding import decode_image
from sigmask.export.original_groups import group_originals
from sigmask.export.perceptual_hash import perceptual_hash
from sigmask.types import ImageArray


def compressed(image: ImageArray) -> ImageArray:
    """As JPEG of quality 70."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=70)
    return np.asarray(Image.open(buffer))


def trimmed(image: ImageArray, share: float) -> ImageArray:
    """Without this share of height and width on each side."""
    rows, columns = (round(side * share) for side in image.shape[:2])
    return image[rows : image.shape[0] - rows, columns : image.shape[1] - columns]


def centre_square(image: ImageArray) -> ImageArray:
    """The largest square in the middle."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


CHANGES: dict[str, Callable[[ImageArray], ImageArray]] = {
    "compressed again (JPEG 70)": compressed,
    "half the size": lambda image: np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
    "mirrored": lambda image: image[:, ::-1],
    "mirrored and compressed again": lambda image: compressed(np.ascontiguousarray(image[:, ::-1])),
    "cropped by 1 % on each side": lambda image: trimmed(image, 0.01),
    "cropped by 3 % on each side": lambda image: trimmed(image, 0.03),
    "cut to its centre square": centre_square,
    "turned by 90°": lambda image: np.rot90(image),
}


def is_separated(image: ImageArray, other: ImageArray) -> bool:
    """Whether the two are taken for different originals."""
    hashes = np.array([perceptual_hash(each) for each in (image, other)])
    mirrored = np.array([perceptual_hash(each[:, ::-1]) for each in (image, other)])
    unlike = np.arange(2, dtype=np.uint64)
    return len(set(group_originals(hashes, mirrored, unlike, unlike + np.uint64(2)).tolist())) == 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=150)
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    order = np.random.default_rng(0).permutation(len(files))[: arguments.photos]
    photos = [decode_image(files[index]) for index in order]
    table = Table("change", "photographs", "separated, %")
    for name, change in CHANGES.items():
        pairs = [(photo, change(photo)) for photo in photos]
        if change is centre_square:
            pairs = [(photo, square) for photo, square in pairs if photo.shape != square.shape]
        separated = sum(is_separated(photo, changed) for photo, changed in pairs)
        table.add_row(name, str(len(pairs)), f"{100 * separated / max(len(pairs), 1):.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
