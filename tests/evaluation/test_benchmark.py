from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import BadReason, CorpusError
from sigmask.evaluation.benchmark import Benchmark, load_benchmark, table_benchmark_name
from sigmask.evaluation.benchmark_registry import known_benchmarks
from sigmask.evaluation.benchmark_sample import BenchmarkPair, MaskedImage, side_effect_of
from sigmask.evaluation.instruction_condition import with_wrong_instructions, without_instructions
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


def test_a_folder_with_a_table_is_read_by_it(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs)
    by_folder, by_table = load_benchmark(table.parent), load_benchmark(table)
    told = [
        [sample.instruction for sample in each.read() if isinstance(sample, EditPair)] for each in (by_folder, by_table)
    ]
    assert by_folder.name == "drawn"
    assert told[0] == told[1] == [pair.instruction for pair in drawn_pairs]


@pytest.mark.parametrize("line", ["no JSON", "[]", '{"original": "a.png"}', ""])
def test_another_table_of_that_name_leaves_the_folder_one_of_pictures(
    tmp_path: Path, drawn_pairs: list[EditPair], line: str
) -> None:
    folder = write_folder_corpus(tmp_path / "triplets", drawn_pairs)
    (folder / "pairs.jsonl").write_text(line)
    assert load_benchmark(folder).length == len(drawn_pairs)


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
        "numbered": BadReason.BAD_ROW,
    }


def test_names(tmp_path: Path) -> None:
    assert table_benchmark_name(tmp_path / "cocoglide" / "pairs.jsonl") == "cocoglide"
    assert table_benchmark_name(tmp_path / "cocoglide" / "vae_strong.jsonl") == "cocoglide_vae_strong"


def test_a_known_name_is_found_below_the_shared_folder(
    tmp_path: Path, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(tmp_path))
    with pytest.raises(CorpusError, match=r"expected the table 'null.jsonl' in .* Set SIGMASK_SHARED"):
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
    for known in known_benchmarks():
        if known.shared is None:
            continue
        benchmark = load_benchmark(known.name)
        first = next(benchmark.read())
        assert isinstance(first, EditPair), first
        assert first.mask is not None and first.mask.any() == (known.name != "null")
        lengths[known.name] = benchmark.length
        assert benchmark.length == known.images.edited
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


def test_side_effects_and_sureness_reach_the_loop(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs[:1])
    row = json.loads(table.read_text())
    pair = drawn_pairs[0]
    assert pair.mask is not None
    side_effect = pair.mask.copy()
    side_effect[:, : np.flatnonzero(pair.mask.any(axis=0))[3]] = False
    (tmp_path / "drawn" / "side.png").write_bytes(encode_image(side_effect))
    (tmp_path / "drawn" / "none.png").write_bytes(encode_image(np.zeros_like(side_effect)))
    (tmp_path / "drawn" / "small.png").write_bytes(encode_image(np.zeros((8, 8), np.uint8)))
    table.write_text(json.dumps(row | {"side_effect": "side.png", "sure": "fair"}) + "\n")
    append_row(table, row | {"id": "nothing", "side_effect": "none.png", "instruction": "another"})
    append_row(table, row | {"id": "unknown", "side_effect": None})
    append_row(table, row | {"id": "small", "side_effect": "small.png"})
    first, nothing, unknown, small = load_benchmark(table).read()
    assert isinstance(first, BenchmarkPair) and first.sure == "fair"
    np.testing.assert_array_equal(side_effect_of(first), side_effect)
    assert isinstance(nothing, BenchmarkPair) and nothing.side_effect is not None and not nothing.side_effect.any()
    assert isinstance(unknown, BenchmarkPair) and (side_effect_of(unknown), unknown.sure) == (None, None)
    assert isinstance(small, BadSample) and small.reason is BadReason.BAD_MASK and "side_effect" in small.message
    assert side_effect_of(pair) is None  # of a pair that is no benchmark's
    # What an instruction is replaced by costs no extras.
    for prepare in (without_instructions, with_wrong_instructions):
        (told, _) = prepare([first, nothing])
        assert isinstance(told, BenchmarkPair) and told.instruction != first.instruction
        np.testing.assert_array_equal(side_effect_of(told), side_effect)
        assert told.sure == "fair"


def test_a_side_effect_of_another_shape_is_refused() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"side_effect must be bool of shape \(8, 8\)"):
        BenchmarkPair("a", image, image, side_effect=np.zeros((4, 4), np.bool_))
    with pytest.raises(ValueError, match=r"original must be \(H, W, 3\)"):
        BenchmarkPair("a", image[..., 0], image)


def test_ids_that_come_again_are_numbered(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = write_table_corpus(tmp_path / "drawn", drawn_pairs[:1])
    row = json.loads(table.read_text())
    table.write_text("")
    for name in ("a", "a-2", "a", "b", "a"):
        append_row(table, row | {"id": name})
    assert [sample.sample_id for sample in load_benchmark(table).read()] == ["a", "a-2", "a-3", "b", "a-4"]


def test_any_benchmark_gives_its_images_without_originals(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    table = load_benchmark(write_table_corpus(tmp_path / "drawn", drawn_pairs))
    bad = BadSample("torn", BadReason.TRUNCATED, "cut short")
    by_hand = Benchmark("by hand", Path("memory"), lambda: iter([*drawn_pairs, bad]))
    for images in (list(table.images()), list(by_hand.images())):
        for image, drawn in zip(images, drawn_pairs, strict=False):
            assert isinstance(image, MaskedImage) and image.edit_type == drawn.edit_type
            np.testing.assert_array_equal(image.image, drawn.edited)
            np.testing.assert_array_equal(image.mask, drawn.mask)
    assert list(by_hand.images())[-1] is bad


def test_true_edits_say_what_nobody_asked_for(shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(shared_folder))
    pairs = [pair for pair in load_benchmark("true_edits").read() if isinstance(pair, BenchmarkPair)]
    marked = [pair for pair in pairs if pair.side_effect is not None]
    assert (len(pairs), len(marked), sum(pair.sure == "good" for pair in pairs)) == (23, 9, 15)
    for pair in marked:
        assert pair.side_effect is not None and pair.mask is not None
        assert pair.side_effect.any() and not (pair.side_effect & ~pair.mask).any()
