from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from sigmask.errors import SigmaskError
from sigmask.report.gallery import LONGEST_SIDE, Gallery
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair


class _Page(HTMLParser):
    """Collects pictures, and the tags that run or fetch something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.sources += [values[name] or "" for name in ("src", "href") if name in values]


def add(gallery: Gallery, pair: EditPair) -> None:
    gallery.add(pair, FakeAnnotator()(pair.original, pair.edited, pair.instruction))


def test_the_page_shows_each_step_and_the_truth_from_beside_itself(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    gallery = Gallery(tmp_path)
    for pair in drawn_pairs:
        add(gallery, pair)
    html = gallery.write("Title", "subtitle").read_text(encoding="utf-8")
    page = _Page(html)
    assert page.tags.count("img") == 6 * len(drawn_pairs)
    assert all((tmp_path / source).is_file() for source in page.sources)
    assert not re.search(r"https?://", html)
    for pair in drawn_pairs:
        assert pair.sample_id in html


def test_what_a_corpus_says_cannot_run_on_the_page(tmp_path: Path, rng: np.random.Generator) -> None:
    drawn = draw_pair(rng, 32, 32)
    pair = EditPair('"><script>alert(1)</script>', drawn.original, drawn.edited, "<img src=x onerror=alert(2)>")
    gallery = Gallery(tmp_path)
    add(gallery, pair)
    page = _Page(gallery.write("<b>", "").read_text(encoding="utf-8"))
    assert page.tags.count("script") == 1  # the page's own
    assert page.tags.count("img") == 5


def test_large_pictures_are_shrunk_and_small_ones_left(tmp_path: Path, rng: np.random.Generator) -> None:
    gallery = Gallery(tmp_path)
    add(gallery, draw_pair(rng, 300, 960))
    add(gallery, draw_pair(rng, 40, 60))
    shapes = [cv2.imread(str(tmp_path / row.pictures["mask"])).shape for row in gallery.rows]
    assert shapes == [(150, LONGEST_SIDE, 3), (40, 60, 3)]


def test_pairs_beyond_the_most_are_counted(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    gallery = Gallery(tmp_path, most=2)
    for pair in drawn_pairs:
        add(gallery, pair)
    assert (len(gallery.rows), gallery.left_out) == (2, 3)
    assert "3 more pairs" in gallery.write("Title").read_text(encoding="utf-8")


def test_pictures_of_something_else_are_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "images" / "0001-cat.jpg"
    own.parent.mkdir()
    own.write_bytes(b"mine")
    with pytest.raises(SigmaskError, match="of something else"):
        Gallery(tmp_path)
    assert own.read_bytes() == b"mine"
