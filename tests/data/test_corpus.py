"""Corpora of every layout give the pairs they were drawn from, in order; what is broken is counted and skipped."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.raw_pair import RawPair
from sigmask.errors import BadReason, CorpusError, SigmaskWarning
from sigmask.types import UNREADABLE_INSTRUCTION, BadSample, EditPair
from tests.drawn_corpora import (
    encode_image,
    write_folder_corpus,
    write_image_folders,
    write_parquet_corpus,
    write_table_corpus,
)


def assert_same_pairs(corpus: Corpus, expected: list[EditPair], *, masks: bool = True) -> None:
    pairs = list(corpus)
    assert len(corpus) == len(pairs) == len(expected)
    for pair, drawn in zip(pairs, expected, strict=True):
        assert isinstance(pair, EditPair), pair
        assert (pair.sample_id, pair.instruction) == (drawn.sample_id, drawn.instruction)
        np.testing.assert_array_equal(pair.original, drawn.original)
        np.testing.assert_array_equal(pair.edited, drawn.edited)
        if masks:
            np.testing.assert_array_equal(pair.mask, drawn.mask)


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_tables_give_what_was_drawn(kind: str, tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    corpus = load_corpus(write_table_corpus(tmp_path, drawn_pairs, kind))  # type: ignore[arg-type]

    assert (corpus.name, corpus.kind) == ("pairs", "table")
    assert_same_pairs(corpus, drawn_pairs)
    assert [row.row_index for row in corpus.rows()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("instructions", ["jsonl", "csv"])
def test_a_folder_gives_what_was_drawn_in_the_order_of_names(
    instructions: str, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    folder = write_folder_corpus(tmp_path / "drawn", drawn_pairs, instructions)  # type: ignore[arg-type]
    corpus = load_corpus(str(folder))

    assert (corpus.name, corpus.kind, corpus.columns) == ("drawn", "folder", None)
    assert_same_pairs(corpus, sorted(drawn_pairs, key=lambda pair: pair.sample_id))


def test_parquet_gives_what_was_drawn_for_each_kind_of_cell(parquet_corpus: Path, drawn_pairs: list[EditPair]) -> None:
    corpus = load_corpus(parquet_corpus)

    assert corpus.kind == "parquet"
    assert_same_pairs(corpus, drawn_pairs, masks=False)
    assert [(unit.row_group, unit.rows) for unit in corpus.units()] == [(0, 2), (1, 2), (2, 1)]
    last = list(corpus.read(corpus.units()[2]))
    assert [(row.sample_id, row.row_index) for row in last] == [(drawn_pairs[4].sample_id, 4)]


def test_a_folder_of_parquet_files_is_read_in_sorted_order(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_parquet_corpus(tmp_path / "data" / "b.parquet", drawn_pairs[:2], columns=("src_img", "edited_img", "prompt"))
    write_parquet_corpus(tmp_path / "data" / "a.parquet", drawn_pairs[2:], columns=("src_img", "edited_img", "prompt"))
    corpus = load_corpus(tmp_path)

    assert_same_pairs(corpus, drawn_pairs[2:] + drawn_pairs[:2], masks=False)
    assert [(row.source_file, row.row_index) for row in corpus.rows()] == [
        *(("data/a.parquet", index) for index in range(3)),
        *(("data/b.parquet", index) for index in range(2)),
    ]


def test_a_run_that_lies_in_its_corpus_is_no_part_of_it(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_parquet_corpus(tmp_path / "a.parquet", drawn_pairs)
    (tmp_path / "out" / ".ledger").mkdir(parents=True)
    pq.write_table(pa.table({"sample_id": ["x"]}), tmp_path / "out" / "masks-a.parquet")
    assert len(load_corpus(tmp_path)) == len(drawn_pairs)


def test_columns_may_be_named_and_rows_without_an_id_are_named_by_their_place(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    rows = [{"x": f"original/{pair.sample_id}.png", "y": f"edited/{pair.sample_id}.png"} for pair in drawn_pairs]
    write_table_corpus(tmp_path / "images", drawn_pairs)
    table = tmp_path / "table.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    corpus = load_corpus(table, original="x", edited="y", root=tmp_path / "images")

    assert [type(row) for row in corpus] == [EditPair] * 5
    assert [row.sample_id for row in corpus.rows()] == [f"table.jsonl:{index}" for index in range(5)]


def test_bad_lines_are_reported_with_their_number_and_the_rest_goes_on(jsonl_corpus: Path) -> None:
    good = jsonl_corpus.read_text().splitlines()
    lines = [good[0], "", "{broken", '["a", "list"]', '{"original": "original/a.png"}', "[" * 100_000, good[1]]
    jsonl_corpus.write_text("\n".join(lines))
    with jsonl_corpus.open("ab") as file:
        file.write(b'\n{"instruction": "\xff"}')

    with pytest.warns(SigmaskWarning, match="not UTF-8 text throughout"):
        rows = list(load_corpus(jsonl_corpus))

    assert [type(row).__name__[:3] for row in rows] == ["Edi", "Bad", "Bad", "Bad", "Bad", "Edi", "Bad"]
    assert {row.reason for row in rows if isinstance(row, BadSample)} == {BadReason.BAD_ROW}
    assert "line 3" in rows[1].message
    assert "has no 'edited'" in rows[3].message
    assert [row.row_index for row in rows] == list(range(7))


def test_csv_rows_of_wrong_arity_are_reported_and_long_cells_are_read(csv_corpus: Path) -> None:
    lines = csv_corpus.read_text().splitlines()
    lines.insert(2, "too,few")
    lines.insert(3, lines[1] + ",one,too,many")
    lines.append(lines[1].replace("add", "add " + "x" * 200_000))
    csv_corpus.write_text("\n".join(lines))

    rows = list(load_corpus(csv_corpus))

    assert [isinstance(row, BadSample) for row in rows] == [False, True, True, False, False, False, False, False]
    assert "line 3: 2 cells, the header has 6" in rows[1].message
    assert len(rows[-1].instruction) > 200_000


def test_a_folder_is_paired_by_name_and_lonely_files_are_counted(folder_corpus: Path) -> None:
    names = sorted(path.stem for path in (folder_corpus / "edited").iterdir())
    (folder_corpus / "edited" / f"{names[0]}.png").unlink()
    (folder_corpus / "original" / f"{names[2]}.jpg").write_bytes(
        (folder_corpus / "original").joinpath(f"{names[2]}.png").read_bytes()
    )
    (folder_corpus / "original" / "notes.txt").write_text("not an image")
    with (folder_corpus / "instructions.jsonl").open("a") as file:
        file.write('not json\n{"instruction": "of nobody"}\n')

    with pytest.warns(SigmaskWarning, match=r"2 row\(s\) in the instructions of .* are no use.*line 6: not JSON"):
        corpus = load_corpus(folder_corpus)
    rows = list(corpus)

    assert len(corpus) == len(rows) == 5
    reasons = [row.reason if isinstance(row, BadSample) else None for row in rows]
    assert reasons == [BadReason.UNPAIRED, None, BadReason.UNPAIRED, None, None]
    assert [row.sample_id for row in rows] == names


@pytest.mark.parametrize("without", [1, 2])
def test_a_pair_whose_row_of_instructions_is_broken_is_flagged_if_it_can_be_told(
    without: int, folder_corpus: Path
) -> None:
    instructions = folder_corpus / "instructions.jsonl"
    lines = instructions.read_text().splitlines()
    instructions.write_text("\n".join(['{"name": "black', *lines[without:]]))

    with pytest.warns(SigmaskWarning, match="1 row"):
        pairs = list(load_corpus(folder_corpus))

    assert len(pairs) == 5
    flagged = [pair.sample_id for pair in pairs if isinstance(pair, EditPair) and pair.flags]
    assert flagged == ([json.loads(lines[0])["name"]] if without == 1 else [])


def test_broken_rows_of_instructions_beside_named_files_are_warned_of(tmp_path: Path) -> None:
    for name in ("000000000001.jpg", "000000000001_qwen1.jpg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "checkpoint-1_results.json").write_text(
        '[{"image_name": oops}, {"image_name": "000000000001.jpg", "generated_text": "go"}]'
    )
    with pytest.warns(SigmaskWarning, match=r"1 row\(s\) of .*results\.json' cannot be read"):
        (row,) = load_corpus(tmp_path).rows()
    assert isinstance(row, RawPair) and row.instruction == "go"


def test_text_that_is_not_utf8_in_parquet_costs_the_instruction_and_nothing_else(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    said = [b"fine", b"caf\xe9", b"fine"]
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def images(which: str) -> pa.Array:
        encoded = pa.array([encode_image(getattr(pair, which)) for pair in drawn_pairs[:3]], pa.binary())
        return pa.StructArray.from_arrays([encoded, not_utf8], fields=list(struct))

    not_utf8 = pa.array(said, pa.binary()).view(pa.string())
    listed = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), not_utf8)
    ids = pa.array([0, 2**62, 1], pa.timestamp("us"))  # the second is no date that Python has
    table = pa.table(
        {"id": ids, "original": images("original"), "edited": images("edited"), "text": not_utf8, "prompt": listed}
    )
    pq.write_table(table, tmp_path / "pairs.parquet")

    for column in ("text", "prompt"):
        pairs = list(load_corpus(tmp_path / "pairs.parquet", instruction=column))
        assert [pair.instruction for pair in pairs if isinstance(pair, EditPair)] == ["fine", None, "fine"]
        flagged = ((), (UNREADABLE_INSTRUCTION,), ())
        assert tuple(pair.flags for pair in pairs if isinstance(pair, EditPair)) == flagged
        assert pairs[1].sample_id == "pairs.parquet:1"


def test_text_that_is_not_utf8_in_tables_costs_the_instruction_and_nothing_else(
    jsonl_corpus: Path, csv_corpus: Path
) -> None:
    for table in (jsonl_corpus, csv_corpus):
        table.write_bytes(table.read_bytes().replace(b"add a", b"add \xe9", 1))
        with pytest.warns(SigmaskWarning, match="not UTF-8"):
            pairs = list(load_corpus(table))
        assert sum(pair.flags == (UNREADABLE_INSTRUCTION,) for pair in pairs if isinstance(pair, EditPair)) == 1
        assert len(pairs) == 5


def test_images_that_cannot_be_opened_are_rows_and_not_lost(folder_corpus: Path) -> None:
    before = len(load_corpus(folder_corpus))
    for half in ("original", "edited"):
        (folder_corpus / half / "phone.heic").write_bytes(b"\x00\x00\x00\x18ftypheic")
    rows = list(load_corpus(folder_corpus))
    assert len(rows) == before + 1
    assert [row.reason for row in rows if isinstance(row, BadSample) and row.sample_id == "phone"] == ["not_an_image"]


@pytest.mark.parametrize("layout", [("source", "target"), ("before", "after"), ("input", "output"), ("real", "fake")])
def test_other_names_of_the_two_folders_and_mixed_suffixes(
    layout: tuple[str, str], tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    for name in layout:
        (tmp_path / name / "sub").mkdir(parents=True)
    drawn = drawn_pairs[0]
    (tmp_path / layout[0] / "sub" / "v1.2.PNG").write_bytes(encode_image(drawn.original))
    (tmp_path / layout[1] / "sub" / "v1.2.webp").write_bytes(encode_image(drawn.edited, "WEBP", lossless=True))
    (tmp_path / "instructions.csv").write_text(f"file,prompt\n{layout[1]}/sub/v1.2.webp,go\nnobody.png,stay\n")

    with pytest.warns(SigmaskWarning, match="1 of 2 instructions name no pair"):
        (pair,) = load_corpus(tmp_path)

    assert isinstance(pair, EditPair)
    assert (pair.sample_id, pair.instruction) == ("sub/v1.2", "go")
    np.testing.assert_array_equal(pair.edited, drawn.edited)


def test_a_wider_root_lets_a_folder_corpus_lead_through_links(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    folder = write_folder_corpus(tmp_path / "disk" / "corpus", drawn_pairs)
    (folder / "original").rename(tmp_path / "other_disk")
    (folder / "original").symlink_to(tmp_path / "other_disk")

    refused = list(load_corpus(folder))
    assert {row.reason for row in refused if isinstance(row, BadSample)} == {BadReason.PATH_ESCAPES_ROOT}
    assert len(refused) == 5
    for root in (tmp_path, Path("/")):
        assert_same_pairs(load_corpus(folder, root=root), sorted(drawn_pairs, key=lambda pair: pair.sample_id))
    with pytest.raises(CorpusError, match=r"--root: '.*other_disk' does not hold '.*corpus'"):
        load_corpus(folder, root=tmp_path / "other_disk")


@pytest.mark.parametrize("option", ["original", "edited", "instruction", "mask"])
def test_columns_named_for_files_in_folders_are_refused(option: str, tmp_path: Path, folder_corpus: Path) -> None:
    for name in ("000000000001.jpg", "000000000001_qwen1.jpg"):
        (tmp_path / "named").mkdir(exist_ok=True)
        (tmp_path / "named" / name).write_bytes(b"")
    for corpus in (folder_corpus, tmp_path / "named"):
        with pytest.raises(CorpusError, match=f"a folder layout has no columns: .*{corpus.name}.* --{option} 'x'"):
            load_corpus(corpus, **{option: "x"})  # type: ignore[arg-type]


def test_a_wider_root_lets_files_told_apart_by_name_be_links(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    folder, other = tmp_path / "disk" / "corpus", tmp_path / "other"
    for place in (folder, other):
        place.mkdir(parents=True)
    drawn = drawn_pairs[0]
    (other / "a.jpg").write_bytes(encode_image(drawn.original))
    (folder / "000000000001.jpg").symlink_to(other / "a.jpg")
    (folder / "000000000001_qwen1.jpg").write_bytes(encode_image(drawn.edited))
    (folder / "000000000001_qwen1.png").write_bytes(encode_image(drawn.edited))

    (refused,) = load_corpus(folder)
    assert isinstance(refused, BadSample) and refused.reason is BadReason.PATH_ESCAPES_ROOT
    corpus = load_corpus(folder, root=tmp_path)
    (pair,) = corpus
    assert corpus.kind == "named files"
    assert isinstance(pair, EditPair) and pair.mask is not None
    np.testing.assert_array_equal(pair.original, drawn.original)


def test_bad_images_in_parquet_are_counted_by_reason(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    good = encode_image(drawn_pairs[0].original)
    cells = [good, None, b"", b"text, no image", good[:200], good]
    table = pa.table({"original": pa.array(cells, pa.binary()), "edited": pa.array([good] * 6, pa.binary())})
    pq.write_table(table, tmp_path / "bad.parquet")

    rows = list(load_corpus(tmp_path / "bad.parquet"))

    counted = Counter(row.reason.value for row in rows if isinstance(row, BadSample))
    assert counted == {"null_cell": 1, "empty_file": 1, "not_an_image": 1, "truncated": 1}
    assert [isinstance(row, EditPair) for row in rows] == [True, False, False, False, False, True]


def test_a_damaged_file_among_others_costs_its_rows_only(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    names = ("original", "edited", "instruction")
    write_parquet_corpus(tmp_path / "a.parquet", drawn_pairs[:2], columns=names)
    whole = write_parquet_corpus(tmp_path / "b.parquet", drawn_pairs, columns=names, row_group_size=5).read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:4] + b"\xa5" * (len(whole) // 2) + whole[4 + len(whole) // 2 :])
    (tmp_path / "c.parquet").write_bytes(b"PAR1 not really")
    write_parquet_corpus(tmp_path / "d.parquet", drawn_pairs[:1], columns=("other", "edited", "instruction"))
    write_parquet_corpus(tmp_path / "e.parquet", drawn_pairs[:1], columns=names)

    corpus = load_corpus(tmp_path)
    rows = list(corpus)

    assert len(corpus) == len(rows) == 2 + 5 + 1 + 1 + 1
    assert [(row.source_file[0], row.row_index) for row in rows[2:7]] == [("b", index) for index in range(5)]
    assert all(isinstance(row, BadSample) and row.reason is BadReason.BAD_ROW for row in rows[2:9])
    assert isinstance(rows[0], EditPair)
    assert isinstance(rows[9], EditPair)


def test_rows_decode_nothing(jsonl_corpus: Path) -> None:
    for image in (jsonl_corpus.parent / "original").iterdir():
        image.unlink()

    corpus = load_corpus(jsonl_corpus)

    assert all(isinstance(row, RawPair) for row in corpus.rows())
    assert {row.reason for row in corpus if isinstance(row, BadSample)} == {BadReason.MISSING_FILE}


def test_what_is_no_corpus_is_an_error_that_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "half" / "original").mkdir(parents=True)
    (tmp_path / "both" / "original").mkdir(parents=True)
    (tmp_path / "both" / "edited").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "broken.json").write_text("[{}")
    (tmp_path / "broken.parquet").write_text("no")
    (tmp_path / "movie.mp4").write_text("no")
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "other.parquet")
    pq.write_table(
        pa.table({"original": pa.array([], pa.binary()), "edited": pa.array([], pa.binary())}),
        tmp_path / "none.parquet",
    )

    for name, said in {
        "gone": "no such corpus",
        "half": "original lacks its other half",
        "both": "holds no pairs",
        "empty": "an empty folder",
        "empty.jsonl": "it has no rows",
        "broken.json": "JSON array ends early",
        "broken.parquet": "expected a parquet file",
        "movie.mp4": "has suffix '.mp4'",
        "other.parquet": "Found: a, b",
        "none.parquet": "holds no pairs",
    }.items():
        with pytest.raises(CorpusError, match=said):
            load_corpus(tmp_path / name)
    with pytest.raises(CorpusError, match="--root"):
        load_corpus(tmp_path / "other.parquet", original="a", edited="b", root=tmp_path / "nowhere")


def test_a_table_beside_the_folders_that_is_not_read_is_told(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_image_folders(tmp_path, drawn_pairs)
    (tmp_path / "prompts.csv").write_text("name,text\na,b\n")
    with pytest.warns(SigmaskWarning, match=r"prompts\.csv beside its folders is not read"):
        load_corpus(tmp_path).units()


@pytest.mark.skipif(os.name != "posix", reason="names of other bytes are a matter of POSIX")
def test_a_parquet_file_of_a_name_that_is_not_utf8_is_read(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_parquet_corpus(tmp_path / "plain.parquet", drawn_pairs)
    (tmp_path / "plain.parquet").rename(tmp_path / "caf\udce9.parquet")
    assert len(list(load_corpus(tmp_path))) == len(drawn_pairs)


@pytest.mark.filterwarnings("ignore:.*beside its folders is not read")
@pytest.mark.parametrize("bench", ["cocoglide/vae.jsonl", "true_edits/pairs.jsonl", "casia"])
def test_the_development_benches_are_read_whole(bench: str, shared_folder: Path) -> None:
    corpus = load_corpus(shared_folder / "data" / "bench" / bench)

    rows = list(corpus)

    assert len(rows) == len(corpus) >= 18
    assert all(isinstance(row, EditPair) and row.mask is not None and row.mask.any() for row in rows)
