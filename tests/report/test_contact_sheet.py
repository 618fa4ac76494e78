"""The contact sheet: its size follows from its rows, and each picture lands in its own cell."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sigmask.report.contact_sheet import CELL, ContactSheet


def test_sheet_has_a_cell_per_picture(tmp_path: Path) -> None:
    sheet = ContactSheet(("original", "mask"))
    red, blue = np.zeros((600, 800, 3), np.uint8), np.zeros((600, 800, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    sheet.add("make it blue", [red, blue])
    drawn = sheet.draw()
    assert drawn.shape == (26 + CELL[1] + 22 + 6 + 6, 2 * (CELL[0] + 6) + 6, 3)
    middle = 26 + CELL[1] // 2
    assert drawn[middle, 6 + CELL[0] // 2].tolist() == [255, 0, 0]
    assert drawn[middle, 12 + CELL[0] + CELL[0] // 2].tolist() == [0, 0, 255]
    written = cv2.imread(str(sheet.write(tmp_path / "sheet.jpg")))
    assert written.shape == drawn.shape


def test_row_must_fit_the_headers() -> None:
    with pytest.raises(ValueError, match="expected 2 pictures"):
        ContactSheet(("original", "mask")).add("", [np.zeros((8, 8, 3), np.uint8)])
