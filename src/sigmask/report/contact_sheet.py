"""A contact sheet: one picture with a row per pair and a column per step, for README files, papers and issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sigmask.types import ImageArray

CELL = (208, 156)
"""Width and height of a cell in pixels; pictures keep their aspect inside it. Our choice."""
_GAP, _HEADER, _CAPTION = 6, 26, 22
_JPEG_QUALITY = 88


@dataclass
class ContactSheet:
    """Collects rows, shrunk to the cell's size at once, and draws them with their headers and captions."""

    headers: tuple[str, ...]
    rows: list[tuple[str, list[Image.Image]]] = field(default_factory=list)

    def add(self, caption: str, pictures: Sequence[ImageArray]) -> None:
        """Add a row: one (H, W, 3) picture per header, of any size.

        Raises:
            ValueError: if there is not one picture per header.
        """
        if len(pictures) != len(self.headers):
            raise ValueError(f"expected {len(self.headers)} pictures, one per header, got {len(pictures)}")
        self.rows.append((caption, [_shrunk(picture) for picture in pictures]))

    def draw(self) -> ImageArray:
        """The sheet as (H, W, 3) uint8."""
        width = len(self.headers) * (CELL[0] + _GAP) + _GAP
        height = _HEADER + len(self.rows) * (CELL[1] + _CAPTION + _GAP) + _GAP
        sheet = Image.new("RGB", (width, height), (255, 255, 255))
        pen = ImageDraw.Draw(sheet)
        for column, header in enumerate(self.headers):
            pen.text((_left(column), 6), header, fill=(20, 20, 20), font=ImageFont.load_default(14))
        for row, (caption, pictures) in enumerate(self.rows):
            top = _HEADER + row * (CELL[1] + _CAPTION + _GAP)
            for column, picture in enumerate(pictures):
                sheet.paste(picture, (_left(column), top + (CELL[1] - picture.height) // 2))
            pen.text((_GAP, top + CELL[1] + 3), caption, fill=(70, 70, 70), font=ImageFont.load_default(13))
        return np.asarray(sheet)

    def write(self, path: Path) -> Path:
        """Write the sheet as a JPEG and give its path."""
        Image.fromarray(self.draw()).save(path, quality=_JPEG_QUALITY)
        return path


def _left(column: int) -> int:
    return _GAP + column * (CELL[0] + _GAP)


def _shrunk(picture: ImageArray) -> Image.Image:
    image = Image.fromarray(picture)
    image.thumbnail(CELL, Image.Resampling.LANCZOS)
    return image
