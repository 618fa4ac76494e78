"""Photographs with their objects, the raw material of every synthetic edit.

COCO photographs come with polygons. Photographs without any get pseudo-objects: segments that follow image edges, so
that an edit on them has an object-like outline.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.data.folder import IMAGE_SUFFIXES
from sigmask.errors import CorpusError
from sigmask.synthesis.region import edge_segments, grabcut_subject
from sigmask.types import ImageArray, MaskArray

SOURCE_WEIGHTS = {"coco": 0.58, "imagenet": 0.34, "bsds": 0.08}
"""How often each source is drawn (our choice): polygons are the best masks, ImageNet has the widest content."""
CACHED_PHOTOS = 24


@dataclass(frozen=True, slots=True)
class Instance:
    """One object. `mask` is (H, W) bool; `name` is None for a segment nobody has named."""

    name: str | None
    mask: MaskArray


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph with its objects.

    Attributes:
        caption: what it shows as a whole (an ImageNet class); None if unknown.
        unclear: names of what is there as well, but as a crowd or too small to have a mask.
    """

    image: ImageArray
    instances: tuple[Instance, ...]
    caption: str | None = None
    unclear: frozenset[str] = frozenset()

    def outlined(self) -> tuple[Instance, ...]:
        """The named objects of a photograph in which every object of the known classes is outlined; else none."""
        return () if self.caption is not None else tuple(part for part in self.instances if part.name is not None)

    def all_named(self, name: str | None) -> MaskArray:
        """(H, W) bool, all objects of that name together; nothing for None."""
        union = np.zeros(self.image.shape[:2], dtype=bool)
        for instance in self.instances:
            if name is not None and instance.name == name:
                union |= instance.mask
        return union

    def all_like(self, instance: Instance) -> MaskArray:
        """`instance` and all others of its name: what the name alone points at."""
        return np.asarray(self.all_named(instance.name) | instance.mask, dtype=bool)


@dataclass(frozen=True, slots=True)
class PhotoEntry:
    """Where a photograph lies and what is known of it before it is decoded."""

    path: Path
    source: str
    polygons: tuple[tuple[str, tuple[npt.NDArray[np.float64], ...]], ...] = ()
    caption: str | None = None
    grid: tuple[int, int] | None = None
    """(height, width) of the grid in which the polygons are given."""
    crowds: frozenset[str] = frozenset()
    """Names of what stands in crowds that have no polygons."""


