from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sigmask.data.corpus_registry import known_corpora
from sigmask.data.mask_png import encode_mask_png
from sigmask.data.mask_rle import encode_mask_rle
from sigmask.export.accounting import Accounting
from sigmask.export.charts import bar_chart, heat_map
from sigmask.export.corpus_origin import hub_licence
from sigmask.export.data_card import GRID, DataCard, Provenance, mask_coverage
from sigmask.export.image_file import ImageFile
from sigmask.export.sample import MaskFile, Sample

SVG = "{http://www.w3.org/2000/svg}"

# pycocotools' own, which users never see: Python shows deprecations in tests only
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def sample(**facts: Any) -> Sample:
    mask = np.zeros((64, 64), np.bool_)
    mask[:32, :32] = True
    known = {"area": 0.25, "quality": 0.85, "action": "add", "scope": "local", "flags": [], **facts}
    files = MaskFile(encode_mask_png(mask), encode_mask_rle(mask))
    return Sample("a", "train", False, ImageFile(b"", ".png", 64, 64, True), files, None, known)


def write_card(folder: Path, *samples: Sample, licence: str = "CC BY 4.0", front_matter: bool = False) -> str:
    card = DataCard()
    for each in samples:
        card.add(each, mask_coverage(each.mask.rle))
    accounting = Accounting(rows=4, filtered={"quality >= 0.8 | x": 1}, near_duplicates=1)
    accounting.exported["train"] = 2
    provenance = Provenance("my\ncorpus", licence, "Doe, On | pairs", "tiny", "0123abcd", {"seed": 7})
    card.write(folder, provenance, accounting, how_to_open="open it so", front_matter=front_matter)
    return (folder / "README.md").read_text()


def test_the_card_says_where_it_comes_from_and_where_rows_went(tmp_path: Path) -> None:
    text = write_card(tmp_path, sample(), sample(flags=["cropped"]))
    for line in (
        "# my corpus with masks",
        "| licence of the corpus | CC BY 4.0 |",
        r"| to cite | Doe, On \| pairs |",
        "| fingerprint | 0123abcd |",
        "| seed | 7 |",
        "| train | 2 | 0 |",
        r"| filtered: not quality >= 0.8 \| x | 1 |",
        "| near-duplicates | 1 |",
        "![Where masks lie](card/position.svg)",
        "![Remarks on the pair's geometry](card/flags.svg)",
        "open it so",
    ):
        assert line in text.splitlines()
    for path in (tmp_path / "card").iterdir():
        ET.parse(path)


def test_without_a_licence_the_card_says_so(tmp_path: Path) -> None:
    assert "not known to sigmask" in write_card(tmp_path, sample(), licence="")


def test_the_front_matter_is_yaml_that_names_just_the_splits_there_are(tmp_path: Path) -> None:
    text = write_card(tmp_path, sample(), front_matter=True)
    values = yaml.safe_load(text.split("---\n")[1])
    assert values["license"] == "cc-by-4.0"
    assert values["size_categories"] == ["n<1K"]
    assert values["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]


@pytest.mark.parametrize(
    ("licence", "on_the_hub"),
    [("Apache-2.0", "apache-2.0"), ("MIT", "mit"), ("not stated", "unknown"), ("", "unknown"), ("ask us", "other")],
)
def test_licences_get_the_hubs_own_names(licence: str, on_the_hub: str) -> None:
    assert hub_licence(licence) == on_the_hub


def test_every_known_licence_has_a_name_on_the_hub() -> None:
    assert all(hub_licence(known.licence) != "other" for known in known_corpora())


def bars(svg: str) -> dict[str, str]:
    texts = [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")][1:]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def test_values_fall_into_the_bin_that_begins_at_or_below_them(tmp_path: Path) -> None:
    areas = (0.0, 0.0019, 0.002, 0.199, 0.2, 1.0)
    write_card(tmp_path, *(sample(area=area, quality=area) for area in areas))
    counted = bars((tmp_path / "card" / "area.svg").read_text())
    assert counted["0–0.2 %"] == "2"
    assert counted["0.2–0.5 %"] == "1"
    assert counted["10–20 %"] == "1"
    assert counted["20–40 %"] == "1"
    assert counted["80–100 %"] == "1"
    assert sum(map(int, counted.values())) == 6
    qualities = bars((tmp_path / "card" / "quality.svg").read_text())
    assert (qualities["0–10 %"], qualities["90–100 %"]) == ("3", "1")


def test_the_map_of_positions_by_hand() -> None:
    mask = np.zeros((64, 128), np.bool_)
    mask[:2, :2] = True  # a cell is 2 × 4 pixels: half of the first one
    coverage = mask_coverage(encode_mask_rle(mask))
    assert coverage.shape == (GRID, GRID)
    assert coverage[0, 0] == pytest.approx(0.5)
    assert coverage.sum() == pytest.approx(0.5)


def test_bars_are_as_long_as_their_counts() -> None:
    svg = bar_chart("A & B", ["one", "<two>"], [10, 5])
    widths = [float(element.get("width", "")) for element in list(ET.fromstring(svg).iter(f"{SVG}rect"))[1:]]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert bars(svg) == {"one": "10", "<two>": "5"}
    with pytest.raises(ValueError, match="one label per count"):
        bar_chart("", ["one"], [])


def test_the_darkest_cell_is_the_highest() -> None:
    values = np.array([[0.0, 0.2], [0.4, 0.1]])
    cells = list(ET.fromstring(heat_map("where", values, "words")).iter(f"{SVG}rect"))[1:]
    colours = [cell.get("fill") for cell in cells]
    assert colours[0] == "#f7f7f4"
    assert colours[2] == "#b3421a"
    assert len(set(colours)) == 4
    heat_map("nothing", np.zeros((2, 2)), "")
