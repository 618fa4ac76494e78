"""Things of other photographs laid into a view: named regions of classes that a few hundred photographs rarely show.

Grounding learns places from polygons; a class with six photographs has six surroundings. Pasted, it has as many as
there are views, and at sizes that it does not have in its own (copy and paste, as in Ghiasi et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from sigmask.synthesis.blending import blend, match_colour
from sigmask.synthesis.named_view import LEAST_AREA, NamedView
from sigmask.synthesis.photos import Instance, Photo, PhotoEntry, polygon_instances, read_photo
from sigmask.synthesis.placement import lay_object
from sigmask.synthesis.region import bounding_box

_LEAST_SHARE = 0.006  # of its photograph: smaller things are too blurred to be enlarged
_LONGEST_SIDE = 200  # pixels that are kept of a thing
_SIDES = (0.1, 0.45)  # of the view


class ThingPile:
    """Cut-out objects of the photographs with polygons; each class is drawn as often as another.

    Raises:
        CorpusError: a photograph cannot be read.
    """

    def __init__(self, entries: Sequence[PhotoEntry]) -> None:
        self._of_name: dict[str, list[Photo]] = {}
        for entry in entries:
            if not entry.polygons:
                continue
            image = read_photo(entry.path)
            for instance in polygon_instances(entry, image.shape[:2]):
                if instance.name is not None and instance.mask.mean() >= _LEAST_SHARE:
                    self._of_name.setdefault(instance.name, []).append(_cut_out(image, instance))
        self._names = sorted(self._of_name)

    def __len__(self) -> int:
        return sum(len(things) for things in self._of_name.values())

    def laid_on(self, view: NamedView, rng: np.random.Generator) -> NamedView:
        """`view` with one to three things laid on it; what they hide no longer belongs to other regions."""
        if not self._names:
            return view
        image, regions = view.image, dict(view.regions)
        size = image.shape[0]
        for _ in range(int(rng.integers(1, 4))):
            name = self._names[int(rng.integers(len(self._names)))]
            things = self._of_name[name]
            thing = things[int(rng.integers(len(things)))]
            (instance,) = thing.instances
            side = size * float(np.exp(rng.uniform(*np.log(_SIDES))))
            layer = lay_object(
                thing,
                instance,
                (size, size),
                centre=(float(rng.uniform(0.1, 0.9)) * size, float(rng.uniform(0.1, 0.9)) * size),
                height=side * instance.mask.shape[0] / max(instance.mask.shape),
                degrees=float(rng.normal(0, 8)),
                mirrored=bool(rng.random() < 0.5),
                softness=float(rng.uniform(0.4, 1.5)),
            )
            if layer.solid.mean() < LEAST_AREA:
                continue
            pixels = match_colour(layer.pixels, layer.solid, image, ~layer.solid, float(rng.uniform(0, 0.6)))
            image = blend(image, pixels, layer.alpha)
            regions = {other: region & ~layer.solid for other, region in regions.items()}
            regions[name] = regions.get(name, np.zeros((size, size), np.bool_)) | layer.solid
        large = {name: region for name, region in regions.items() if region.mean() >= LEAST_AREA}
        return replace(view, image=image, regions=large, uncertain=view.uncertain | (frozenset(regions) - large.keys()))


def _cut_out(image: np.ndarray, instance: Instance) -> Photo:
    top, left, bottom, right = bounding_box(instance.mask)
    pixels, mask = image[top:bottom, left:right], instance.mask[top:bottom, left:right].astype(np.float32)
    factor = min(1.0, _LONGEST_SIDE / max(mask.shape))
    size = max(2, round(mask.shape[1] * factor)), max(2, round(mask.shape[0] * factor))
    pixels = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    solid = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0.5, np.bool_)
    if not solid.any():
        solid = np.ones_like(solid)
    return Photo(pixels, (Instance(instance.name, solid),))
