"""Letters on pictures: text in any script, measured in pixels, broken into lines or cut to a width.

OpenCV 5 brings fonts that hold Latin, Cyrillic, Greek, Hebrew, Arabic, Chinese, Japanese and Korean, and draws "?" for
what they lack. Before OpenCV 5 there is Pillow's own font, which holds little beyond ASCII: accents are left out there
and other letters are "?".
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sigmask.types import ImageArray

Colour = tuple[int, int, int]
"""RGB, 0..255."""

ELLIPSIS = "..."
_WEIGHT = 400
"""Of the strokes, as in CSS."""


def draw_text(image: ImageArray, text: str, left: int, top: int, size: int, colour: Colour) -> None:
    """Write one line onto the image, in place.

    Args:
        image: (H, W, 3) uint8 RGB, contiguous.
        left, top: the corner of the line's box, which is about 1.3 `size` high, in pixels.
        size: of the font, in pixels.
    """
    text = _one_line(text)
    if not text:
        return
    face = _face()
    if face is not None:
        cv2.putText(image, text, (left, top + size), colour, face, size, _WEIGHT)
        return
    drawn = Image.fromarray(image)
    ImageDraw.Draw(drawn).text((left, top), _without_accents(text), fill=colour, font=ImageFont.load_default(size))
    image[:] = np.asarray(drawn)


@lru_cache(maxsize=4_096)
def text_width(text: str, size: int) -> int:
    """How wide `draw_text` writes it, in pixels."""
    text = _one_line(text)
    if not text:
        return 0
    face = _face()
    if face is not None:
        left, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), face, size, _WEIGHT)
        return int(left + width)
    return int(np.ceil(ImageFont.load_default(size).getlength(_without_accents(text))))


def cut_to_width(text: str, size: int, width: int) -> str:
    """The text, or as much of its beginning as fits into `width` pixels, with an ellipsis."""
    text = _one_line(text)
    if text_width(text, size) <= width:
        return text
    return text[: _longest_start(text, size, width, ELLIPSIS)].rstrip() + ELLIPSIS


def wrap_to_width(text: str, size: int, width: int) -> list[str]:
    """The text as lines of at most `width` pixels, broken between words, or within one that is wider than a line."""
    lines: list[str] = []
    line = ""
    for word in _one_line(text).split():
        joined = f"{line} {word}".strip()
        if text_width(joined, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while text_width(word, size) > width and len(word) > 1:
            fits = max(1, _longest_start(word, size, width))
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


def _longest_start(text: str, size: int, width: int, tail: str = "") -> int:
    """How many characters of the text's beginning fit into `width` together with `tail`; found by halving."""
    fits, too_many = 0, len(text)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if text_width(text[:middle] + tail, size) <= width:
            fits = middle
        else:
            too_many = middle
    return fits


@lru_cache(maxsize=1)
def _face() -> Any:
    """OpenCV's own font; None before OpenCV 5."""
    return cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _without_accents(text: str) -> str:
    """ASCII: "Löwe" → "Lowe", "Straße" → "Strasse", "猫" → "?"."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.replace("ß", "ss")) if not unicodedata.combining(letter)
    )
    return bare.encode("ascii", "replace").decode("ascii")
