"""Images that a table names are found in the tar archives beside it, or the error says how to unpack them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sigmask.data.columns import ColumnNames
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.parquet import holds_images
from sigmask.errors import CorpusError, SigmaskWarning
from sigmask.types import BadSample, EditPair
from tests.drawn_corpora import encode_image


def write_tar(path: Path, files: Mapping[str, bytes], mode: str = "w") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def images(pairs: Sequence[EditPair], which: str, folder: str) -> dict[str, bytes]:
    return {f"{folder}{pair.sample_id}.png": encode_image(getattr(pair, which)) for pair in pairs}


def conversations(pairs: Sequence[EditPair]) -> list[dict[str, Any]]:
    """The rows of GPT-Image-Edit's training JSON, with paths below one folder for each kind of image."""
    return [
        {
            "image": [f"hqedit/input/{pair.sample_id}.png", f"hqedit/output/{pair.sample_id}.png"],
            "conversations": [{"from": "human", "value": f"<image>\n{pair.instruction}"}],
        }
        for pair in pairs
    ]


def assert_drawn(corpus: Corpus, drawn: Sequence[EditPair]) -> None:
    pairs = list(corpus)
    assert len(pairs) == len(corpus) == len(drawn)
    for pair, expected in zip(pairs, drawn, strict=True):
        assert isinstance(pair, EditPair), pair
        assert pair.instruction == expected.instruction
        np.testing.assert_array_equal(pair.original, expected.original)
        np.testing.assert_array_equal(pair.edited, expected.edited)