class PhotoLibrary:
    """The photographs of a folder, decoded when asked for; the last few stay in memory.

    Pseudo-objects are found once a photograph and kept as packed bits, since finding them costs more than decoding.
    """

    def __init__(self, entries: list[PhotoEntry]) -> None:
        if not entries:
            raise CorpusError("a photo library needs at least one photograph, got none: check the folder")
        self.entries = entries
        self._cache: OrderedDict[int, Photo] = OrderedDict()
        self._segments: dict[int, tuple[tuple[int, int], list[tuple[str | None, npt.NDArray[np.uint8]]]]] = {}
        self._by_source: dict[str, list[int]] = defaultdict(list)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(entries):
            self._by_source[entry.source].append(index)
            for name in {name for name, _ in entry.polygons}:
                self._by_name[name].append(index)

    @classmethod
    def load(cls, root: Path) -> PhotoLibrary:
        """List the photographs under `root` (`coco/`, `imagenet/`, `bsds/`, each optional). Nothing is decoded yet.

        Raises:
            CorpusError: if there is no such folder or no photograph in it.
        """
        root = Path(root)
        if not root.is_dir():
            raise CorpusError(f"expected a folder of photographs, got '{root}', which does not exist")
        entries = _coco_entries(root / "coco")
        for source in ("imagenet", "bsds"):
            for path in sorted((root / source).glob("*.jpg")):
                entries.append(PhotoEntry(path, source, caption=_class_name(path) if source == "imagenet" else None))
        return cls(entries)

    def __len__(self) -> int:
        return len(self.entries)

    def photo(self, index: int) -> Photo:
        """Photograph number `index`, decoded, with its objects."""
        if index in self._cache:
            self._cache.move_to_end(index)
            return self._cache[index]
        photo = self._decode(index)
        self._cache[index] = photo
        while len(self._cache) > CACHED_PHOTOS:
            self._cache.popitem(last=False)
        return photo

    def random(self, rng: np.random.Generator) -> Photo:
        """A photograph at random, the sources weighted by `SOURCE_WEIGHTS`."""
        sources = sorted(self._by_source)
        weights = np.array([SOURCE_WEIGHTS.get(source, 0.1) for source in sources])
        source = sources[int(rng.choice(len(sources), p=weights / weights.sum()))]
        return self.photo(self._by_source[source][int(rng.integers(len(self._by_source[source])))])

    def random_object(
        self, rng: np.random.Generator, *, name: str | None = None, min_area: float = 0.01
    ) -> tuple[Photo, Instance] | None:
        """An object, of class `name` if given, that covers at least `min_area` of its photograph; None if not found."""
        for _ in range(6):
            if name is not None:
                if not self._by_name.get(name):
                    return None
                photo = self.photo(self._by_name[name][int(rng.integers(len(self._by_name[name])))])
            else:
                photo = self.random(rng)
            fitting = [
                instance
                for instance in photo.instances
                if instance.name is not None
                and (name is None or instance.name == name)
                and min_area <= float(instance.mask.mean()) <= 0.7
            ]
            if fitting:
                return photo, fitting[int(rng.integers(len(fitting)))]
        return None

    def _decode(self, index: int) -> Photo:
        entry = self.entries[index]
        image = read_photo(entry.path)
        if entry.polygons:
            outlined = polygon_instances(entry, image.shape[:2])
            unclear = entry.crowds | ({name for name, _ in entry.polygons} - {each.name for each in outlined})
            return Photo(image, outlined, entry.caption, unclear)
        if index not in self._segments:
            self._segments[index] = _pack_segments(image, entry.caption, index)
        grid, packed = self._segments[index]
        instances = []
        for name, bits in packed:
            small = np.unpackbits(bits, count=grid[0] * grid[1]).reshape(grid).astype(np.float32)
            large = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
            instances.append(Instance(name, large > 0.5))
        return Photo(image, tuple(instances), entry.caption)


def read_photo(path: Path) -> ImageArray:
    """The photograph's pixels, (H, W, 3) RGB.

    Raises:
        CorpusError: if it cannot be read.
    """
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise CorpusError(f"expected a readable photograph, got '{path}': remove it from the folder")
    return np.asarray(np.ascontiguousarray(pixels[:, :, ::-1]), np.uint8)


