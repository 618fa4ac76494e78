from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import BadReason, CorpusError
from sigmask.evaluation.benchmark import Benchmark, load_benchmark
from sigmask.evaluation.benchmark_registry import Originals, known_benchmark, known_benchmarks
from sigmask.evaluation.benchmark_sample import BenchmarkPair, MaskedImage
from sigmask.evaluation.run import evaluate
from sigmask.types import BadSample, EditPair, MapArray
from tests.evaluation.benchmark_writers import WRITERS, grey, put, two_coloured, write_csv

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn_pairs: list[EditPair]) -> Write:
    """Writes the tiny copy of a benchmark where it is looked for, and returns its folder."""
    monkeypatch.setenv("SIGMASK_BENCHMARKS", str(tmp_path / "published"))

    def written(name: str) -> Path:
        root = tmp_path / "published" / (known_benchmark(name).folder or name)
        root.mkdir(parents=True)
        WRITERS[name](root, drawn_pairs)
        return root

    return written


def pairs_of(benchmark: Benchmark) -> list[BenchmarkPair]:
    pairs = [sample for sample in benchmark.read() if isinstance(sample, BenchmarkPair)]
    assert len({pair.sample_id for pair in pairs}) == len(pairs)
    return pairs


def bad_of(benchmark: Benchmark) -> dict[str, BadReason]:
    return {sample.sample_id: sample.reason for sample in benchmark.read() if isinstance(sample, BadSample)}


def marked(pair: EditPair | MaskedImage) -> np.ndarray:
    assert pair.mask is not None
    return pair.mask


def test_every_published_benchmark_has_a_writer() -> None:
    assert set(WRITERS) == {known.name for known in known_benchmarks() if known.shared is None}


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "columbia"])
def test_a_published_layout_reads_as_it_was_drawn(name: str, write: Write, drawn_pairs: list[EditPair]) -> None:
    with pytest.raises(CorpusError, match=r"is not at hand.*Licence: "):
        load_benchmark(name)
    write(name)
    benchmark = load_benchmark(name)
    assert (benchmark.name, benchmark.length, benchmark.unpaired) == (name, len(drawn_pairs), 0)
    assert benchmark.entry is known_benchmark(name)
    assert not bad_of(benchmark)
    by_instruction = {pair.edited.tobytes(): pair for pair in pairs_of(benchmark)}
    has_instructions = name not in ("autosplice", "autosplice_90", "autosplice_75", "casia_v1", "coverage", "nist16")
    for drawn in drawn_pairs:
        read = by_instruction[drawn.edited.tobytes()]
        np.testing.assert_array_equal(read.original, drawn.original)
        np.testing.assert_array_equal(marked(read), drawn.mask)
        assert read.instruction == (drawn.instruction if has_instructions and name != "imd2020" else None)
        assert not read.mask_resized and read.side_effect is None


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_detector_sees_edited_images_and_authentic_ones(name: str, write: Write, drawn_pairs: list[EditPair]) -> None:
    write(name)
    images = list(load_benchmark(name).images())
    assert all(isinstance(image, MaskedImage) for image in images)
    edited = [image for image in images if isinstance(image, MaskedImage) and not image.authentic]
    authentic = [image for image in images if isinstance(image, MaskedImage) and image.authentic]
    assert images == [*edited, *authentic]
    drawn = {pair.edited.tobytes(): pair for pair in drawn_pairs}
    assert {image.image.tobytes() for image in edited} == set(drawn)
    for image in edited:
        agreement = (marked(image) == drawn[image.image.tobytes()].mask).mean()
        assert agreement > (0.97 if name == "columbia" else 0.9999)  # Columbia's masks are JPEGs
    photographs = {pair.original.tobytes() for pair in drawn_pairs}
    if name == "nist16":
        assert [image.sample_id for image in authentic] == ["NC2016_9000"]
    elif name in ("magicbrush_dev", "magicbrush_test", "ultraedit_region"):
        assert not authentic  # originals that may be edited themselves
    else:
        assert {image.image.tobytes() for image in authentic} == photographs
        assert len(authentic) == len(photographs)
    assert not any(image.mask.any() for image in authentic)


def test_a_benchmark_without_originals_refuses_pairs_and_says_why(write: Write, drawn_pairs: list[EditPair]) -> None:
    write("columbia")
    benchmark = load_benchmark("columbia")
    assert (benchmark.originals, benchmark.length, benchmark.unpaired) == (Originals.NONE, 0, len(drawn_pairs))
    with pytest.raises(CorpusError, match=r"'columbia' has no originals: this method compares .*Benchmark\.images"):
        benchmark.read()
    with pytest.raises(CorpusError, match="has no originals: ssim compares"):
        benchmark.require_originals("ssim")

    def method(pair: EditPair) -> MapArray:
        return np.zeros(pair.edited.shape[:2], np.float32)

    with pytest.raises(CorpusError, match="has no originals"):
        evaluate(method, [benchmark])


