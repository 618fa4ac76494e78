from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sigmask.annotation.pipeline import annotate
from sigmask.annotation.write_errors import OutputWriteError
from sigmask.data.corpus import load_corpus
from sigmask.data.image_decoding import decode_image
from sigmask.errors import SigmaskError, SigmaskWarning
from sigmask.export import export as export_module
from sigmask.export.accounting import Accounting
from sigmask.export.export import ExportOptions, export
from sigmask.export.expression import parse_filter
from sigmask.export.mask_run import MaskRun
from sigmask.export.output_folder import ExportExistsError, whole_folder
from sigmask.export.selection import Wishes
from sigmask.export.targets import TARGETS
from sigmask.types import UNREADABLE_INSTRUCTION, EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import COLOURS, draw_photo
from tests.drawn_corpora import encode_image, write_image_folders, write_table_corpus
from tests.export.drawn_run import draw_edit, draw_pairs, draw_turns, write_corpus, write_run
from tests.file_size_limit import file_size_limit

# pycocotools' own, which users never see: Python shows deprecations in tests only
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


COLOUR_VALUES = list(COLOURS.values())


def run_export(
    folder: Path,
    target: str = "folders",
    *,
    output: str = "out",
    seed: int = 0,
    workers: int = 2,
    overwrite: bool = False,
    **wishes: Any,
) -> Accounting:
    return export(
        MaskRun(folder / "run"),
        load_corpus(folder / "corpus"),
        folder / output,
        target,
        Wishes(**wishes),
        ExportOptions(seed, workers=workers, overwrite=overwrite),
        np.random.default_rng(seed),
    )


def metadata(folder: Path, output: str = "out") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / output / "metadata.jsonl").read_text().splitlines()]


def hashes_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_row_is_accounted_for(tmp_path: Path, rng: np.random.Generator) -> None:
    """One row of each fate: filtered twice over, duplicate, unreadable, changed in size, gone, never annotated."""
    pairs = draw_pairs(rng, 12)
    broken = {7: {"edited": b"no picture"}, 8: {"edited": encode_image(draw_photo(rng, 30, 30))}}
    pairs[5] = EditPair("id005", pairs[4].original, pairs[4].edited, "the same again", None, pairs[4].mask)
    write_corpus(tmp_path / "corpus", pairs[:11], broken)
    qualities = [0.9] * 12
    qualities[1], qualities[2], qualities[7] = 0.5, 0.1, 0.9
    write_run(tmp_path / "run", pairs, qualities=qualities, leave_out=[10])
    accounting = run_export(
        tmp_path, rules=parse_filter("quality > 0.2 and quality > 0.6"), drop_near_duplicates=True, val_share=0.2
    )
    assert accounting.rows == 11
    assert accounting.filtered == {"trusted": 0, "marked": 0, "aligned": 0, "quality > 0.2": 1, "quality > 0.6": 1}
    assert accounting.near_duplicates == 1
    assert accounting.bad == {"not_an_image": 1, "bad_mask": 1}
    assert accounting.missing == 1
    assert accounting.without_mask == 1
    assert accounting.exported == {"train": 4, "val": 1}
    assert accounting.unaccounted == 0
    assert [line.split(":")[0] for line in accounting.first_bad] == ["id007", "id008"]
    assert sorted(row["row_index"] for row in metadata(tmp_path)) == [0, 3, 4, 6, 9]
    stored = json.loads((tmp_path / "out" / "export.json").read_text())["counts"]
    assert stored["exported"] == {"train": 4, "val": 1}
    assert stored["filtered"] == {"trusted": 0, "marked": 0, "aligned": 0, "quality > 0.2": 1, "quality > 0.6": 1}


