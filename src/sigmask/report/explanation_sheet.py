"""One picture of every step from a pair to its mask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice

import numpy as np
from PIL import Image

from sigmask.annotation.annotator import NOT_UNDERSTOOD
from sigmask.annotation.doubtful import DOUBTFUL
from sigmask.annotation.explanation import ConceptMap, Explanation
from sigmask.data.overlay import draw_outline, heat
from sigmask.instruction.named_concepts import AS_NOTHING_SAID, MAX_CONCEPTS, concepts_left_out, named_concepts
from sigmask.models.grounding import FOUND
from sigmask.report.lettering import ELLIPSIS, cut_to_width, draw_text, wrap_to_width
from sigmask.types import Action, Annotation, EditTuple, ImageArray, MapArray

PANEL = 300
"""Pixels, the longer side of each panel. Our choice."""
COLUMNS = 4
_ROOM = (220, 64)
"""Pixels, width and height: a panel has at least this much, for its title and for why there is no picture."""
_MOST_LINES, _MOST_LETTERS = 16, 1_000
"""Of the heading, and of one entry in it, before it is cut: `sigmask explain` prints all of it."""
_GAP, _TITLE, _LINE = 10, 22, 20
_HEADING_SIZE, _TITLE_SIZE = 15, 13
_INK, _PAPER, _FAINT, _BLANK = (24, 24, 24), (255, 255, 255), (105, 105, 105), (238, 238, 238)
_LEGEND = (
    "maps: dark blue is 0, dark red is 1, and of a difference the value in its title: its 99.5th percentile, or more"
)
_IN_WORDS = {NOT_UNDERSTOOD: "the instruction was not understood"}
"""Flags that say too little where their underscores become spaces."""

Panel = tuple[str, ImageArray | str]
"""A title, and a picture, or why there is none."""


def describe_explanation(explanation: Explanation, instruction: str | None) -> list[str]:
    """What was told, understood and found, a line each."""
    annotation = explanation.annotation
    concepts = iter(explanation.concepts)
    understood = [_words(edit, list(islice(concepts, len(named_concepts([edit]))))) for edit in annotation.edit]
    told = " ".join((instruction or "").split())
    if told and not understood:
        understood = ["understood: no edit is asked for"]
    left_out = ", ".join(f'"{concept}"' for concept in concepts_left_out(annotation.edit))
    found = (
        f"found: {100 * annotation.area_fraction:.1f} % of the picture, quality {annotation.quality:.2f}, "
        f"scope {annotation.scope}"
        + "".join(f", {_IN_WORDS.get(flag, flag.replace('_', ' '))}" for flag in annotation.flags)
    )
    return [
        f"told: {told or 'nothing'}",
        *understood,
        *[f"not looked for: {left_out}; the model takes {MAX_CONCEPTS} concepts" for _ in left_out[:1]],
        found,
    ]


def draw_explanation(explanation: Explanation, instruction: str | None) -> Image.Image:
    """The steps as panels with titles, four a row, under what the parser made of the instruction."""
    panels = _panels(explanation)
    height, width = explanation.edited.shape[:2]
    scale = PANEL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    room = (max(size[0], _ROOM[0]), max(size[1], _ROOM[1]))
    cell = (room[0] + _GAP, room[1] + _TITLE + _GAP)
    sheet_width = COLUMNS * cell[0] + _GAP
    lines = _heading(describe_explanation(explanation, instruction), sheet_width - 2 * _GAP)
    top = _GAP + _LINE * (len(lines) + 1) + _GAP
    sheet = np.full((top + -(-len(panels) // COLUMNS) * cell[1], sheet_width, 3), _PAPER, np.uint8)
    for number, line in enumerate(lines):
        draw_text(sheet, line, _GAP, _GAP + number * _LINE, _HEADING_SIZE, _INK)
    draw_text(sheet, _LEGEND, _GAP, _GAP + len(lines) * _LINE, _TITLE_SIZE, _FAINT)
    for place, panel in enumerate(panels):
        left, upper = _GAP + place % COLUMNS * cell[0], top + place // COLUMNS * cell[1]
        draw_text(sheet, cut_to_width(panel[0], _TITLE_SIZE, room[0]), left, upper + 2, _TITLE_SIZE, _INK)
        tile = sheet[upper + _TITLE : upper + _TITLE + room[1], left : left + room[0]]
        tile[:] = _reason(panel[1], room) if isinstance(panel[1], str) else _placed(panel[1], size, room)
    return Image.fromarray(sheet)


def _heading(texts: list[str], width: int) -> list[str]:
    """The lines of the heading, cut where they are too many or too long."""
    hidden = len(texts) - _MOST_LINES
    if hidden > 0:
        texts = [*texts[: _MOST_LINES - 2], f"and {hidden + 1} lines more, which the command prints", texts[-1]]
    cut = [text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + ELLIPSIS for text in texts]
    return [line for text in cut for line in wrap_to_width(text, _HEADING_SIZE, width)]


def _reason(why: str, room: tuple[int, int]) -> ImageArray:
    """A blank tile of the room's width and height that says why there is no picture."""
    tile = np.full((room[1], room[0], 3), _BLANK, np.uint8)
    for number, line in enumerate(wrap_to_width(why, _TITLE_SIZE, room[0] - 2 * _GAP)):
        draw_text(tile, line, _GAP, _GAP + number * _LINE, _TITLE_SIZE, _FAINT)
    return tile