def test_a_benchmark_with_originals_refuses_nothing(write: Write) -> None:
    write("coverage")
    load_benchmark("coverage").require_originals("ssim")


def test_a_folder_anywhere_is_read_by_the_layout_that_is_named(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    WRITERS["coverage"](tmp_path / "mine", drawn_pairs)
    assert load_benchmark(tmp_path / "mine", layout="coverage").length == len(drawn_pairs)
    with pytest.raises(CorpusError, match=r"expected images named like .*4cam_splc.* found none"):
        load_benchmark(tmp_path / "mine", layout="columbia")
    with pytest.raises(CorpusError, match="Did you mean 'coverage'"):
        load_benchmark(tmp_path / "mine", layout="covrage")


def test_what_is_not_at_hand_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGMASK_BENCHMARKS", raising=False)
    with pytest.raises(CorpusError, match=r"set SIGMASK_BENCHMARKS to a folder that holds 'autosplice/'"):
        load_benchmark("autosplice_75")
    monkeypatch.setenv("SIGMASK_BENCHMARKS", str(tmp_path))
    with pytest.raises(CorpusError, match=r"no such folder\. Get it from https://github.com/wenbihan/coverage"):
        load_benchmark("coverage")
    (tmp_path / "coverage").mkdir()
    with pytest.raises(CorpusError, match=r"and found none\. Get it"):
        load_benchmark("coverage")


# CASIA v1: names of images and masks differ.


def test_casia_masks_are_found_under_their_wrong_names(write: Write, drawn_pairs: list[EditPair]) -> None:
    root, pair = write("casia_v1"), drawn_pairs[0]
    put(root, "Tp/Sp/Sp_D_NNN_A_nat0019_cha0039_0320.jpg", pair.edited)  # ids in the other order
    put(root, "CASIA 1.0 groundtruth/Sp/Sp_D_NNN_A_cha0039_nat0019_0320_gt.png", grey(pair.mask))
    put(root, "Tp/Sp/Sp_D_NRN_A_ant0063_nat0065_0443.jpg", pair.edited)  # ant for nat
    put(root, "CASIA 1.0 groundtruth/Sp/Sp_D_NRN_A_nat0063_nat0065_0443_gt.png", grey(pair.mask))
    put(root, "Tp/Sp/Sp_D_NRN_A_cha0011_sec0011_0542.jpg", pair.edited)  # has no mask
    put(root, "Samples/Sp/Sp_D_NRN_A_cha0011_sec0011_0542_combine.png", pair.edited)
    benchmark = load_benchmark("casia_v1")
    images = {image.sample_id: image for image in benchmark.images()}
    for name in ("Tp/Sp/Sp_D_NNN_A_nat0019_cha0039_0320", "Tp/Sp/Sp_D_NRN_A_ant0063_nat0065_0443"):
        image = images[name]
        assert isinstance(image, MaskedImage) and image.edit_type == "splice"
        np.testing.assert_array_equal(image.mask, pair.mask)
    maskless = images["Tp/Sp/Sp_D_NRN_A_cha0011_sec0011_0542"]
    assert isinstance(maskless, BadSample) and maskless.reason is BadReason.BAD_MASK
    # Splices are no pairs, since it is not certain which photograph is the host; the image without mask is counted.
    assert (benchmark.length, benchmark.unpaired) == (len(drawn_pairs) + 1, 2)
    assert [pair.edit_type for pair in pairs_of(benchmark)] == ["copy-move"] * len(drawn_pairs)
    assert list(bad_of(benchmark)) == ["Tp/Sp/Sp_D_NRN_A_cha0011_sec0011_0542"]


def test_a_number_that_comes_twice_does_not_steal_another_images_mask(
    write: Write, drawn_pairs: list[EditPair]
) -> None:
    root = write("casia_v1")
    put(root, "Tp/Sp/Sp_D_NNN_A_nat0001_cha0002_0200.jpg", drawn_pairs[1].edited)  # 0200 is the first copy-move's
    assert bad_of(load_benchmark("casia_v1")) == {"Tp/Sp/Sp_D_NNN_A_nat0001_cha0002_0200": BadReason.BAD_MASK}


# Masks: sizes, polarity, colours, emptiness.


def test_masks_of_another_size_are_resampled_or_refused(write: Write, drawn_pairs: list[EditPair]) -> None:
    root, pair = write("coverage"), drawn_pairs[0]
    put(root, "mask/1forged.tif", np.kron(grey(pair.mask), np.ones((2, 2), np.uint8)))  # twice the size
    put(root, "mask/2forged.tif", grey(drawn_pairs[1].mask).T)  # turned
    put(root, "mask/3forged.tif", np.full((10, 30), 255, np.uint8))  # another shape
    put(root, "mask/4forged.tif", np.zeros(drawn_pairs[3].edited.shape[:2], np.uint8))  # marks nothing
    benchmark = load_benchmark("coverage")
    assert bad_of(benchmark) == dict.fromkeys(("image/2t", "image/3t", "image/4t"), BadReason.BAD_MASK)
    first = next(each for each in pairs_of(benchmark) if each.sample_id == "image/1t")
    assert first.mask_resized
    np.testing.assert_array_equal(first.mask, pair.mask)
    messages = " ".join(sample.message for sample in benchmark.read() if isinstance(sample, BadSample))
    assert "turned by 90°" in messages and "marks something of an edited image" in messages


def test_a_second_mask_of_one_name_is_no_guess(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("deal_300k")
    put(root, "label/val/000000000139_qwen120.png", grey(drawn_pairs[0].mask))
    (sample,) = [sample for sample in load_benchmark("deal_300k").read() if isinstance(sample, BadSample)]
    assert sample.reason is BadReason.BAD_MASK and "expected one mask" in sample.message


def test_one_mask_serves_all_edits_of_a_photograph(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("autosplice")
    put(root, "Forged_JPEG100/39406_1.jpg", drawn_pairs[0].original)
    read = {pair.sample_id: pair for pair in pairs_of(load_benchmark("autosplice"))}
    np.testing.assert_array_equal(marked(read["Forged_JPEG100/39406_1"]), marked(read["Forged_JPEG100/39406_0"]))
    assert len(read) == len(drawn_pairs) + 1
    authentic = [image for image in load_benchmark("autosplice").images() if isinstance(image, MaskedImage)]
    assert sum(image.authentic for image in authentic) == len(drawn_pairs)  # the shared original once


def test_a_missing_original_costs_one_pair_but_not_the_image(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("imd2020")
    (root / "1a0ogs" / "1a0ogs_orig.jpg").unlink()
    put(root, "1a1ogs/another_orig.jpg", drawn_pairs[1].original)
    benchmark = load_benchmark("imd2020")
    assert bad_of(benchmark) == {
        "1a0ogs/c8tf0mq_0": BadReason.UNPAIRED,
        "1a1ogs/c8tf1mq_0": BadReason.UNPAIRED,
    }
    images = [image.sample_id for image in benchmark.images() if isinstance(image, MaskedImage)]
    assert "1a0ogs/c8tf0mq_0" in images


def test_nist_originals_that_are_not_there(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("nist16")
    (root / "world" / "NC2016_5000.jpg").unlink()  # named, and missing: a bad pair
    table = root / "reference/manipulation/NC2016-manipulation-ref.csv"
    table.write_text(table.read_text().replace("world/NC2016_5001.jpg", ""))  # none is named: no pair
    benchmark = load_benchmark("nist16")
    assert bad_of(benchmark) == {"NC2016_0000": BadReason.MISSING_FILE}
    assert (benchmark.length, benchmark.unpaired) == (len(drawn_pairs) - 1, 1)
    assert {pair.edit_type for pair in pairs_of(benchmark)} == {"splice"}
    assert len([image for image in benchmark.images() if isinstance(image, MaskedImage)]) == len(drawn_pairs) + 1


def test_every_authentic_image_counts_whether_or_not_it_is_an_original(
    write: Write, drawn_pairs: list[EditPair]
) -> None:
    put(write("casia_v1"), "Au/Au_ani_0001.jpg", drawn_pairs[0].edited)
    images = [image for image in load_benchmark("casia_v1").images() if isinstance(image, MaskedImage)]
    authentic = [image.sample_id for image in images if image.authentic]
    assert authentic == ["Au/Au_ani_0001", *(f"Au/Au_pla_{index:04d}" for index in range(len(drawn_pairs)))]


def test_instructions_are_those_of_the_same_checkpoint(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("deal_300k")
    put(root, "test/000000000139_qwen180.jpg", drawn_pairs[0].edited)
    put(root, "label/000000000139_qwen180.png", grey(drawn_pairs[0].mask))
    put(root, "test/000000000140_qwen200.jpg", drawn_pairs[1].edited)
    put(root, "label/000000000140_qwen200.png", grey(drawn_pairs[1].mask))
    told = {pair.sample_id: pair.instruction for pair in pairs_of(load_benchmark("deal_300k"))}
    assert told["test/000000000139_qwen120"] == drawn_pairs[0].instruction
    assert told["test/000000000139_qwen180"] == "of another checkpoint"
    assert told["test/000000000140_qwen200"] is None


# Tables: splits, prefixes, broken rows, paths that lead out.


def test_sagi_reads_the_test_split_with_or_without_its_folder(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("sagi_d")
    assert {pair.edit_type for pair in pairs_of(load_benchmark("sagi_d"))} == {"sp"}
    (root / "sagid").mkdir()
    for folder in ("brushnet", "mask", "original"):
        (root / folder).rename(root / "sagid" / folder)
    assert len(pairs_of(load_benchmark("sagi_d"))) == len(drawn_pairs)


@pytest.mark.parametrize("prefix", ["../", "sagid/../../", "/"])
def test_paths_of_a_table_may_not_leave_its_folder(
    prefix: str, write: Write, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    root = write("sagi_d")
    put(root.parent, "secret.png", drawn_pairs[0].original)
    outside = str(root.parent / "secret.png") if prefix == "/" else f"{prefix}secret.png"
    row = {"img_path": outside, "mask_path": outside, "src_path": outside, "split": "test", "type": "sp"}
    write_csv(root / "sagid.csv", [row])
    assert list(bad_of(load_benchmark("sagi_d")).values()) == [BadReason.PATH_ESCAPES_ROOT]


def test_paths_of_sessions_may_not_leave_their_folder(write: Write, drawn_pairs: list[EditPair]) -> None:
    root = write("magicbrush_test")
    put(root, "secret.png", drawn_pairs[0].original)
    turn = {"input": "../../../secret.png", "output": "../../../secret.png", "mask": "x.png", "instruction": "go"}
    (root / "test" / "edit_sessions.json").write_text(json.dumps({"1": [turn, "no turn"], "2": [{}]}))
    assert bad_of(load_benchmark("magicbrush_test")) == {
        "1-1": BadReason.PATH_ESCAPES_ROOT,
        "1-2": BadReason.BAD_ROW,
        "2-1": BadReason.UNPAIRED,
    }


def test_a_link_out_of_the_folder_is_refused(write: Write, tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    root = write("coverage")
    put(tmp_path, "secret.png", drawn_pairs[0].original)
    (root / "image" / "1.tif").unlink()
    (root / "image" / "1.tif").symlink_to(tmp_path / "secret.png")
    assert bad_of(load_benchmark("coverage")) == {"image/1t": BadReason.PATH_ESCAPES_ROOT}


def test_broken_rows_of_a_delimited_table_are_counted(write: Write, drawn_pairs: list[EditPair]) -> None:
    table = write("nist16") / "reference/manipulation/NC2016-manipulation-ref.csv"
    with table.open("a") as file:
        file.write("too|short\n")
    assert list(bad_of(load_benchmark("nist16")).values()) == [BadReason.BAD_ROW]


def test_a_table_of_other_columns_is_refused_as_a_whole(write: Write) -> None:
    root = write("cocoglide_512")
    write_csv(root / "table.csv", [{"picture": "a.png", "hole": "b.png"}])
    with pytest.raises(CorpusError, match="expected a column 'fake', got picture, hole"):
        load_benchmark("cocoglide_512")


def test_sessions_that_are_none_are_refused_as_a_whole(write: Write) -> None:
    path = write("magicbrush_test") / "test" / "edit_sessions.json"
    path.write_text("[]")
    with pytest.raises(CorpusError, match=r"expected \{session: \[turn, …\]\}, got list"):
        load_benchmark("magicbrush_test")
    path.write_text("{")
    with pytest.raises(CorpusError, match="expected JSON in UTF-8"):
        load_benchmark("magicbrush_test")


def test_turns_of_one_photograph_are_numbered(write: Write, drawn_pairs: list[EditPair]) -> None:
    write("magicbrush_dev")
    read = [pair.sample_id for pair in pairs_of(load_benchmark("magicbrush_dev"))]
    assert read == ["242679", *(f"242679-{turn}" for turn in range(2, len(drawn_pairs) + 1))]


def test_columbias_colours_are_told_apart_though_both_are_light(drawn_pairs: list[EditPair]) -> None:
    mask = drawn_pairs[0].mask
    assert mask is not None
    picture = two_coloured(mask)
    assert (picture.max(axis=2) >= 150).all()  # a threshold on brightness marks everything
