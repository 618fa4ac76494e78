"""Free-form regions: a brush stroke, box or blob whose content is drawn anew or comes from another place."""

from __future__ import annotations

import numpy as np

from sigmask.synthesis.blending import insert
from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction
from sigmask.synthesis.photos import Photo, PhotoLibrary
from sigmask.synthesis.regeneration import regenerate
from sigmask.synthesis.region import place_name, random_region
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle

SHARES = (0.006, 0.35)
"""The share of the picture that the first region covers, drawn log-uniformly from this range."""


def redraw_region(
    photo: Photo, library: PhotoLibrary, rng: np.random.Generator, *, shares: tuple[float, float] = SHARES
) -> SyntheticEdit | None:
    """Random regions, most often one, are filled with other content; the first covers a share drawn from `shares`.

    The instruction hardly says where, and what it names is not what is there.
    """
    shape = photo.image.shape[:2]
    region = random_region(shape, rng, shares)
    while rng.random() < 0.2:
        region = region | random_region(shape, rng, (min(0.004, shares[0]), min(0.05, shares[1])))
    if region.sum() < 60:
        return None
    if region.mean() < 0.3 and rng.random() < 0.25:
        new = fill_hole(photo.image, region, rng)
    else:
        new = regenerate(photo.image, region, library, rng)
    edited, mask = insert(photo.image, new, region, rng)
    place = place_name(region, rng)
    if rng.random() < 0.4:
        instruction = write_instruction("regenerate", rng, place=place)
    else:
        instruction = write_instruction("add", rng, edited=str(rng.choice(vocabulary()["unlike"])), place=place)
    return settle(
        photo.image, edited, mask, regions=NamedRegions(), instruction=instruction, family="freeform", solid=True
    )
