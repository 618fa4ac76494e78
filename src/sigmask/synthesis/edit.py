"""Drawing one synthetic edit: a photograph, a family, and tries until the change is a real one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from sigmask.errors import ConfigError, unknown_name
from sigmask.synthesis.addition import add_accessory, add_object
from sigmask.synthesis.background import replace_background
from sigmask.synthesis.counting import change_number
from sigmask.synthesis.deformation import deform_object
from sigmask.synthesis.freeform import redraw_region
from sigmask.synthesis.global_style import restyle
from sigmask.synthesis.photos import Photo, PhotoLibrary, random_view
from sigmask.synthesis.recolour import change_material, recolour_object
from sigmask.synthesis.removal import remove_object
from sigmask.synthesis.replacement import redraw_object, replace_object
from sigmask.synthesis.side_effect import add_second_edit, add_side_effect
from sigmask.synthesis.surroundings import SURROUNDINGS_SHARE, redraw_surroundings
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from sigmask.synthesis.text_edit import edit_text
from sigmask.synthesis.thin_thing import edit_thin_thing
from sigmask.synthesis.tiny_edit import edit_little
from sigmask.synthesis.vanishing import vanish_object

__all__ = ["FAMILIES", "WEIGHTS", "SyntheticEdit", "make_edit"]

Family = Callable[[Photo, PhotoLibrary, np.random.Generator], SyntheticEdit | None]
FAMILIES: dict[str, Family] = {
    "removal": remove_object,
    "vanishing": vanish_object,
    "addition": add_object,
    "accessory": add_accessory,
    "counting": change_number,
    "thin": edit_thin_thing,
    "tiny": edit_little,
    "replacement": replace_object,
    "redraw": redraw_object,
    "recolour": recolour_object,
    "material": change_material,
    "freeform": redraw_region,
    "background": replace_background,
    "text": edit_text,
    "deformation": deform_object,
    "style": restyle,
}
"""Name → maker, each `(photo, library, rng) -> SyntheticEdit | None`."""
WEIGHTS: dict[str, float] = {
    "removal": 0.07,
    "vanishing": 0.08,
    "addition": 0.07,
    "accessory": 0.08,
    "counting": 0.03,
    "thin": 0.05,
    "tiny": 0.06,
    "replacement": 0.085,
    "redraw": 0.13,
    "recolour": 0.095,
    "material": 0.03,
    "freeform": 0.06,
    "background": 0.06,
    "text": 0.035,
    "deformation": 0.055,
    "style": 0.01,
}
"""How often each family is drawn (our choice)."""
SIDE_EFFECT_SHARE = 0.16
"""The share of local edits that get a second, unmentioned change (our choice)."""
SECOND_EDIT_SHARE = 0.08
"""The share of local edits that get a second change that the instruction asks for too (our choice)."""
THIRD_EDIT_SHARE = 0.3
"""The share of those that get a third one (our choice)."""


def make_edit(
    library: PhotoLibrary,
    rng: np.random.Generator,
    *,
    size: int = 384,
    weights: Mapping[str, float] | None = None,
    alone: bool = False,
) -> SyntheticEdit:
    """One synthetic edit whose longer side is `size` pixels.

    Args:
        library: where photographs and objects come from.
        rng: every draw comes from it; the same state gives the same edit.
        weights: family → weight; families that are left out are not drawn. Default: `WEIGHTS`.
        alone: no side effect, second edit or redrawn surroundings beside it.

    Raises:
        ConfigError: if a family is unknown, no weight is positive, or no try out of 200 gave an edit.
    """
    chosen_weights = WEIGHTS if weights is None else weights
    for name in chosen_weights:
        if name not in FAMILIES:
            raise ConfigError(unknown_name("edit family", name, FAMILIES))
    names = list(chosen_weights)
    shares = np.array([float(chosen_weights[name]) for name in names])
    if not names or (shares < 0).any() or shares.sum() <= 0:
        raise ConfigError(f"family weights must be ≥ 0 with a positive sum, got {dict(chosen_weights)}")
    name = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    for _ in range(200):  # the family stays: rejecting it for another one would skew the weights
        photo = random_view(library.random(rng), rng, size)
        edit = FAMILIES[name](photo, library, rng)
        if edit is None:
            continue
        edit = dataclasses.replace(edit, scene=edit.scene or photo.outlined(), unclear=photo.unclear)
        if alone:
            return edit
        chance = rng.random()
        if not edit.mask.all() and chance < SIDE_EFFECT_SHARE:
            edit = add_side_effect(edit, photo, library, rng)
        elif not edit.mask.all() and chance < SIDE_EFFECT_SHARE + SECOND_EDIT_SHARE:
            edit = add_second_edit(edit, photo, library, rng)
            if rng.random() < THIRD_EDIT_SHARE:
                edit = add_second_edit(edit, photo, library, rng)
        if not edit.mask.all() and rng.random() < SURROUNDINGS_SHARE:
            edit = redraw_surroundings(edit, rng)
        return edit
    raise ConfigError(f"200 photographs gave no '{name}' edit: the library has too few objects for this family")