@pytest.mark.parametrize("quality", [70, 85])
def test_pairs_that_were_compressed_again_are_near_duplicates(
    quality: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    """Of two edits of each of three originals; the masks of the compressed ones lie two pixels beside the others."""
    pairs, again = [], []
    for number in range(6):
        original = draw_photo(np.random.default_rng(number // 2), 256, 256)
        pair = draw_edit(rng, original, f"e{number}")
        pair.edited[pair.mask] = COLOUR_VALUES[number]
        pairs.append(pair)
        again.append(replace(pair, sample_id=f"again{number}", mask=np.roll(pair.mask, (2, -2), (0, 1))))
    cells = {
        6 + number: {
            "original": encode_image(pair.original, "JPEG", quality=quality),
            "edited": encode_image(pair.edited, "JPEG", quality=quality),
        }
        for number, pair in enumerate(pairs)
    }
    write_corpus(tmp_path / "corpus", [*pairs, *again], cells)
    write_run(tmp_path / "run", [*pairs, *again], qualities=[0.9] * 6 + [0.8] * 6)
    accounting = run_export(tmp_path, val_share=0.0, drop_near_duplicates=True)
    assert (accounting.near_duplicates, accounting.exported["train"]) == (6, 6)
    assert [row["sample_id"] for row in metadata(tmp_path)] == [pair.sample_id for pair in pairs]


def test_pictures_that_changed_since_they_were_annotated_are_left_out(tmp_path: Path, rng: np.random.Generator) -> None:
    """Same files, ids, rows and sizes, two pictures of them others: an original, and an edited one."""
    pairs = draw_pairs(rng, 6)
    annotate(load_corpus(write_corpus(tmp_path / "corpus", pairs)), FakeAnnotator(), tmp_path / "run")
    others = [encode_image(draw_photo(rng, *pairs[row].edited.shape[:2])) for row in (1, 4)]
    write_corpus(tmp_path / "corpus", pairs, {1: {"original": others[0]}, 4: {"edited": others[1]}})
    accounting = run_export(tmp_path, keep_empty=True, keep_unaligned=True, val_share=0.0)
    assert accounting.bad == {"changed": 2}
    assert [line.split(":")[0] for line in accounting.first_bad] == ["id001", "id004"]
    assert [row["row_index"] for row in metadata(tmp_path)] == [0, 2, 3, 5]


@pytest.mark.parametrize("target", TARGETS)
def test_an_id_that_is_not_utf8_costs_nothing(target: str, tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = [replace(pair, sample_id=f"{pair.sample_id}\udce9") for pair in draw_pairs(rng, 3)]
    write_image_folders(tmp_path / "corpus", pairs)
    annotate(load_corpus(tmp_path / "corpus"), FakeAnnotator(), tmp_path / "run")
    accounting = run_export(tmp_path, target, keep_empty=True, keep_unaligned=True, val_share=0.0)
    assert accounting.exported == {"train": 3} and not accounting.bad


@pytest.mark.parametrize("target", TARGETS)
def test_halves_of_one_picture_are_exported_as_two(target: str, tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    both = [np.concatenate([pair.original, pair.edited], axis=1) for pair in pairs]
    table = pa.table({"picture": [encode_image(picture) for picture in both], "text": ["add a thing"] * 3})
    (tmp_path / "corpus").mkdir()
    pq.write_table(table, tmp_path / "corpus" / "pairs.parquet")
    corpus = load_corpus(tmp_path / "corpus", original="picture[left]", edited="picture[right]", instruction="text")
    annotate(corpus, FakeAnnotator(), tmp_path / "run")
    accounting = export(
        MaskRun(tmp_path / "run"), corpus, tmp_path / "out", target,
        Wishes(keep_empty=True, keep_unaligned=True, val_share=0.0, authentic=True),
        ExportOptions(), np.random.default_rng(0),
    )  # fmt: skip
    assert accounting.exported == {"train": 3} and accounting.authentic == {"train": 3} and not accounting.bad
    if target == "folders":
        row = next(row for row in metadata(tmp_path) if row["row_index"] == 1 and not row["authentic"])
        written = decode_image(tmp_path / "out" / row["file"])
        np.testing.assert_array_equal(written, pairs[1].edited)


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_bytes_for_any_number_of_workers_and_again(
    target: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    pairs = [*draw_pairs(rng, 6), *draw_turns(rng)]
    write_corpus(tmp_path / "corpus", pairs)
    write_run(tmp_path / "run", pairs)
    run_export(tmp_path, target, workers=1, authentic=True, val_share=0.3)
    first = hashes_of(tmp_path / "out")
    run_export(tmp_path, target, workers=3, authentic=True, val_share=0.3, overwrite=True)
    assert hashes_of(tmp_path / "out") == first
    run_export(tmp_path, target, seed=5, authentic=True, val_share=0.3, overwrite=True)
    assert hashes_of(tmp_path / "out") != first


def test_edits_of_one_original_are_never_separated(tmp_path: Path, rng: np.random.Generator) -> None:
    """Four originals with three edits each, their originals compressed anew each time, as corpora hold them."""
    pairs = []
    cells: dict[int, dict[str, bytes]] = {}
    for _ in range(3):
        for number in range(4):
            original = draw_photo(np.random.default_rng(number), 96, 96)
            cells[len(pairs)] = {"original": encode_image(original, "JPEG", quality=int(rng.integers(70, 99)))}
            pairs.append(draw_edit(rng, original, f"o{number}e{len(pairs)}"))
    write_corpus(tmp_path / "corpus", pairs, cells)
    write_run(tmp_path / "run", pairs)
    for seed in range(3):
        run_export(tmp_path, seed=seed, val_share=0.25, authentic=True, overwrite=seed > 0)
        rows = metadata(tmp_path)
        splits = {
            name: {row["split"] for row in rows if row["sample_id"][:2] == name} for name in ("o0", "o1", "o2", "o3")
        }
        assert sorted(len(found) for found in splits.values()) == [1, 1, 1, 1]
        assert sum(found == {"val"} for found in splits.values()) == 1
        assert len({row["original_group"] for row in rows}) == 4
        assert sum(row["authentic"] for row in rows) == 4  # each original once


def test_a_mirrored_original_is_the_same_one(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 4)
    assert pairs[0].mask is not None
    mirrored = replace(
        pairs[0],
        sample_id="mirrored",
        original=pairs[0].original[:, ::-1],
        edited=pairs[0].edited[:, ::-1],
        mask=np.ascontiguousarray(pairs[0].mask[:, ::-1]),
    )
    write_corpus(tmp_path / "corpus", [*pairs, mirrored])
    write_run(tmp_path / "run", [*pairs, mirrored])
    run_export(tmp_path)
    assert [row["original_group"] for row in metadata(tmp_path)] == [0, 1, 2, 3, 0]


def test_the_result_of_an_edit_is_never_called_authentic(tmp_path: Path, rng: np.random.Generator) -> None:
    """…even if the row whose result it is was filtered away, or the picture was encoded anew."""
    pairs = draw_turns(rng)
    write_corpus(tmp_path / "corpus", pairs, {2: {"original": encode_image(pairs[2].original, "BMP")}})
    write_run(tmp_path / "run", pairs, qualities=[0.9, 0.1, 0.9, 0.9])
    accounting = run_export(tmp_path, authentic=True, val_share=0.0, rules=parse_filter("quality > 0.5"))
    authentic = [row["sample_id"] for row in metadata(tmp_path) if row["authentic"]]
    assert authentic == ["turn0", "single"]
    assert accounting.not_authentic == 1
    groups = {row["sample_id"]: row["original_group"] for row in metadata(tmp_path)}
    assert groups["turn0"] == groups["turn2"] != groups["single"]


def test_an_original_that_the_editor_left_alone_stays_authentic(tmp_path: Path, rng: np.random.Generator) -> None:
    pair = draw_pairs(rng, 1)[0]
    untouched = EditPair("same", pair.original, pair.original, "do it", None, np.zeros_like(pair.mask))
    write_corpus(tmp_path / "corpus", [pair, untouched])
    write_run(tmp_path / "run", [pair, untouched])
    assert run_export(tmp_path, authentic=True, val_share=0.0).authentic == {"train": 1}


def test_of_near_duplicates_the_best_stays(tmp_path: Path, rng: np.random.Generator) -> None:
    original = draw_photo(rng, 96, 96)
    one, other = (draw_edit(rng, original, name) for name in ("one", "other"))
    again = EditPair("again", original, one.edited, "once more", None, one.mask)
    pairs = [one, again, other]
    write_corpus(tmp_path / "corpus", pairs, {1: {"edited": encode_image(one.edited, "JPEG", quality=92)}})
    write_run(tmp_path / "run", pairs, qualities=[0.6, 0.8, 0.7])
    accounting = run_export(tmp_path, drop_near_duplicates=True, val_share=0.0)
    assert accounting.near_duplicates == 1
    assert [row["sample_id"] for row in metadata(tmp_path)] == ["again", "other"]


def test_what_annotate_writes_is_what_export_reads(tmp_path: Path, folder_corpus: Path) -> None:
    victim = sorted((folder_corpus / "edited").iterdir())[1]
    victim.write_bytes(b"")
    corpus = load_corpus(folder_corpus)
    annotate(corpus, FakeAnnotator(), tmp_path / "run")
    run = MaskRun(tmp_path / "run")
    assert (run.model, run.fingerprint) == ("fake", "fake-0123456789abcdef")
    options, rng = ExportOptions(), np.random.default_rng(0)
    accounting = export(run, corpus, tmp_path / "out", "folders", Wishes(val_share=0.0), options, rng)
    assert (accounting.rows, accounting.exported["train"], accounting.without_mask) == (4, 4, 1)
    written = {
        row["sample_id"]: row
        for part in (tmp_path / "run").glob("masks-*.parquet")
        for row in pq.read_table(part).to_pylist()
    }
    for row in metadata(tmp_path):
        mask = (tmp_path / "out" / "train" / "mask" / f"{row['name']}.png").read_bytes()
        assert mask == written[row["sample_id"]]["mask"]["bytes"]


def test_a_row_whose_instruction_cannot_be_read_is_exported_without(
    tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    table = write_table_corpus(tmp_path / "corpus", drawn_pairs)
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    rows[0]["instruction"] = 7
    table.write_text("\n".join(map(json.dumps, rows)))
    corpus = load_corpus(table)
    annotate(corpus, FakeAnnotator(), tmp_path / "run")

    options, rng = ExportOptions(), np.random.default_rng(0)
    wishes = Wishes(val_share=0.0)
    accounting = export(MaskRun(tmp_path / "run"), corpus, tmp_path / "out", "folders", wishes, options, rng)

    assert accounting.exported["train"] == 5
    unread = [row for row in metadata(tmp_path) if row["instruction"] is None]
    assert [row["sample_id"] for row in unread] == [drawn_pairs[0].sample_id]
    assert UNREADABLE_INSTRUCTION in unread[0]["flags"]


def test_a_corpus_that_was_not_annotated_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(tmp_path / "run", pairs)
    write_corpus(tmp_path / "corpus", list(reversed(pairs)))
    with pytest.raises(SigmaskError, match="is 'id002' in the corpus and 'id000' in"):
        run_export(tmp_path)
    (tmp_path / "corpus" / "pairs.parquet").rename(tmp_path / "corpus" / "others.parquet")
    with pytest.raises(SigmaskError, match=r"no row of .* is in the corpus"):
        run_export(tmp_path)
    assert not (tmp_path / "out").exists()


def test_rows_that_mark_nothing_are_left_out_unless_wished_for(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 4)
    write_corpus(tmp_path / "corpus", pairs)
    changes = {1: {"flags": ["doubtful"]}, 2: {"area_fraction": 0.0, "scope": "none"}}
    write_run(tmp_path / "run", pairs, changes=changes)
    accounting = run_export(tmp_path, val_share=0.0)
    assert accounting.filtered == {"trusted": 1, "marked": 1, "aligned": 0}
    assert [row["row_index"] for row in metadata(tmp_path)] == [0, 3]
    kept = run_export(tmp_path, output="all", val_share=0.0, keep_empty=True)
    assert kept.filtered == {"aligned": 0} and kept.exported == {"train": 4}


def test_pairs_that_agree_nowhere_are_left_out_unless_wished_for(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_corpus(tmp_path / "corpus", pairs)
    write_run(tmp_path / "run", pairs, changes={1: {"flags": ["resized", "unaligned"]}})
    accounting = run_export(tmp_path, val_share=0.0)
    assert accounting.filtered == {"trusted": 0, "marked": 0, "aligned": 1}
    assert [row["row_index"] for row in metadata(tmp_path)] == [0, 2]
    assert run_export(tmp_path, output="all", val_share=0.0, keep_unaligned=True).exported == {"train": 3}


def test_nothing_left_means_nothing_written(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    accounting = run_export(tmp_path, rules=parse_filter("quality > 0.9"))
    assert accounting.filtered == {"trusted": 0, "marked": 0, "aligned": 0, "quality > 0.9": 3}
    assert accounting.unaccounted == 0
    assert not (tmp_path / "out").exists()


def test_only_an_export_is_ever_overwritten(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    (tmp_path / "out").mkdir()  # an empty folder is free
    run_export(tmp_path)
    with pytest.raises(ExportExistsError, match="--overwrite"):
        run_export(tmp_path)
    run_export(tmp_path, "coco", overwrite=True)
    assert not (tmp_path / "out" / "metadata.jsonl").exists()
    (tmp_path / "out" / "export.json").unlink()
    with pytest.raises(ExportExistsError, match="is no export"):
        run_export(tmp_path, overwrite=True)
    with pytest.raises(ExportExistsError, match="is no export"):
        run_export(tmp_path, output="corpus", overwrite=True)
    with pytest.raises(ExportExistsError, match="is a file"):
        run_export(tmp_path, output="corpus/pairs.parquet", overwrite=True)


def test_a_broken_export_leaves_the_earlier_one_and_nothing_else(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    run_export(tmp_path)
    before = hashes_of(tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(export_module, "mask_coverage", lambda rle: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_export(tmp_path, "coco", overwrite=True)
    assert hashes_of(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "out", "run"]
    # what a killed export left behind is cleared away; a folder of that name which is not ours is not
    left = tmp_path / "out.partial"
    left.mkdir()
    (left / "mine.txt").touch()
    with pytest.raises(ExportExistsError, match="in the way"):
        run_export(tmp_path, overwrite=True)
    (left / ".sigmask-export").touch()
    run_export(tmp_path, overwrite=True)
    assert hashes_of(tmp_path / "out") == before


@pytest.mark.parametrize("target", TARGETS)
def test_a_disk_that_is_full_is_told_with_the_folders_name(
    target: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    pairs = draw_pairs(rng, 8)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    run_export(tmp_path, val_share=0.0)
    before = hashes_of(tmp_path / "out")
    with (
        file_size_limit(1_000),
        pytest.raises(OutputWriteError, match=r"cannot write .*out: File too large\. Nothing of it is kept"),
    ):
        run_export(tmp_path, target, overwrite=True)
    assert hashes_of(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "out", "run"]


def test_a_folder_that_may_not_be_made_is_told(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    (tmp_path / "file").touch()
    with pytest.raises(OutputWriteError, match=r"cannot write .*file/out: Not a directory"):
        run_export(tmp_path, output="file/out")


def test_only_an_error_of_writing_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "out"):
        (tmp_path / "a corpus").read_bytes()
    assert not list(tmp_path.iterdir())


def test_an_unfinished_run_is_exported_with_a_warning(tmp_path: Path, rng: np.random.Generator) -> None:
    pairs = draw_pairs(rng, 3)
    write_run(write_corpus(tmp_path / "corpus", pairs).parent / "run", pairs)
    (tmp_path / "run" / "summary.json").unlink()
    with pytest.warns(SigmaskWarning, match="not finished"):
        assert run_export(tmp_path).exported.total() == 3


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(SigmaskError, match="--val-share"):
        Wishes(val_share=share)
