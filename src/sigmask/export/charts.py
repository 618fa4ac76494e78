"""Small self-contained SVG charts for the data card: bars and a heat map. They need no plotting library and no font."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import jinja2
import numpy as np
import numpy.typing as npt

WIDTH = 480
"""Pixels of every chart. Our choice: two fit beside each other on a page."""

_LABEL, _BAR, _GAP, _TOP = 130, 16, 6, 34
_LOW, _HIGH = (247, 247, 244), (179, 66, 26)


def bar_chart(title: str, labels: Sequence[str], counts: Sequence[int]) -> str:
    """Horizontal bars with their counts, as SVG text.

    Raises:
        ValueError: if there is not one label per count.
    """
    if len(labels) != len(counts):
        raise ValueError(f"expected one label per count, got {len(labels)} labels for {len(counts)} counts")
    longest = WIDTH - _LABEL - 70
    most = max([*counts, 1])
    bars = [
        {"label": label, "count": f"{count:,}", "top": _TOP + index * (_BAR + _GAP), "width": longest * count / most}
        for index, (label, count) in enumerate(zip(labels, counts, strict=True))
    ]
    height = _TOP + len(bars) * (_BAR + _GAP) + 6
    return _template("bar_chart.svg.j2").render(
        title=title, bars=bars, width=WIDTH, height=height, left=_LABEL, bar=_BAR, colour=_colour(1.0)
    )


def heat_map(title: str, values: npt.NDArray[np.float64], caption: str) -> str:
    """A square grid (N, N) of values at least 0, the highest darkest, as SVG text."""
    rows, columns = values.shape
    side = (WIDTH - 2 * _GAP) / max(rows, columns)
    highest = float(values.max()) or 1.0
    cells = [
        {"x": _GAP + column * side, "y": _TOP + row * side, "colour": _colour(float(values[row, column]) / highest)}
        for row in range(rows)
        for column in range(columns)
    ]
    return _template("heat_map.svg.j2").render(
        title=title, cells=cells, width=WIDTH, height=_TOP + rows * side + 28, side=side + 0.5, caption=caption
    )


def _colour(share: float) -> str:
    red, green, blue = (round(low + share * (high - low)) for low, high in zip(_LOW, _HIGH, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sigmask.export"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template(name)
