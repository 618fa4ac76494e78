"""Letters: measured, broken and cut in pixels; none is a box."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.report import lettering
from sigmask.report.lettering import ELLIPSIS, cut_to_width, draw_text, text_width, wrap_to_width
from sigmask.types import ImageArray

WORDS = "Ersetze den Löwen 把狗换成猫 with a crème brûlée, donaudampfschifffahrtsgesellschaft"
needs_opencv_5 = pytest.mark.skipif(not hasattr(cv2, "FontFace"), reason="fonts come with OpenCV 5")


def _drawn(text: str) -> ImageArray:
    image = np.full((40, 700, 3), 255, np.uint8)
    draw_text(image, text, 5, 5, 15, (0, 0, 0))
    return image


@pytest.fixture
def without_opencv_5(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_face", lambda: None)
    text_width.cache_clear()


@needs_opencv_5
@pytest.mark.parametrize("letter", "äéñçßøŁžıЖдαβ猫か한—…→€")
def test_letters_of_many_scripts_are_drawn_and_differ_from_what_is_lacking(letter: str) -> None:
    lacking = _drawn("\u0378")  # no letter at all
    assert np.array_equal(lacking, _drawn("?"))
    assert (_drawn(letter) < 255).any()
    assert not np.array_equal(_drawn(letter), lacking)


@pytest.mark.usefixtures("without_opencv_5")
@pytest.mark.parametrize(("text", "readable"), [("Löwe", "Lowe"), ("Straße", "Strasse"), ("猫", "?"), ("dog", "dog")])
def test_before_opencv_5_letters_are_written_without_accents(text: str, readable: str) -> None:
    assert np.array_equal(_drawn(text), _drawn(readable))
    assert text_width(text, 15) == text_width(readable, 15) > 0


def test_nothing_is_drawn_beyond_the_measured_width() -> None:
    columns = np.flatnonzero((_drawn(WORDS) < 255).any((0, 2)))
    assert 5 <= columns[0] < 10
    assert abs(columns[-1] - (5 + text_width(WORDS, 15))) <= 2


@pytest.mark.parametrize("width", [60, 150, 299])
def test_what_is_too_wide_is_cut_with_an_ellipsis(width: int) -> None:
    cut = cut_to_width(WORDS, 13, width)
    assert cut.endswith(ELLIPSIS)
    assert WORDS.startswith(cut.removesuffix(ELLIPSIS))
    # one letter more would not have fitted; the widest is some 15 pixels wide
    assert width - 20 <= text_width(cut, 13) <= width
    assert cut_to_width("a dog", 13, width) == "a dog"


@pytest.mark.parametrize("width", [40, 150, 450, 2_000])
def test_lines_keep_every_letter_and_none_is_too_wide(width: int) -> None:
    lines = wrap_to_width(WORDS, 15, width)
    assert all(text_width(line, 15) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == WORDS.replace(" ", "")
    assert len(lines) == 1 if width == 2_000 else len(lines) > 1


@given(text=st.text(max_size=30))
def test_any_text_is_one_line(text: str) -> None:
    image = _drawn(text)
    assert (image[:3] == 255).all()
    assert (image[30:] == 255).all()
    assert wrap_to_width(text, 15, 80) == [] or text.strip()


def test_control_characters_are_questions() -> None:
    assert np.array_equal(_drawn("a\n\tb\x07"), _drawn("a b?"))
