"""One picture of every step from a pair to its mask."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sigmask.annotation.explanation import Explanation
from sigmask.data.overlay import draw_outline, heat
from sigmask.types import EditTuple, ImageArray, MapArray

PANEL = 300
"""Pixels, the longer side of each panel. Our choice."""
COLUMNS = 4
_GAP, _TITLE = 10, 22
_LINE = 20
_INK, _PAPER, _FAINT = (24, 24, 24), (255, 255, 255), (105, 105, 105)

Panel = tuple[str, ImageArray | None]
"""A title, and a picture; None where there is nothing to show."""


def draw_explanation(explanation: Explanation, instruction: str | None) -> Image.Image:
    """The steps as panels with titles, four a row, under what the parser made of the instruction."""
    lines = _heading(explanation, instruction)
    panels = _panels(explanation)
    height, width = explanation.edited.shape[:2]
    scale = PANEL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    cell = (max(size[0], 200) + _GAP, size[1] + _TITLE + _GAP)
    rows = -(-len(panels) // COLUMNS)
    top = _GAP + _LINE * len(lines) + _GAP
    sheet = Image.new("RGB", (COLUMNS * cell[0] + _GAP, top + rows * cell[1]), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        pen.text((_GAP, _GAP + number * _LINE), line, fill=_INK, font=ImageFont.load_default(15))
    for place, (title, picture) in enumerate(panels):
        left, upper = _GAP + place % COLUMNS * cell[0], top + place // COLUMNS * cell[1]
        pen.text((left, upper + 2), title, fill=_INK, font=ImageFont.load_default(13))
        if picture is None:
            pen.text((left, upper + _TITLE), "(not in the vocabulary)", fill=_FAINT, font=ImageFont.load_default(13))
        else:
            panel = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
            sheet.paste(panel, (left, upper + _TITLE))
    return sheet


def _heading(explanation: Explanation, instruction: str | None) -> list[str]:
    annotation = explanation.annotation
    told = f"told: {instruction}" if instruction else "told: nothing"
    found = (
        f"found: {100 * annotation.area_fraction:.1f} % of the picture, quality {annotation.quality:.2f}, "
        f"scope {annotation.scope}" + (f", {', '.join(annotation.flags)}" if annotation.flags else "")
    )
    return [_plain(told), *[_plain(f"understood: {_words(edit)}") for edit in annotation.edit], _plain(found)]


def _words(edit: EditTuple) -> str:
    words = f"{edit.action}: {edit.original_concept or '-'} > {edit.edited_concept or '-'}"
    if edit.location:
        words += f", where: {edit.location}"
    if edit.quoted_text:
        words += f", text: {edit.quoted_text}"
    return words


def _panels(explanation: Explanation) -> list[Panel]:
    annotation, edited = explanation.annotation, explanation.edited
    panels: list[Panel] = [("original", explanation.original), ("edited", edited)]
    for concept in explanation.concepts:
        where = "original" if concept.on_original else "edited"
        base = explanation.original if concept.on_original else edited
        drawn = None if concept.map is None else heat(base, concept.map)
        panels.append((_plain(f'"{concept.concept}" on the {where}'), drawn))
    panels.append(("prior: where the words point", heat(edited, annotation.prior)))
    panels.append(("pixel difference / noise level", heat(edited, _stretched(explanation.pixel_difference))))
    panels += [
        (f"feature distance, depth {number}", heat(edited, _stretched(distance)))
        for number, distance in enumerate(explanation.distances, start=1)
    ]
    panels.append(("refined prior: after the evidence", heat(edited, explanation.refined_prior)))
    panels.append(("probability", heat(edited, annotation.probability)))
    panels.append(("mask", draw_outline(edited, annotation.mask)))
    return panels


def _stretched(values: MapArray) -> MapArray:
    """Brought to [0, 1] by its 99.5th percentile, so that one bright pixel does not hide the rest."""
    top = max(float(np.percentile(values, 99.5)), 1e-6)
    return np.asarray(np.clip(values / top, 0, 1), np.float32)


def _plain(text: str) -> str:
    """`text` with what the built-in font cannot draw replaced."""
    return text.encode("latin-1", "replace").decode("latin-1")
