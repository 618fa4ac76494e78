"""The gallery of a run: which rows are chosen, in which order, and that each shows its own pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sigmask.annotation.pipeline import annotate
from sigmask.cli.main import app
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError
from sigmask.export.expression import parse_filter
from sigmask.export.mask_run import MaskRun
from sigmask.report.run_gallery import choose_rows, write_run_gallery
from tests.annotation.fake_annotator import FakeAnnotator
from tests.export.drawn_run import draw_pairs, write_corpus, write_run
from tests.file_size_limit import file_size_limit

QUALITIES = (0.9, 0.2, 0.7, 0.4, 0.8, 0.6)


@pytest.fixture
def drawn(tmp_path: Path, rng: np.random.Generator) -> Path:
    pairs = draw_pairs(rng, 6)
    write_corpus(tmp_path / "corpus", pairs, {4: {"edited": b"no picture"}})
    write_run(tmp_path / "run", pairs, qualities=QUALITIES)
    return tmp_path


def ids(drawn: Path, **wishes: object) -> list[str]:
    return [facts.sample_id for facts in choose_rows(MaskRun(drawn / "run"), **wishes)]  # type: ignore[arg-type]


def test_rows_come_by_quality_by_area_or_spread(drawn: Path) -> None:
    assert ids(drawn, most=2, order="worst") == ["id001", "id003"]
    assert ids(drawn, most=2, order="best") == ["id000", "id004"]
    assert len(ids(drawn, most=3, order="spread")) == 3
    assert set(ids(drawn, most=99, order="spread")) == {f"id{number:03d}" for number in range(6)}
    areas = [facts.area for facts in choose_rows(MaskRun(drawn / "run"), most=6, order="largest")]
    assert areas == sorted(areas, reverse=True)
    assert ids(drawn, most=9, order="worst", rules=parse_filter("quality > .65")) == ["id002", "id004", "id000"]
    with pytest.raises(SigmaskError, match="worst"):
        ids(drawn, most=1, order="wurst")


def test_a_spread_sample_comes_from_twenty_places(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3) * 40  # 120 rows
    write_run(tmp_path / "run", pairs, rows_per_part=120)
    rows = [facts.row_index for facts in choose_rows(MaskRun(tmp_path / "run"), most=40, order="spread")]
    assert rows == [row for start in range(0, 120, 6) for row in (start, start + 1)]


def test_the_page_shows_the_rows_in_their_order_and_names_those_it_cannot(drawn: Path) -> None:
    run = MaskRun(drawn / "run")
    page, failed = write_run_gallery(
        run, load_corpus(drawn / "corpus"), drawn / "page", choose_rows(run, most=9, order="worst")
    )
    html = page.read_text(encoding="utf-8")
    order = [name for name in sorted((f"id{n:03d}" for n in range(6)), key=html.find) if name in html]
    assert order == ["id001", "id003", "id005", "id002", "id000"]
    assert "truth" not in html  # this corpus has no masks of its own
    assert len(failed) == 1
    assert failed[0].startswith("id004: edited: ")
    assert len(list((drawn / "page" / "images").iterdir())) == 5 * 3


def test_the_command_writes_the_page_or_says_that_nothing_is_left(drawn: Path) -> None:
    arguments = ["gallery", str(drawn / "run"), "-o", str(drawn / "page"), "--corpus", str(drawn / "corpus")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "not shown: id004" in done.output
    assert f"gallery: {drawn / 'page' / 'index.html'}" in done.output
    empty = CliRunner().invoke(app, [*arguments, "--where", "quality > .95"])
    assert empty.exit_code == 2
    assert "no row of" in empty.output


def test_a_page_that_cannot_be_written_is_told_with_its_folder(drawn: Path) -> None:
    arguments = ["gallery", str(drawn / "run"), "-o", str(drawn / "page"), "--corpus", str(drawn / "corpus")]
    with file_size_limit(100):
        refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 4
    assert f"cannot write {drawn / 'page'}: File too large. Make room" in refused.output


def test_a_smaller_page_leaves_no_pictures_of_a_larger_one_and_lost_rows_are_named(drawn: Path) -> None:
    run, corpus = MaskRun(drawn / "run"), load_corpus(drawn / "corpus")
    write_run_gallery(run, corpus, drawn / "page", choose_rows(run, most=9, order="best"))
    table = pq.read_table(drawn / "corpus" / "pairs.parquet").slice(0, 1)
    pq.write_table(table, drawn / "corpus" / "pairs.parquet")
    chosen = choose_rows(run, most=2, order="worst")
    _, failed = write_run_gallery(run, load_corpus(drawn / "corpus"), drawn / "page", chosen)
    assert failed == ["id001: the corpus no longer has it", "id003: the corpus no longer has it"]
    assert not list((drawn / "page" / "images").iterdir())


@pytest.mark.parametrize("place", ["run", "run/page", "corpus"])
def test_a_page_within_the_run_or_the_corpus_is_refused(drawn: Path, place: str) -> None:
    arguments = ["gallery", str(drawn / "run"), "-o", str(drawn / place), "--corpus", str(drawn / "corpus")]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2
    assert "name another folder for the page" in " ".join(refused.output.split())


def test_a_run_that_is_not_finished_knows_its_corpus(drawn: Path) -> None:
    annotate(load_corpus(drawn / "corpus"), FakeAnnotator(), drawn / "begun")
    (drawn / "begun" / "summary.json").unlink()
    done = CliRunner().invoke(app, ["gallery", str(drawn / "begun"), "-o", str(drawn / "page")])
    assert done.exit_code == 0
    assert (drawn / "page" / "index.html").is_file()


def test_another_corpus_is_refused(drawn: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 7)[1:]
    write_corpus(drawn / "other", pairs)
    run = MaskRun(drawn / "run")
    with pytest.raises(SigmaskError, match="the very corpus"):
        write_run_gallery(run, load_corpus(drawn / "other"), drawn / "page", choose_rows(run, most=1, order="worst"))
