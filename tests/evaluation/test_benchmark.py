from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import BadReason, CorpusError
from sigmask.evaluation.benchmark import KNOWN_BENCHMARKS, load_benchmark, table_benchmark_name
from sigmask.types import BadSample, EditPair
from tests.drawn_corpora import encode_image, write_folder_corpus, write_table_corpus


def append_row(table: Path, row: object) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write((row if isinstance(row, str) else json.dumps(row)) + "\n")


def test_a_table_is_read_as_it_was_written(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    benchmark = load_benchmark(write_table_corpus(tmp_path / "drawn", drawn_pairs))
    assert (benchmark.name, benchmark.length) == ("drawn", len(drawn_pairs))
    for _ in range(2):  # it can be read again from its start
        samples = list(benchmark.read())
        assert len(samples) == len(drawn_pairs)
        for sample, drawn in zip(samples, drawn_pairs, strict=True):
            assert isinstance(sample, EditPair)
            assert (sample.sample_id, sample.instruction) == (drawn.sample_id, drawn.instruction)
            assert sample.edit_type == drawn.edit_type
            np.testing.assert_array_equal(sample.original, drawn.original)
            np.testing.assert_array_equal(sample.edited, drawn.edited)
            assert sample.mask is not None and drawn.mask is not None
            np.testing.assert_array_equal(sample.mask, drawn.mask)


def test_a_folder_of_triplets_is_a_benchmark(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    benchmark = load_benchmark(write_folder_corpus(tmp_path / "triplets", drawn_pairs))
    assert benchmark.name == "triplets"
    samples = {sample.sample_id: sample for sample in benchmark.read()}
    assert len(samples) == len(drawn_pairs)
    for drawn in drawn_pairs:
        sample = samples[drawn.sample_id]
        assert isinstance(sample, EditPair) and sample.mask is not None and drawn.mask is not None
        np.testing.assert_array_equal(sample.mask, drawn.mask)


def test_the_prompt_stands_in_for_a_missing_instruction(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs[:1])
    row = json.loads(table.read_text())
    table.write_text(json.dumps(row | {"instruction": None, "prompt": "pizza"}) + "\n")
    append_row(table, row | {"instruction": "add a cat", "prompt": "pizza"})
    append_row(table, row | {"instruction": None})
    read = [sample.instruction for sample in load_benchmark(table).read() if isinstance(sample, EditPair)]
    assert read == ["pizza", "add a cat", None]


def test_bad_rows_are_read_as_bad_samples_and_the_rest_goes_on(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs[:1])
    row = json.loads(table.read_text())
    (tmp_path / "drawn" / "mask" / "small.png").write_bytes(encode_image(np.zeros((8, 8), np.uint8)))
    (tmp_path / "drawn" / "edited" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "secret.png").write_bytes(encode_image(np.zeros((64, 96, 3), np.uint8)))
    append_row(table, "{not json")
    append_row(table, "[1, 2]")
    append_row(table, row | {"id": "small", "mask": "mask/small.png"})
    append_row(table, row | {"id": "broken", "edited": "edited/broken.png"})
    append_row(table, row | {"id": "outside", "original": "../secret.png"})
    append_row(table, row | {"id": "gone", "original": "original/gone.png"})
    append_row(table, row | {"id": "unmasked", "mask": None})
    append_row(table, row | {"id": "numbered", "instruction": 3})
    samples = list(load_benchmark(table).read())
    assert isinstance(samples[0], EditPair)
    bad = {sample.sample_id: sample.reason for sample in samples[1:] if isinstance(sample, BadSample)}
    assert bad == {
        "row 1": BadReason.BAD_ROW,
        "row 2": BadReason.BAD_ROW,
        "small": BadReason.BAD_MASK,
        "broken": BadReason.NOT_AN_IMAGE,
        "outside": BadReason.PATH_ESCAPES_ROOT,
        "gone": BadReason.MISSING_FILE,
        "unmasked": BadReason.NULL_CELL,
        "row 8": BadReason.BAD_ROW,
    }


def test_names(tmp_path: Path) -> None:
    assert table_benchmark_name(tmp_path / "cocoglide" / "pairs.jsonl") == "cocoglide"
    assert table_benchmark_name(tmp_path / "cocoglide" / "vae_strong.jsonl") == "cocoglide_vae_strong"


def test_a_known_name_is_found_below_the_shared_folder(
    tmp_path: Path, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(tmp_path))
    with pytest.raises(CorpusError, match=r"expected its table at .* Set SIGMASK_SHARED"):
        load_benchmark("null")
    table = write_table_corpus(tmp_path / "data" / "bench" / "cocoglide", drawn_pairs)
    table.rename(table.with_name("null.jsonl"))
    assert load_benchmark("null").name == "null"


def test_what_cannot_be_a_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Did you mean 'cocoglide_vae'"):
        load_benchmark("cocoglide-vae")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(CorpusError, match="empty table"):
        load_benchmark(empty)
    other = tmp_path / "table.xlsx"
    other.write_text("x")
    with pytest.raises(CorpusError, match="has suffix"):
        load_benchmark(other)


def test_every_known_benchmark_is_at_hand_and_reads(shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(shared_folder))
    lengths = {}
    for known in KNOWN_BENCHMARKS:
        benchmark = load_benchmark(known.name)
        first = next(benchmark.read())
        assert isinstance(first, EditPair), first
        assert first.mask is not None and first.mask.any() == (known.name != "null")
        lengths[known.name] = benchmark.length
    assert lengths == {
        "cocoglide": 160,
        "cocoglide_vae": 160,
        "cocoglide_vae_strong": 160,
        "casia": 18,
        "casia_vae": 18,
        "inpainting": 28,
        "inpainting_vae": 28,
        "true_edits": 23,
        "null": 100,
    }