def _placed(picture: ImageArray, size: tuple[int, int], room: tuple[int, int]) -> ImageArray:
    """The picture at the given width and height, in the upper left of a tile of the room's."""
    tile = np.full((room[1], room[0], 3), _PAPER, np.uint8)
    tile[: size[1], : size[0]] = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    return tile


def _words(edit: EditTuple, sought: Sequence[ConceptMap]) -> str:
    """One edit; `sought` are those of its concepts that are among the first `MAX_CONCEPTS`."""
    doing = "not understood" if edit.action is Action.UNKNOWN else f"understood: {edit.action}"
    words = f"{doing}: {' → '.join(filter(None, (edit.original_concept, edit.edited_concept))) or '-'}"
    if edit.attributes:
        words += f", attributes: {', '.join(edit.attributes)}"
    if edit.location:
        leans = any(concept.leans for concept in sought)
        words += f", where: {edit.location} ({'the prior leans there' if leans else 'the prior is not told where'})"
    if edit.quoted_text:
        words += f", text: {edit.quoted_text}"
    return words


def _panels(explanation: Explanation) -> list[Panel]:
    annotation, edited = explanation.annotation, explanation.edited
    panels: list[Panel] = [("original", explanation.original), ("edited", edited)]
    panels += [_concept_panel(explanation, concept) for concept in explanation.concepts]
    panels.append((f"prior{_range(annotation.prior)}: {_words_of_prior(explanation)}", heat(edited, annotation.prior)))
    times = math.sinh(_top(explanation.pixel_difference))  # the map is an asinh of what the title names
    pixels = heat(edited, _stretched(explanation.pixel_difference))
    panels.append((f"pixel difference / noise level: {times:.1f}", pixels))
    panels += [
        (f"feature distance, depth {number}: {_top(distance):.3f}", heat(edited, _stretched(distance)))
        for number, distance in enumerate(explanation.distances, start=1)
    ]
    refined = explanation.refined_prior
    panels.append((f"refined prior{_range(refined)}: after the evidence", heat(edited, refined)))
    panels.append(("probability", heat(edited, annotation.probability)))
    panels.append((_title_of_mask(explanation), draw_outline(edited, annotation.mask)))
    return panels


def _title_of_mask(explanation: Explanation) -> str:
    annotation = explanation.annotation
    if annotation.mask.any():
        return "mask"
    if DOUBTFUL not in annotation.flags:
        return "mask: empty"
    expected = math.floor(100 * annotation.quality) / 100  # 0.498 is not 0.50 < 0.5
    return f"mask: given up (expected IoU {expected:.2f} < {explanation.least_quality:g})"


def _words_of_prior(explanation: Explanation) -> str:
    if _says_nothing_of_where(explanation.annotation):
        return "no word points anywhere"
    if any(edit.action is Action.STYLE for edit in explanation.annotation.edit):
        return "a style is everywhere"
    if not any(concept.map is not None for concept in explanation.concepts):
        return "no word points anywhere"
    least, sure = FOUND
    highest = explanation.annotation.prior.max()
    if highest <= least:
        return "found nowhere, not believed"
    return "where the words point" if highest >= sure else "hardly found, half believed"


def _range(values: MapArray) -> str:
    """A map's least and most, for its title: the colours alone do not say that it is the same everywhere."""
    return f" {values.min():.2f} to {values.max():.2f}"


def _concept_panel(explanation: Explanation, concept: ConceptMap) -> Panel:
    title = f'on the {"original" if concept.on_original else "edited"}: "{concept.concept}"'
    if concept.map is not None:
        return title, heat(explanation.original if concept.on_original else explanation.edited, concept.map)
    return title, "not in the vocabulary"


def _says_nothing_of_where(annotation: Annotation) -> bool:
    return all(edit.action in AS_NOTHING_SAID for edit in annotation.edit)


def _stretched(values: MapArray) -> MapArray:
    """Brought to [0, 1] by `_top`."""
    return np.asarray(np.clip(values / max(_top(values), 1e-6), 0, 1), np.float32)


def _top(values: MapArray) -> float:
    """What is drawn dark red: the 99.5th percentile, so that one bright pixel does not hide the rest."""
    return float(np.percentile(values, 99.5))