def photo_paths(folder: Path) -> list[Path]:
    """The image files anywhere below `folder`, by their names; in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)


def readable_photos(folder: Path, limit: int | None = None) -> list[ImageArray]:
    """Those of the first `limit` photographs by path, anywhere below `folder`, that can be read; the others are told.

    Raises:
        CorpusError: there is no such folder.
    """
    if not folder.is_dir():
        raise CorpusError(f"there is no folder {folder}")
    found, paths = [], photo_paths(folder)[:limit]
    for path in paths:
        try:
            found.append(read_photo(path))
        except CorpusError as error:
            print(f"left out: {error}", flush=True)
    return found


def random_view(photo: Photo, rng: np.random.Generator, size: int) -> Photo:
    """A random crop of `photo`, perhaps mirrored, scaled so that its longer side is `size`; the aspect is kept.

    Crops are sometimes centred on an object and never so small that they are enlarged beyond twice their size.
    """
    height, width = photo.image.shape[:2]
    share = 1.0 if rng.random() < 0.4 else float(rng.uniform(0.55, 1.0))
    share = min(1.0, max(share, size / 2.0 / max(height, width)))
    crop_height, crop_width = max(8, int(height * share)), max(8, int(width * share))
    if rng.random() < 0.25:
        crop_height = crop_width = min(max(crop_height, crop_width), height, width)
    top = int(rng.integers(height - crop_height + 1))
    left = int(rng.integers(width - crop_width + 1))
    if photo.instances and rng.random() < 0.7:
        instance = photo.instances[int(rng.integers(len(photo.instances)))]
        rows, columns = np.nonzero(instance.mask)
        if rows.size:
            jitter = rng.normal(0, 0.1, 2)
            top = int(np.clip(rows.mean() + (jitter[0] - 0.5) * crop_height, 0, height - crop_height))
            left = int(np.clip(columns.mean() + (jitter[1] - 0.5) * crop_width, 0, width - crop_width))
    scale = size / max(crop_height, crop_width)
    target = (max(8, round(crop_width * scale)), max(8, round(crop_height * scale)))
    mirrored = bool(rng.random() < 0.5)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC

    def view(array: npt.NDArray[np.uint8], method: int) -> npt.NDArray[np.uint8]:
        out = cv2.resize(array[top : top + crop_height, left : left + crop_width], target, interpolation=method)
        return np.ascontiguousarray(out[:, ::-1] if mirrored else out)

    instances, unclear = [], set(photo.unclear)
    for instance in photo.instances:
        mask = view(instance.mask.view(np.uint8) * np.uint8(255), cv2.INTER_LINEAR) > 127
        if mask.sum() >= 30:
            instances.append(Instance(instance.name, mask))
        elif instance.name is not None and mask.any():
            unclear.add(instance.name)
    return Photo(view(photo.image, interpolation), tuple(instances), photo.caption, frozenset(unclear))


def _coco_entries(folder: Path) -> list[PhotoEntry]:
    index_file = folder / "instances.json"
    if not index_file.is_file():
        return []
    try:
        return _entries_of(json.loads(index_file.read_text(encoding="utf-8")), folder / "images")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{index_file} is no index in COCO's form: {type(error).__name__}: {error}") from error


def _entries_of(index: dict[str, Any], images: Path) -> list[PhotoEntry]:
    names = {category["id"]: str(category["name"]) for category in index["categories"]}
    polygons: dict[int, list[tuple[str, tuple[npt.NDArray[np.float64], ...]]]] = defaultdict(list)
    crowds: dict[int, set[str]] = defaultdict(set)
    for annotation in index["annotations"]:
        outline = annotation["segmentation"]
        if annotation.get("iscrowd") or not isinstance(outline, list):
            crowds[annotation["image_id"]].add(names[annotation["category_id"]])
            continue  # a crowd's run-length mask covers many objects under one name
        points = tuple(np.asarray(ring, np.float64).reshape(-1, 2) for ring in outline if len(ring) >= 6)
        if points:
            polygons[annotation["image_id"]].append((names[annotation["category_id"]], points))
    return [
        PhotoEntry(
            images / picture["file_name"],
            "coco",
            tuple(polygons[picture["id"]]),
            grid=(int(picture["height"]), int(picture["width"])),
            crowds=frozenset(crowds[picture["id"]]),
        )
        for picture in index["images"]
    ]


def _class_name(path: Path) -> str:
    return path.stem.split("_", 1)[-1].replace("_", " ").lower()


def polygon_instances(entry: PhotoEntry, shape: tuple[int, int]) -> tuple[Instance, ...]:
    """The objects of a photograph that has polygons, as masks of (H, W) `shape`; tiny ones are left out."""
    grid = entry.grid or shape
    factor = np.array([shape[1] / grid[1], shape[0] / grid[0]])
    instances = []
    for name, rings in entry.polygons:
        canvas = np.zeros(shape, np.uint8)
        cv2.fillPoly(canvas, [np.round(ring * factor).astype(np.int32) for ring in rings], 1)
        if canvas.sum() >= 40:
            instances.append(Instance(name, canvas.astype(bool)))
    return tuple(instances)


def _pack_segments(
    image: ImageArray, caption: str | None, seed: int
) -> tuple[tuple[int, int], list[tuple[str | None, npt.NDArray[np.uint8]]]]:
    height, width = image.shape[:2]
    scale = 160 / max(height, width)
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(seed)  # seeded by the photograph's number: its segments never depend on the order
    found: list[tuple[str | None, MaskArray]] = []
    if caption is not None:
        subject = grabcut_subject(small)
        if subject is not None:
            found.append((caption, subject))
    found.extend((None, segment) for segment in edge_segments(small, rng))
    return small.shape[:2], [(name, np.packbits(mask)) for name, mask in found]