@pytest.mark.parametrize("beside", ["as unpacked", "in place", "in a folder of its name"])
def test_gpt_image_edit_is_read_from_its_json_and_tars(
    beside: str, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    for which, folder in (("original", "input"), ("edited", "output")):
        archive, within = {
            "as unpacked": (f"tars/{folder}.tar", f"./hqedit/{folder}/"),
            "in place": (f"hqedit/{folder}-1.tar", f"{folder}/"),
            "in a folder of its name": (f"hqedit/{folder}.tar", ""),
        }[beside]
        write_tar(tmp_path / archive, images(drawn_pairs, which, within))
    table = tmp_path / "training_json" / "hqedit.json"
    table.parent.mkdir()
    table.write_text(json.dumps(conversations(drawn_pairs)))

    for corpus in (load_corpus(tmp_path), load_corpus(table, root=tmp_path)):
        assert corpus.kind == "table"
        assert corpus.known is not None and corpus.known.name == "gpt-image-edit"
        assert_drawn(corpus, drawn_pairs)


def test_a_table_of_paths_in_parquet_and_a_file_that_is_in_no_archive(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    packed = images(drawn_pairs, "original", "original/") | images(drawn_pairs[1:], "edited", "edited/")
    write_tar(tmp_path / "images.tar", packed)
    names = [f"{pair.sample_id}.png" for pair in drawn_pairs]
    columns = {"original": [f"original/{name}" for name in names], "edited": [[f"edited/{name}"] for name in names]}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")

    first, *others = load_corpus(tmp_path / "pairs.parquet")

    assert isinstance(first, BadSample) and first.reason == "missing_file"
    assert [type(row) for row in others] == [EditPair] * 4


def test_unpacked_images_are_not_looked_for_in_archives(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    for name, content in images(drawn_pairs, "original", "").items():
        (tmp_path / name).write_bytes(content)
    write_tar(tmp_path / "a.tar", images(drawn_pairs, "edited", ""))
    rows = [{"original": f"{pair.sample_id}.png", "edited": f"{pair.sample_id}.png"} for pair in drawn_pairs]
    (tmp_path / "pairs.json").write_text(json.dumps(rows))
    for pair in load_corpus(tmp_path / "pairs.json"):
        assert isinstance(pair, EditPair)
        np.testing.assert_array_equal(pair.original, pair.edited)


def test_one_path_in_two_archives_costs_its_row(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_tar(tmp_path / "a.tar", images(drawn_pairs, "original", "o/") | images(drawn_pairs, "edited", "e/"))
    write_tar(tmp_path / "b.tar", images(drawn_pairs[:1], "edited", "e/"))
    rows = [{"original": f"o/{pair.sample_id}.png", "edited": f"e/{pair.sample_id}.png"} for pair in drawn_pairs]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))

    first, *others = load_corpus(tmp_path)

    assert isinstance(first, BadSample) and "may be in several archives" in first.message
    assert all(isinstance(row, EditPair) for row in others)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("images.tar.gz", "tar -xf {folder}/images.tar.gz -C {folder}"),
        (
            "images.tar.gz.partaa",
            "cat {folder}/images.tar.gz?* > {folder}/images.tar.gz && tar -xf {folder}/images.tar.gz -C {folder}",
        ),
        (
            "images.tar.001",
            "cat {folder}/images.tar?* > {folder}/images.tar && tar -xf {folder}/images.tar -C {folder}",
        ),
    ],
)
def test_packed_archives_have_to_be_unpacked_and_the_error_says_how(
    name: str, command: str, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    write_tar(tmp_path / name, images(drawn_pairs, "original", "hqedit/input/"), "w:gz")
    (tmp_path / "hqedit.json").write_text(json.dumps(conversations(drawn_pairs)))

    for source in (tmp_path, tmp_path / "hqedit.json"):
        with pytest.raises(CorpusError) as caught:
            load_corpus(source)
        said = str(caught.value)
        assert f"the first is 'hqedit/input/{drawn_pairs[0].sample_id}.png'" in said
        assert said.endswith(f"unpack them so that this path is right: {command.format(folder=tmp_path)}")


def test_archives_of_other_paths_and_several_tables_are_told(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_tar(tmp_path / "images.tar", images(drawn_pairs, "original", "elsewhere/"))
    (tmp_path / "a.json").write_text(json.dumps(conversations(drawn_pairs)))
    with pytest.raises(CorpusError, match=r"hold other paths \('images\.tar' has 'elsewhere/.*--root"):
        load_corpus(tmp_path)
    (tmp_path / "b.json").write_text(json.dumps(conversations(drawn_pairs)))
    with pytest.raises(CorpusError, match=r"several tables .*\(a\.json, b\.json\): give the path of one"):
        load_corpus(tmp_path)


def test_tars_of_samples_are_read_as_such_whatever_table_lies_beside(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    samples = {
        f"{pair.sample_id}.{which}.png": encode_image(getattr(pair, which))
        for pair in drawn_pairs
        for which in ("original", "edited")
    }
    write_tar(tmp_path / "00000.tar", samples)
    (tmp_path / "pairs.json").write_text(json.dumps(conversations(drawn_pairs)))
    corpus = load_corpus(tmp_path)
    assert (corpus.kind, len(corpus)) == ("webdataset", 5)


def test_a_damaged_archive_is_warned_of_and_the_rest_is_read(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_tar(tmp_path / "a.tar", images(drawn_pairs, "original", "hqedit/input/"))
    write_tar(tmp_path / "b.tar", images(drawn_pairs, "edited", "hqedit/output/"))
    whole = (tmp_path / "b.tar").read_bytes()
    (tmp_path / "b.tar").write_bytes(b"\xa5" * 512 + whole[512:])
    (tmp_path / "hqedit.json").write_text(json.dumps(conversations(drawn_pairs)))

    with pytest.warns(SigmaskWarning, match=r"b\.tar': bytes 0 to"):
        rows = list(load_corpus(tmp_path / "hqedit.json"))

    assert [type(row) for row in rows] == [BadSample] + [EditPair] * 4


def test_a_half_that_is_still_packed_is_warned_of(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_tar(tmp_path / "input.tar", images(drawn_pairs, "original", "hqedit/input/"))
    write_tar(tmp_path / "output.tar.gz", images(drawn_pairs, "edited", "hqedit/output/"), "w:gz")
    (tmp_path / "hqedit.json").write_text(json.dumps(conversations(drawn_pairs)))
    with pytest.warns(SigmaskWarning, match=r"'hqedit/output/.*have to be unpacked: tar -xf .*output\.tar\.gz -C"):
        load_corpus(tmp_path / "hqedit.json")


@pytest.mark.parametrize(("cells", "held"), [("bytes", True), ("struct", True), ("path", False)])
def test_images_in_the_cells_are_told_by_the_footer_alone(
    cells: str, held: bool, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    path = tmp_path / "a.parquet"
    if cells == "path":
        names = ["a.png"] * 2
        column = pa.array([{"bytes": None, "path": name} for name in names])
        pq.write_table(pa.table({"original": names, "edited": column}), path)
    else:
        encoded = [encode_image(pair.edited) for pair in drawn_pairs[:2]]
        column = encoded if cells == "bytes" else [{"bytes": each, "path": "a.png"} for each in encoded]
        pq.write_table(pa.table({"original": column, "edited": column}), path)
    assert holds_images(path, ColumnNames("original", "edited")) is held
