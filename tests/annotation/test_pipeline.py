from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from sigmask.annotation import pipeline, preparation
from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.ledger import OutputDiffersError
from sigmask.annotation.mask_table import Row, mask_row
from sigmask.annotation.pipeline import AnnotateOptions, ModelFailedError, annotate
from sigmask.annotation.preparation import ReadAhead
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError, SigmaskWarning
from sigmask.types import UNREADABLE_INSTRUCTION, Annotation, EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair
from tests.drawn_corpora import write_hub_cache, write_image_folders, write_parquet_corpus, write_table_corpus


def read_masks(folder: Path) -> list[dict[str, object]]:
    return [row for part in sorted(folder.glob("masks-*.parquet")) for row in pq.read_table(part).to_pylist()]


@pytest.fixture
def many(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, list[str]]:
    """Twenty-three pairs of three sizes in one parquet file, and their ids in order."""
    pairs = [draw_pair(rng, 48 + 16 * (number % 3), 64) for number in range(23)]
    return write_parquet_corpus(tmp_path / "pairs.parquet", pairs), [pair.sample_id for pair in pairs]


def test_every_row_is_written_once_and_in_order(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, ids = many
    annotator = FakeAnnotator()
    seen: list[tuple[int, int]] = []
    summary = annotate(
        load_corpus(path),
        annotator,
        tmp_path / "out",
        AnnotateOptions(batch_size=4, workers=3, rows_per_part=10),
        on_rows=lambda done, bad: seen.append((done, bad)),
    )
    rows = read_masks(tmp_path / "out")
    assert [row["sample_id"] for row in rows] == ids
    assert [row["row_index"] for row in rows] == list(range(23))
    assert {row["source_file"] for row in rows} == {"pairs.parquet"}
    assert len(list((tmp_path / "out").glob("masks-*.parquet"))) == 3
    assert annotator.batch_sizes == [4, 4, 2, 4, 4, 2, 3]  # no batch holds rows of two parts
    assert (seen[0], seen[-1]) == ((0, 0), (23, 0))
    assert (summary.rows, summary.written, summary.bad, summary.model) == (23, 23, {}, "fake")
    assert Summary.load(tmp_path / "out") == summary
    assert not list((tmp_path / "out").rglob("*.partial"))
    assert not list((tmp_path / "out").rglob("lock-*"))


def test_bad_rows_are_quarantined_and_the_rest_goes_on(tmp_path: Path, folder_corpus: Path) -> None:
    victims = sorted((folder_corpus / "edited").iterdir())
    victims[1].write_bytes(b"")
    victims[3].write_bytes(victims[3].read_bytes()[:60])
    summary = annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions(batch_size=2))
    assert (summary.rows, summary.written) == (5, 3)
    assert sum(summary.bad.values()) == 2
    assert summary.bad["empty_file"] == 1
    quarantined = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pylist()
    assert [row["sample_id"] for row in quarantined] == [victims[1].stem, victims[3].stem]
    assert [row["row_index"] for row in quarantined] == [1, 3]
    assert [row["row_index"] for row in read_masks(tmp_path / "out")] == [0, 2, 4]
    assert len(summary.first_bad) == 2


