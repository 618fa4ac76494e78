"""Edits of photographs that ship inside scikit-image's wheel, each with its instruction and exact mask.

The regions were placed by hand on the photographs. Every edit is a function from a generator to a `DemoEdit`, so that
the whole demo follows from one seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from skimage import data

from sigmask.demo.retouching import (
    ellipse,
    fill_from_around,
    paste,
    polygon,
    recolour,
    replace_under,
    write_text,
)
from sigmask.types import ImageArray, MaskArray


@dataclass(frozen=True, slots=True)
class DemoEdit:
    """One edit before perturbation: (H, W, 3) images of one size, and the mask of what differs."""

    name: str
    instruction: str
    edit_type: str
    original: ImageArray
    edited: ImageArray
    mask: MaskArray
    note: str = ""


def draw_edits(rng: np.random.Generator) -> Iterator[DemoEdit]:
    """Every edit of the demo, in the order shown."""
    for make in _EDITS:
        yield make(rng)


def cup_without_spoon(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("coffee")
    mask = ellipse(original.shape, (366, 285), (44, 43)) | polygon(
        original.shape,
        [(366, 246), (371, 222), (385, 196), (397, 178), (394, 198), (386, 230), (394, 248)],
        [(401, 72), (413, 63), (428, 78), (419, 110), (412, 130), (411, 100)],
        [(313, 254), (337, 230), (371, 222), (365, 245), (327, 263)],
    )
    edited = fill_from_around(original, mask, rng)
    return DemoEdit("cup-without-spoon", "remove the spoon", "remove", original, edited, mask)


def rocket_with_moon(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("rocket")
    radius = 40
    craters = cv2.resize(data.moon()[:160, :160], (2 * radius, 2 * radius), None, 0, 0, cv2.INTER_AREA)
    seas = cv2.resize(rng.normal(0.0, 1.0, (5, 5)).astype(np.float32), craters.shape, None, 0, 0, cv2.INTER_CUBIC)
    surface = 190.0 - 34.0 * np.clip(seas, 0.0, 1.5) + 2.0 * (craters - craters.mean())
    distance = np.hypot(*(np.mgrid[: 2 * radius, : 2 * radius] - (radius - 0.5)))
    limb = np.sqrt(np.clip(1.0 - (distance / (radius + 6)) ** 2, 0.0, 1.0))
    shade = np.clip(surface * (0.45 + 0.55 * limb), 0, 255)
    moon = (shade[..., None] * np.array([1.0, 0.97, 0.88])).astype(np.uint8)
    edited, mask = paste(original, moon, distance < radius, (120, 48))
    return DemoEdit("rocket-with-moon", "add a full moon to the sky", "add", original, edited, mask)


def cat_with_sunglasses(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("chelsea")
    left = ellipse(original.shape, (171, 116), (47, 38), 8)
    right = ellipse(original.shape, (317, 136), (35, 38), 8)
    frame = np.zeros(original.shape[:2], np.uint8)
    for start, end in (((210, 106), (288, 118)), ((126, 104), (58, 84)), ((350, 128), (362, 126))):
        cv2.line(frame, start, end, (255,), 7, cv2.LINE_8)
    mask = left | right | (frame > 0)
    rows = np.linspace(0.0, 1.0, original.shape[0], dtype=np.float32)[:, None, None]
    lens = np.broadcast_to(16.0 + 60.0 * rows * np.array([0.7, 0.8, 1.0], np.float32), original.shape).copy()
    for centre in ((154, 98), (304, 118)):
        glint = ellipse(original.shape, centre, (14, 5), -28)
        lens[glint & (left | right)] = 205.0
    edited = replace_under(original, mask, lens.astype(np.uint8))
    return DemoEdit("cat-with-sunglasses", "put black sunglasses on the cat", "add", original, edited, mask)


def coffee_to_matcha(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("coffee")
    surface = [(205, 140), (212, 125), (225, 110), (255, 99), (293, 95), (320, 100), (345, 117), (360, 137), (368, 158)]
    rim = [(366, 168), (352, 178), (335, 186), (315, 191), (297, 193), (270, 191), (245, 183), (225, 171), (212, 158)]
    mask = polygon(original.shape, surface + rim)
    edited = recolour(original, mask, 40, saturation=0.62)
    return DemoEdit("coffee-to-matcha", "replace the coffee with green matcha", "replace", original, edited, mask)


def shuttle_to_rocket(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("astronaut")
    shuttle = polygon(
        original.shape,
        [
            (404, 0),
            (428, 0),
            (440, 25),
            (441, 40),
            (448, 40),
            (459, 58),
            (460, 218),
            (461, 232),
            (462, 262),
            (456, 270),
        ],
        [(404, 0), (456, 270), (372, 270), (364, 268), (378, 240), (376, 232), (351, 231), (350, 218), (356, 203)],
        [(404, 0), (356, 203), (374, 182), (374, 60), (386, 38), (392, 40), (392, 24)],
    )
    emptied = fill_from_around(original, shuttle, rng)
    source = _photograph("rocket")
    outline = [
        (320, 127),
        (326, 137),
        (329, 147),
        (330, 178),
        (330, 406),
        (313, 406),
        (312, 178),
        (312, 147),
        (315, 137),
    ]
    inside = polygon(source.shape, outline)
    top, bottom, left, right = 127, 407, 308, 334
    bright = np.clip(source[top:bottom, left:right].astype(np.float32) * 1.25, 0, 255).astype(np.uint8)
    size = (36, 264)
    rocket = cv2.resize(bright, size, None, 0, 0, cv2.INTER_AREA)
    rocket_mask = cv2.resize(inside[top:bottom, left:right].astype(np.uint8), size, None, 0, 0, cv2.INTER_NEAREST) > 0
    edited, pasted = paste(emptied, rocket, rocket_mask, (396, 6))
    return DemoEdit(
        "shuttle-to-rocket",
        "replace the space shuttle with a white rocket",
        "replace",
        original,
        edited,
        shuttle | pasted,
    )


def cat_with_blue_eyes(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("chelsea")
    mask = ellipse(original.shape, (171, 115), (32, 28)) | ellipse(original.shape, (318, 136), (21, 25))
    edited = recolour(original, mask, 105, saturation=1.1)
    return DemoEdit("cat-with-blue-eyes", "make the cat's eyes blue", "attribute", original, edited, mask)


def orange_motorcycle(rng: np.random.Generator) -> DemoEdit:
    original = np.ascontiguousarray(data.stereo_motorcycle()[0][..., :3])
    body = [(118, 205), (150, 196), (205, 205), (262, 252), (330, 218), (370, 172), (425, 152), (480, 160), (486, 215)]
    under = [(462, 246), (390, 246), (265, 287), (225, 246), (150, 236), (108, 252)]
    fender = [(533, 300), (533, 276), (545, 264), (580, 264), (625, 288), (648, 310), (632, 320), (580, 302)]
    hue, saturation, value = cv2.split(cv2.cvtColor(original, cv2.COLOR_RGB2HSV))
    red = ((hue < 8) | (hue > 170)) & (saturation > 120) & (value > 45)
    solid = cv2.morphologyEx(red.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = polygon(original.shape, body + under, fender) & (solid > 0)
    edited = recolour(original, mask, 13)
    return DemoEdit("orange-motorcycle", "change the motorcycle's color to orange", "attribute", original, edited, mask)


def helmet_with_text(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("astronaut")
    edited, mask = write_text(original, "SIGMA", (380, 458), size=50, colour=(122, 128, 142))
    return DemoEdit("helmet-with-text", 'write "SIGMA" on the helmet', "text", original, edited, mask)


def astronaut_among_stars(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("astronaut")
    mask = ~polygon(original.shape, _ASTRONAUT)
    stars = cv2.resize(data.hubble_deep_field()[:, :872], (512, 512), None, 0, 0, cv2.INTER_AREA)
    edited = replace_under(original, mask, np.clip(stars.astype(np.float32) * 1.3, 0, 255).astype(np.uint8))
    return DemoEdit(
        "astronaut-among-stars", "change the background to a starry sky", "background", original, edited, mask
    )


def suit_without_patch(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("astronaut")
    patch = ellipse(original.shape, (171, 385), (41, 41))
    tag = polygon(original.shape, [(275, 336), (331, 344), (334, 358), (318, 378), (279, 377)])
    mask = patch | tag
    edited = fill_from_around(original, mask, rng, grain=4.0)
    return DemoEdit(
        "suit-without-patch",
        "remove the round patch from the suit",
        "remove",
        original,
        edited,
        mask,
        note="side effect: the name tag, which nobody asked for",
    )


def refused(rng: np.random.Generator) -> DemoEdit:
    original = _photograph("chelsea")
    mask = np.zeros(original.shape[:2], np.bool_)
    return DemoEdit(
        "refused",
        "give the cat a red collar",
        "add",
        original,
        original.copy(),
        mask,
        note="the editor changed nothing: the mask must be empty",
    )


def _photograph(name: str) -> ImageArray:
    return np.ascontiguousarray(getattr(data, name)()[..., :3])


_EDITS: tuple[Callable[[np.random.Generator], DemoEdit], ...] = (
    cup_without_spoon,
    rocket_with_moon,
    cat_with_sunglasses,
    coffee_to_matcha,
    shuttle_to_rocket,
    cat_with_blue_eyes,
    orange_motorcycle,
    helmet_with_text,
    astronaut_among_stars,
    suit_without_patch,
    refused,
)

# fmt: off
_ASTRONAUT = [
    (201, 23), (185, 38), (163, 51), (156, 58), (153, 68), (154, 92), (157, 104), (170, 116), (174, 128), (182, 132),
    (182, 147), (153, 151), (140, 158), (131, 167), (125, 177), (126, 201), (113, 202), (103, 215), (65, 246),
    (46, 278), (40, 293), (39, 305), (26, 342), (26, 366), (19, 390), (20, 419), (24, 432), (23, 460), (25, 478),
    (29, 493), (37, 502), (39, 511), (511, 511), (511, 491), (506, 490), (500, 478), (495, 454), (494, 426), (490, 409),
    (478, 384), (455, 361), (436, 351), (418, 345), (393, 344), (364, 348), (360, 344), (360, 328), (357, 323),
    (356, 302), (352, 287), (347, 283), (340, 262), (319, 243), (303, 233), (299, 219), (289, 203), (276, 189),
    (256, 174), (256, 163), (264, 149), (266, 137), (275, 134), (290, 117), (296, 107), (300, 92), (296, 58), (288, 43),
    (276, 31), (248, 18), (227, 16),
]
# fmt: on
