"""The README of an export: what is in it, where it comes from, how it was chosen, and how masks are distributed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import jinja2
import numpy as np
import numpy.typing as npt

from sigmask.data.mask_rle import MaskRle, decode_mask_rle
from sigmask.export.accounting import Accounting
from sigmask.export.charts import bar_chart, heat_map
from sigmask.export.corpus_origin import hub_licence
from sigmask.export.sample import TRAIN, VALIDATION, Sample
from sigmask.types import Action, MapArray, Scope
from sigmask.version import __version__

CARD_NAME = "README.md"
FIGURES = "card"
GRID = 32
"""Cells of the map of mask positions along each side. Our choice."""

AREA_EDGES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
QUALITY_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an export comes from and how it was chosen; every value is shown as it is."""

    corpus: str
    licence: str
    citation: str
    model: str
    fingerprint: str
    settings: dict[str, object]


class DataCard:
    """Counts samples as they pass; memory does not grow with them."""

    def __init__(self) -> None:
        self._areas: Counter[str] = Counter()
        self._qualities: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        self._scopes: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._positions = np.zeros((GRID, GRID), np.float64)
        self._masks = 0

    def add(self, sample: Sample, coverage: MapArray) -> None:
        """Count one edited picture; `coverage` is `mask_coverage` of its mask."""
        facts = sample.facts
        self._areas[_bin(facts["area"], AREA_EDGES)] += 1
        self._qualities[_bin(facts["quality"], QUALITY_EDGES)] += 1
        self._actions[facts["action"]] += 1
        self._scopes[facts["scope"]] += 1
        self._flags.update(facts["flags"])
        self._positions += coverage
        self._masks += 1

    def write(
        self, folder: Path, provenance: Provenance, accounting: Accounting, *, how_to_open: str, front_matter: bool
    ) -> None:
        """Write `README.md` and the figures it shows."""
        (folder / FIGURES).mkdir(exist_ok=True)
        figures = []
        for name, title, svg in self._figures():
            (folder / FIGURES / f"{name}.svg").write_text(svg, encoding="utf-8")
            figures.append((title, f"{FIGURES}/{name}.svg"))
        total = accounting.exported.total() + accounting.authentic.total()
        used = [split for split in (TRAIN, VALIDATION) if accounting.exported[split]]
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("sigmask.export"),
            autoescape=False,  # noqa: S701 - Markdown; cells are escaped by `_cell`
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )
        text = environment.get_template("card.md.j2").render(
            front_matter=front_matter,
            licence=hub_licence(provenance.licence),
            size_category=next((name for most, name in _SIZES if total < most), "1M<n<10M"),
            hub_splits=["validation" if split == VALIDATION else split for split in used],
            title=f"{_cell(provenance.corpus)} with masks",
            version=__version__,
            properties=_properties(provenance, accounting),
            splits=[
                (split, f"{accounting.exported[split]:,}", f"{accounting.authentic[split]:,}")
                for split in (TRAIN, VALIDATION)
            ],
            authentic_total=accounting.authentic.total(),
            rows=[(_cell(name), f"{count:,}") for name, count in accounting.lines()],
            figures=figures,
            how_to_open=how_to_open,
        )
        (folder / CARD_NAME).write_text(text, encoding="utf-8")

    def _figures(self) -> list[tuple[str, str, str]]:
        """(file name, title, SVG) of each."""
        mean = self._positions / max(self._masks, 1)
        titles = {
            "area": "Marked share of the picture",
            "quality": "Expected IoU of the mask",
            "action": "What the instruction asks for",
            "scope": "Scope of the edit",
            "flags": "Remarks on the pair's geometry",
            "position": "Where masks lie",
        }
        charts = [
            ("area", _histogram(titles["area"], self._areas, AREA_EDGES)),
            ("quality", _histogram(titles["quality"], self._qualities, QUALITY_EDGES)),
            ("action", _bars(titles["action"], self._actions, [action.value for action in Action])),
            ("scope", _bars(titles["scope"], self._scopes, [scope.value for scope in Scope])),
            (
                "position",
                heat_map(titles["position"], mean, f"darkest: marked in {100 * mean.max():.1f} % of pictures"),
            ),
        ]
        if self._flags:
            charts.append(("flags", _bars(titles["flags"], self._flags, sorted(self._flags))))
        return [(name, titles[name], svg) for name, svg in charts]


def mask_coverage(rle: MaskRle) -> MapArray:
    """(GRID, GRID) float32: the marked share of each cell when the picture is cut into a square grid."""
    mask = decode_mask_rle(rle).astype(np.float32)
    coverage: npt.NDArray[np.float32] = cv2.resize(mask, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return coverage


def _properties(provenance: Provenance, accounting: Accounting) -> list[tuple[str, str]]:
    values = {
        "source corpus": provenance.corpus,
        "licence of the corpus": provenance.licence or "not known to sigmask: ask the corpus's publisher",
        "to cite": provenance.citation or "not known to sigmask",
        "model": provenance.model or "not stated by the run",
        "fingerprint": provenance.fingerprint or "not stated by the run",
        **provenance.settings,
        "pictures as the corpus has them": f"{accounting.own_bytes:,}",
        "pictures encoded anew as PNG": f"{accounting.encoded:,}",
    }
    return [(name, _cell(value)) for name, value in values.items()]


def _cell(value: object) -> str:
    """Text in a cell of a Markdown table."""
    text = " ".join(str(value).split())
    for sign in ("\\", "|", "<", "*", "_", "`", "["):
        text = text.replace(sign, f"\\{sign}")
    return text


def _bin(value: float, edges: tuple[float, ...]) -> str:
    """The label of the last bin that begins at or below `value`."""
    index = max(place for place, edge in enumerate(edges) if edge <= max(value, 0.0))
    return _bin_label(index, edges)


def _bin_label(index: int, edges: tuple[float, ...]) -> str:
    stop = edges[index + 1] if index + 1 < len(edges) else 1.0
    return f"{100 * edges[index]:g}–{100 * stop:g} %"


def _histogram(title: str, counts: Counter[str], edges: tuple[float, ...]) -> str:
    return _bars(title, counts, [_bin_label(index, edges) for index in range(len(edges))], keep_empty=True)


def _bars(title: str, counts: Counter[str], order: list[str], *, keep_empty: bool = False) -> str:
    others = sorted(set(counts) - set(order))
    labels = [label for label in [*order, *others] if keep_empty or counts[label]]
    return bar_chart(title, labels, [counts[label] for label in labels])
