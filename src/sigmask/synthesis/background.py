"""Background: the subject stays and everything around it is another place, a plain colour or strongly recoloured."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, to_image
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction
from sigmask.synthesis.palette import PALETTE, move_to_colour
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.regeneration import other_content
from sigmask.synthesis.region import close_gaps, feather
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray


def replace_background(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """Everything but the subject (one object, or all of its kind) is replaced; None without a subject of some size."""
    subject = _subject(photo, rng)
    if subject is None:
        return None
    image, shape = photo.image, photo.image.shape[:2]
    everything = np.ones(shape, bool)
    scene = str(rng.choice(vocabulary()["scenes"]))
    kind = rng.random()
    if kind < 0.6:
        backdrop = other_content(shape, everything, library, rng)
        if rng.random() < 0.3:
            backdrop = np.asarray(cv2.GaussianBlur(backdrop, (0, 0), float(rng.uniform(1, 6))))
    elif kind < 0.82:
        colour = str(rng.choice(list(PALETTE)))
        scene = f"{'an' if colour[0] in 'aeiou' else 'a'} {colour} wall" if rng.random() < 0.4 else colour
        backdrop = _plain(shape, PALETTE[colour], rng)
    else:
        colour = str(rng.choice(list(PALETTE)))
        scene = colour
        backdrop = move_to_colour(
            image, ~subject.mask, PALETTE[colour], keep_lightness=float(rng.uniform(0, 1)), flatten=0.8
        )
    alpha = 1 - feather(subject.mask, float(rng.uniform(1.0, 5.0)))
    edited = blend(image, backdrop, alpha)
    instruction = write_instruction("background", rng, original=subject.name, scene=scene)
    mask = alpha > VISIBLE_ALPHA
    around = ~subject.mask
    of_subject = instruction[1].original_concept != "background"
    # a word for a place is not learned from a random picture; a colour is what it says
    regions = NamedRegions(subject.mask if of_subject else around, edited=None if kind < 0.6 else around)
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="background", solid=True)


def _subject(photo: Photo, rng: np.random.Generator) -> Instance | None:
    fitting = [instance for instance in photo.instances if 0.1 <= instance.mask.mean() <= 0.75]
    if not fitting:
        return None
    chosen = fitting[int(rng.integers(len(fitting)))]
    mask = chosen.mask
    if chosen.name is not None and rng.random() < 0.6:
        for other in photo.instances:
            if other.name == chosen.name:
                mask = mask | other.mask
    return Instance(chosen.name, close_gaps(mask, 2))


def _plain(shape: tuple[int, int], rgb: tuple[int, int, int], rng: np.random.Generator) -> ImageArray:
    """A plain or softly lit backdrop in a colour, (H, W, 3)."""
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    light = 1 + rng.normal(0, 0.15) * rows + rng.normal(0, 0.1) * columns
    light = light - float(rng.uniform(0, 0.3)) * (rows**2 + columns**2) / 2
    clouds = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), float(rng.uniform(8, 30)))
    light = light + float(rng.uniform(0, 0.1)) * clouds / (clouds.std() + 1e-6)
    grain = rng.normal(0, rng.uniform(0, 5), (*shape, 1))
    return to_image(np.array(rgb, np.float32) * light[:, :, None] + grain)