def test_only_the_pair_on_which_the_model_fails_is_lost(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, ids = many
    annotator = FakeAnnotator(fails_on=[ids[5]], fails_to_prepare=[ids[9]])
    summary = annotate(load_corpus(path), annotator, tmp_path / "out", AnnotateOptions(batch_size=8, workers=2))
    assert summary.bad == {"model_failed": 2}
    written = [row["sample_id"] for row in read_masks(tmp_path / "out")]
    assert written == [name for number, name in enumerate(ids) if number not in (5, 9)]
    messages = pq.read_table(tmp_path / "out" / "quarantine.parquet")["message"].to_pylist()
    assert "the model dislikes this one" in messages[0]
    assert "cannot prepare this one" in messages[1]


def test_a_model_that_fails_on_everything_stops_the_run(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write_parquet_corpus(tmp_path / "pairs.parquet", [draw_pair(rng, 16, 16) for _ in range(40)])
    with pytest.raises(ModelFailedError, match="each of the first 32 pairs"):
        annotate(load_corpus(path), FakeAnnotator(fails_on=["*"]), tmp_path / "out", AnnotateOptions(batch_size=8))
    assert not (tmp_path / "out" / "summary.json").exists()


def test_the_limit_counts_bad_rows_too(tmp_path: Path, folder_corpus: Path) -> None:
    sorted((folder_corpus / "edited").iterdir())[0].write_bytes(b"not an image at all")
    summary = annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out", AnnotateOptions(limit=3))
    assert (summary.rows, summary.written) == (3, 2)


def test_a_second_run_finds_all_done_unless_told_to_overwrite(tmp_path: Path, folder_corpus: Path) -> None:
    corpus = load_corpus(folder_corpus)
    first, second, third = FakeAnnotator(), FakeAnnotator(), FakeAnnotator()
    summary = annotate(corpus, first, tmp_path / "out")
    assert annotate(corpus, second, tmp_path / "out") == summary
    assert second.batch_sizes == []
    assert annotate(corpus, third, tmp_path / "out", AnnotateOptions(overwrite=True)).written == 5
    assert third.batch_sizes == first.batch_sizes


def test_an_interrupted_run_goes_on_with_the_part_that_was_under_way(
    tmp_path: Path, many: tuple[Path, list[str]]
) -> None:
    path, ids = many

    class Interrupted(FakeAnnotator):
        def infer(self, prepared: Sequence[EditPair]) -> list[Annotation]:
            if ids[17] in [pair.sample_id for pair in prepared]:
                raise KeyboardInterrupt
            return super().infer(prepared)

    options = AnnotateOptions(batch_size=2, rows_per_part=6)
    with pytest.raises(KeyboardInterrupt):
        annotate(load_corpus(path), Interrupted(), tmp_path / "out", options)
    assert len(read_masks(tmp_path / "out")) == 12
    assert not list((tmp_path / "out").rglob("*.partial"))
    annotator = FakeAnnotator()
    seen: list[tuple[int, int]] = []
    summary = annotate(load_corpus(path), annotator, tmp_path / "out", options, on_rows=lambda *done: seen.append(done))
    assert seen[0] == (12, 0)
    assert sum(annotator.batch_sizes) == 11
    assert (summary.rows, [row["sample_id"] for row in read_masks(tmp_path / "out")]) == (23, ids)


def test_neither_batch_size_nor_workers_change_a_byte(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, _ = many
    contents = []
    for batch_size, workers in ((1, 1), (8, 3)):
        output = tmp_path / f"{batch_size}"
        options = AnnotateOptions(batch_size=batch_size, workers=workers, rows_per_part=9)
        annotate(load_corpus(path), FakeAnnotator(), output, options)
        contents.append({file.name: file.read_bytes() for file in output.glob("*.parquet")})
    assert contents[0] == contents[1]


def test_a_corpus_may_grow(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    corpus = tmp_path / "corpus"
    write_parquet_corpus(corpus / "a.parquet", drawn_pairs)
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path / "out")
    write_parquet_corpus(corpus / "b.parquet", drawn_pairs[:3])
    annotator = FakeAnnotator()
    assert annotate(load_corpus(corpus), annotator, tmp_path / "out").rows == 8
    assert sum(annotator.batch_sizes) == 3


def test_a_limit_may_be_raised_and_never_lowered(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    """The first limit ends within a part, which is made again whole."""
    path, _ = many
    corpus = load_corpus(path)
    options = AnnotateOptions(rows_per_part=10)
    annotate(corpus, FakeAnnotator(), tmp_path / "whole", options)
    for limit, rows, annotated in ((13, 13, 13), (20, 20, 10), (None, 23, 3)):
        annotator = FakeAnnotator()
        if limit == 20:
            with pytest.warns(SigmaskWarning, match="cut off by an earlier --limit"):
                summary = annotate(corpus, annotator, tmp_path / "out", replace(options, limit=limit))
        else:
            summary = annotate(corpus, annotator, tmp_path / "out", replace(options, limit=limit))
        assert (summary.rows, sum(annotator.batch_sizes)) == (rows, annotated)
    for name in sorted(path.name for path in (tmp_path / "whole").glob("masks-*")):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    with pytest.raises(OutputDiffersError, match="limit: none there, '20' now"):
        annotate(corpus, FakeAnnotator(), tmp_path / "out", replace(options, limit=20))


def test_another_corpus_of_the_same_name_and_length_is_not_taken_for_a_finished_run(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    for place, pairs in (("a", drawn_pairs), ("b", drawn_pairs[::-1])):
        write_parquet_corpus(tmp_path / place / "pairs" / "x.parquet", pairs)
    annotate(load_corpus(tmp_path / "a" / "pairs"), FakeAnnotator(), tmp_path / "out")
    with pytest.raises(OutputDiffersError, match=f"corpus: '{tmp_path}/a/pairs' there, '{tmp_path}/b/pairs' now"):
        annotate(load_corpus(tmp_path / "b" / "pairs"), FakeAnnotator(), tmp_path / "out")


def test_a_moved_corpus_goes_on_when_told_and_the_summary_says_where_it_is(
    tmp_path: Path, many: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ids = many
    options = AnnotateOptions(rows_per_part=10, moved=True)
    failing = FakeAnnotator([ids[0]])
    annotate(load_corpus(path), failing, tmp_path / "out", options)
    (tmp_path / "elsewhere").mkdir()
    path.rename(tmp_path / "elsewhere" / path.name)
    monkeypatch.chdir(tmp_path / "elsewhere")  # by whichever path it is named, a corpus has one place
    annotator = FakeAnnotator()
    summary = annotate(load_corpus(path.name), annotator, tmp_path / "out", options)
    assert (annotator.batch_sizes, summary.rows) == ([], 23)
    assert Summary.load(tmp_path / "out").corpus == str(tmp_path / "elsewhere" / path.name)
    again = replace(options, moved=False, retry_quarantine=True)
    assert annotate(load_corpus(Path.cwd() / path.name), annotator, tmp_path / "out", again).written == 23


def test_a_folder_with_one_pair_more_is_annotated_anew(
    tmp_path: Path, folder_corpus: Path, rng: np.random.Generator
) -> None:
    annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out")
    write_image_folders(folder_corpus, [replace(draw_pair(rng, 32, 32), sample_id="aaa")])
    with pytest.warns(SigmaskWarning, match="a source that has changed"):
        assert annotate(load_corpus(folder_corpus), FakeAnnotator(), tmp_path / "out").rows == 6
    rows = read_masks(tmp_path / "out")
    assert [row["row_index"] for row in rows] == list(range(6))
    assert rows[0]["sample_id"] == "aaa"


def test_retried_rows_take_their_places_and_the_rest_stays_bad(tmp_path: Path, many: tuple[Path, list[str]]) -> None:
    path, ids = many
    options = AnnotateOptions(batch_size=4, rows_per_part=10)
    annotate(load_corpus(path), FakeAnnotator(), tmp_path / "clean", options)
    first = annotate(load_corpus(path), FakeAnnotator([ids[0], ids[4], ids[5], ids[22]]), tmp_path / "out", options)
    assert first.bad == {"model_failed": 4}
    retry = replace(options, retry_quarantine=True)
    some = FakeAnnotator([ids[4]])
    seen: list[tuple[int, int]] = []
    second = annotate(load_corpus(path), some, tmp_path / "out", retry, on_rows=lambda *done: seen.append(done))
    assert (seen[0], seen[-1]) == ((23, 4), (23, 1))
    assert (second.rows, second.written, second.bad) == (23, 22, {"model_failed": 1})
    assert [row["sample_id"] for row in read_masks(tmp_path / "out")] == [name for name in ids if name != ids[4]]
    assert pq.read_table(tmp_path / "out" / "quarantine.parquet")["sample_id"].to_pylist() == [ids[4]]
    third = FakeAnnotator()
    assert annotate(load_corpus(path), third, tmp_path / "out", retry).bad == {}
    assert third.batch_sizes == [1]
    for part in (tmp_path / "clean").glob("*.parquet"):
        assert (tmp_path / "out" / part.name).read_bytes() == part.read_bytes()


def test_too_many_bad_rows_stop_the_run_and_a_higher_limit_goes_on(
    tmp_path: Path, many: tuple[Path, list[str]]
) -> None:
    path, ids = many
    options = AnnotateOptions(batch_size=2, rows_per_part=6, max_bad=BadRowLimit(1, False))
    failing = [ids[1], ids[8], ids[10]]
    with pytest.raises(TooManyBadRowsError, match="2 of 10 rows"):
        annotate(load_corpus(path), FakeAnnotator(failing), tmp_path / "out", options)
    assert pq.read_table(tmp_path / "out" / "quarantine.parquet")["sample_id"].to_pylist()[:2] == failing[:2]
    assert not (tmp_path / "out" / "summary.json").exists()
    with pytest.raises(TooManyBadRowsError):
        annotate(load_corpus(path), FakeAnnotator(failing), tmp_path / "out", options)
    higher = replace(options, max_bad=BadRowLimit(3, False))
    annotator = FakeAnnotator(failing)
    assert annotate(load_corpus(path), annotator, tmp_path / "out", higher).bad == {"model_failed": 3}
    assert pq.read_table(tmp_path / "out" / "quarantine.parquet")["sample_id"].to_pylist() == failing


def test_names_that_are_not_utf8_do_not_end_a_run(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "corpus", drawn_pairs)
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    rows[0]["id"] = rows[1]["id"] = "half \ud83d"
    rows[1]["edited"] = "half \ud83d.png"
    table.write_text("\n".join(json.dumps(row) for row in rows))
    summary = annotate(load_corpus(table), FakeAnnotator(), tmp_path / "out")
    assert (summary.rows, summary.written) == (5, 4)
    assert read_masks(tmp_path / "out")[0]["sample_id"].startswith("half \ufffd")


def test_an_instruction_of_hundreds_of_nested_lists_is_counted_as_unreadable(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    table = write_table_corpus(tmp_path / "corpus", drawn_pairs)
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    rows[2]["instruction"] = "NESTED"
    nested = "[" * 500 + "1" + "]" * 500
    table.write_text("\n".join(json.dumps(row) for row in rows).replace('"NESTED"', nested))
    summary = annotate(load_corpus(table), FakeAnnotator(), tmp_path / "out")
    assert (summary.rows, summary.written, summary.unreadable_instructions, summary.bad) == (5, 5, 1, {})
    assert [UNREADABLE_INSTRUCTION in row["flags"] for row in read_masks(tmp_path / "out")].count(True) == 1


def test_a_mask_that_annotating_never_uses_costs_no_pair(tmp_path: Path, folder_corpus: Path) -> None:
    masks = sorted((folder_corpus / "mask").iterdir())
    masks[0].write_bytes(b"not an image")
    Image.new("L", (3, 3)).save(masks[1])  # of another size
    Image.new("L", (3, 3)).save(masks[2].with_suffix(".bmp"))  # a second one of that name
    corpus = load_corpus(folder_corpus)
    assert annotate(corpus, FakeAnnotator(), tmp_path / "out").bad == {}
    shown: list[EditPair] = []
    summary = annotate(corpus, FakeAnnotator(), tmp_path / "shown", on_annotation=lambda pair, _: shown.append(pair))
    assert summary.bad == {"not_an_image": 1, "bad_mask": 2}
    assert all(pair.mask is not None for pair in shown)


def test_pairs_are_shown_in_order_with_their_annotations(tmp_path: Path, folder_corpus: Path) -> None:
    shown: list[tuple[EditPair, Annotation]] = []
    annotate(
        load_corpus(folder_corpus),
        FakeAnnotator(),
        tmp_path / "out",
        AnnotateOptions(batch_size=2),
        on_annotation=lambda pair, annotation: shown.append((pair, annotation)),
    )
    assert [pair.row_index for pair, _ in shown] == list(range(5))
    for pair, annotation in shown:
        assert pair.mask is not None
        assert (annotation.mask & pair.mask).sum() > 0.8 * pair.mask.sum()


def test_large_pictures_shrink_the_window_and_small_ones_widen_it_again() -> None:
    window = ReadAhead(most=28)
    assert window() == 1  # nothing is known of the pictures yet
    window.observe(2 * 512 * 512)
    assert window() == 28
    window.observe(2 * 8_000_000)
    assert window() == 3  # 48 million pixels hold three such pairs
    window.observe(2 * 64_000_000)
    assert window() == 1  # and not even one of these
    for _ in range(100):
        window.observe(2 * 512 * 512)
    assert window() == 28


def test_pairs_of_which_one_fills_the_memory_are_under_way_one_by_one(
    tmp_path: Path, many: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ids = many
    lock = threading.Lock()
    under_way, most = 0, 0

    class Counting(FakeAnnotator):
        def prepare(self, pair: EditPair) -> EditPair:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            return super().prepare(pair)

    def slowly_encoded(*args: Any) -> Row:
        nonlocal under_way
        time.sleep(0.005)
        row = mask_row(*args)
        with lock:
            under_way -= 1
        return row

    monkeypatch.setattr(preparation, "PIXELS_IN_FLIGHT", 1)
    monkeypatch.setattr(pipeline, "mask_row", slowly_encoded)
    annotate(load_corpus(path), Counting(), tmp_path / "out", AnnotateOptions(batch_size=4, workers=3))
    assert [row["sample_id"] for row in read_masks(tmp_path / "out")] == ids
    assert under_way == 0
    assert most <= 3  # one being read, two being encoded


@pytest.mark.parametrize("field", ["batch_size", "workers", "rows_per_part"])
def test_options_that_make_no_sense_are_refused(field: str) -> None:
    with pytest.raises(SigmaskError, match=f"{field} must be at least 1, got 0"):
        AnnotateOptions(**{field: 0})


def test_two_commits_of_a_hub_data_set_are_not_mixed(
    tmp_path: Path, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    first, second, output = "a" * 40, "b" * 40, tmp_path / "out"
    write_hub_cache(tmp_path / "hub", "owner/pairs", first, drawn_pairs)
    annotate(load_corpus("hf:owner/pairs"), FakeAnnotator(), output)
    write_hub_cache(tmp_path / "hub", "owner/pairs", second, drawn_pairs[::-1])  # as many rows, in files of one name
    for moved in (False, True):
        with pytest.raises(OutputDiffersError, match=f"commit: '{first}' there, '{second}' now") as caught:
            annotate(load_corpus("hf:owner/pairs"), FakeAnnotator(), output, AnnotateOptions(moved=moved))
        assert str(caught.value).endswith(f"to go on with the corpus as it was, name it hf:owner/pairs@{first}")
    summary = annotate(load_corpus(f"hf:owner/pairs@{first}"), FakeAnnotator(), output)
    assert (summary.written, summary.corpus) == (5, f"hf:owner/pairs@{first}")
    assert next(iter(load_corpus(summary.corpus))).sample_id == drawn_pairs[0].sample_id
