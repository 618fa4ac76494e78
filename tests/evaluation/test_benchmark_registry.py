from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from sigmask.cli.benchmark_listing import benchmark_listing
from sigmask.config import build_config
from sigmask.errors import ConfigError, CorpusError
from sigmask.evaluation import benchmark_registry
from sigmask.evaluation.benchmark_facts import benchmark_facts, write_benchmark_page
from sigmask.evaluation.benchmark_registry import KnownBenchmark, known_benchmark, known_benchmarks

ENTRIES = yaml.safe_load(Path(benchmark_registry.__file__).with_name("benchmarks.yaml").read_text())["benchmarks"]


def test_names_are_distinct_and_can_be_folders() -> None:
    names = [known.name for known in known_benchmarks()]
    assert len(names) == len(set(names)) == len(ENTRIES)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)


@pytest.mark.parametrize("known", known_benchmarks(), ids=lambda known: known.name)
def test_every_entry_says_whose_it_is(known: KnownBenchmark) -> None:
    assert known.licence and known.citation.text and known.what
    assert len(known.what) < 75, "one line of --list"
    if known.shared is None:
        assert known.get.url and known.traps and known.sources
        assert re.fullmatch(r"\d{4}\.\d{5}", known.citation.arxiv or "0000.00000")
    else:
        assert known.get.kind == "shared" and known.images.edited


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"licens": "MIT"}, "unknown key 'licens'. Did you mean 'licence'"),
        ({"originals": "few"}, "'originals': expected 'all', 'some' or 'none'"),
        ({"layout": {"kind": "table", "tabel": "a.csv"}}, "'layout.table.table' is required"),
        ({"layout": {"kind": "files", "edited": [{"pattern": "(a"}], "mask": ["b"]}}, "a regular expression"),
        ({"layout": {"kind": "zip"}}, "layout"),
        ({"masks": {"made": "sharp"}}, "'masks.made'"),
    ],
)
def test_a_wrong_entry_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        build_config(ENTRIES[0] | change, KnownBenchmark, source="benchmarks.yaml")


def test_an_unknown_name_tells_the_nearest() -> None:
    assert known_benchmark("casia_v1").masks.made == "not stated"
    with pytest.raises(CorpusError, match="Did you mean 'imd2020'"):
        known_benchmark("imd_2020")


def test_the_documentation_holds_the_registry_as_it_is() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.endswith(benchmark_facts()), (
        "regenerate it: python -m sigmask.evaluation.benchmark_facts docs/benchmarks.md"
    )


def test_facts_of_an_entry_in_markdown() -> None:
    facts = benchmark_facts()
    casia = facts[facts.index("### `casia_v1`") : facts.index("### `coverage`")]
    assert "| images | 921 edited, 800 authentic |" in casia
    assert "| originals | some |" in casia
    assert "Unverified: that the photograph" in casia
    assert "\n- one image, number 0542, has no mask" in casia


def test_the_page_keeps_what_is_written_above_the_facts(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nText.\n\n" + benchmark_facts().replace("CC BY 4.0", "something else"))
    write_benchmark_page(page)
    assert page.read_text() == "# Title\n\nText.\n\n" + benchmark_facts()


def test_the_listing_fits_a_hundred_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(tmp_path / "shared"))
    monkeypatch.setenv("SIGMASK_BENCHMARKS", str(tmp_path / "[published]"))
    (tmp_path / "[published]" / "coverage" / "image").mkdir(parents=True)
    (tmp_path / "[published]" / "coverage" / "image" / "7t.tif").write_bytes(b"not opened")
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(benchmark_listing(["ssim", "blurred-difference"]), highlight=False)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 100
    listed = {line.split()[0]: line for line in lines if line.strip()}
    for known in known_benchmarks():
        assert known.name in listed
    first_words = {
        name: next(line for line in lines if line.startswith(f"{name} ")) for name in ("coverage", "columbia")
    }
    assert re.match(r"coverage +yes +100 +all +exact +non-commercial", first_words["coverage"])
    assert re.match(r"columbia +no +180 +none +exact +not stated", first_words["columbia"])
    text = " ".join(" ".join(lines).split())
    assert "[published]/NAME" in text.replace(" ", "")
    assert "that green is the spliced region" in text
    assert "ssim, blurred-difference" in text
