"""Redrawn surroundings: inpainters redraw more than they change, and the rest comes back almost as it was.

A published inpainting mask is the region that was redrawn. Its new object may fill half of it; the other half is the
old content drawn again, a few grey levels off. Where the rest of the picture was left alone that is still a change one
can see; under an autoencoder's noise it is not.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from sigmask.synthesis.blending import blend, to_image
from sigmask.synthesis.regeneration import bend, jitter_colour
from sigmask.synthesis.region import bounding_box, dilate, feather
from sigmask.synthesis.synthetic_edit import SyntheticEdit, local_difference
from sigmask.types import ImageArray, MaskArray

SURROUNDINGS_SHARE = 0.25
"""The share of local edits whose surroundings are redrawn too (our choice)."""
LARGEST = 0.6
"""The largest share of the picture that is redrawn."""
RIM = 4
"""Pixels by which the redrawn part fades out past its region, at most."""
STRENGTHS = (2.5, 16.0)
"""Grey levels by which the median pixel of the surroundings changes, drawn log-uniformly from this range."""


def redraw_surroundings(edit: SyntheticEdit, rng: np.random.Generator) -> SyntheticEdit:
    """`edit` with a looser `region` whose part outside `edit.mask` is redrawn faintly; unchanged where it cannot be."""
    region = _looser(edit.mask, rng) | edit.mask
    surroundings = region & ~edit.mask
    if region.mean() > LARGEST or surroundings.sum() < 0.1 * edit.mask.sum():
        return edit
    faint = _drawn_again(edit.original, region, rng)
    typical = float(np.median(local_difference(edit.original, faint)[surroundings]))
    if typical < 0.5:
        return edit
    wanted = float(np.exp(rng.uniform(*np.log(STRENGTHS))))
    change = (faint.astype(np.float32) - edit.original) * min(wanted / typical, 4.0)
    faint = to_image(edit.original + change)
    alpha = feather(region, float(rng.choice([0.0, 1.2, 2.5]))) * ~edit.mask
    return dataclasses.replace(edit, edited=blend(edit.edited, faint, alpha), region=region)


def _looser(mask: MaskArray, rng: np.random.Generator) -> MaskArray:
    """A region around `mask` as people draw it: grown, a convex hull, an ellipse or a box."""
    top, left, bottom, right = bounding_box(mask)
    size = float(np.sqrt((bottom - top) * (right - left)))
    kind = rng.choice(["grown", "hull", "ellipse", "box"], p=[0.4, 0.2, 0.25, 0.15])
    grown = dilate(mask, max(2, round(size * float(rng.uniform(0.04, 0.2)))))
    if kind == "grown":
        return grown
    canvas = np.zeros(mask.shape, np.uint8)
    if kind == "hull":
        points = np.argwhere(grown)[:, ::-1].astype(np.int32)
        cv2.fillConvexPoly(canvas, cv2.convexHull(points), 1)
    elif kind == "ellipse":
        reach = float(rng.uniform(1.0, 1.3))
        centre = (round((left + right) / 2), round((top + bottom) / 2))
        axes = (max(2, round((right - left) / 2 * reach)), max(2, round((bottom - top) / 2 * reach)))
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, 1, -1)
    else:
        margin = round(size * float(rng.uniform(0.0, 0.15)))
        canvas[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin] = 1
    return np.asarray(canvas, dtype=bool)


def _drawn_again(image: ImageArray, region: MaskArray, rng: np.random.Generator) -> ImageArray:
    """`image` as a model draws it that means to change nothing: bent by a few pixels, softer, a little off in tone."""
    drawn = image
    if rng.random() < 0.7:
        drawn = bend(drawn, region, rng, strength=float(rng.uniform(0.005, 0.04)))
    if rng.random() < 0.6:
        drawn = np.asarray(cv2.GaussianBlur(drawn, (0, 0), float(rng.uniform(0.6, 2.0))), dtype=np.uint8)
    drawn = jitter_colour(drawn, rng, float(rng.uniform(1, 5)))
    grain = rng.normal(0, float(rng.uniform(0.5, 4)), image.shape[:2]).astype(np.float32)
    return to_image(drawn + cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.4, 1.5)))[:, :, None])
