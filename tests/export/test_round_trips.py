"""Each format, opened by the tool it is made for: the same pictures, and the same masks bit for bit."""

from __future__ import annotations

import importlib
import io
import json
import sys
import tarfile
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from unittest.mock import MagicMock

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from sigmask.data.corpus import load_corpus
from sigmask.export.export import ExportOptions, export
from sigmask.export.mask_run import MaskRun
from sigmask.export.selection import Wishes
from sigmask.export.targets import hugging_face, web_dataset
from sigmask.types import EditPair, ImageArray, MaskArray
from tests.drawn_corpora import encode_image
from tests.export.drawn_run import draw_pairs, draw_turns, write_corpus, write_run

JPEG_ROW, TURNED_ROW = 1, 2

# pycocotools' own, which users never see: Python shows deprecations in tests only
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@dataclass
class Drawn:
    """A corpus with its run; `edited` and `original` are the pixels that any reader should see."""

    folder: Path
    pairs: dict[str, EditPair]
    edited: dict[str, ImageArray]
    original: dict[str, ImageArray]
    jpeg: bytes

    def export(self, target: str, val_share: float = 0.3, *, with_originals: bool = False) -> Path:
        output = self.folder / target
        accounting = export(
            MaskRun(self.folder / "run"),
            load_corpus(self.folder / "corpus"),
            output,
            target,
            Wishes(val_share=val_share, authentic=True),
            ExportOptions(workers=2, with_originals=with_originals),
            np.random.default_rng(0),
        )
        assert accounting.unaccounted == 0
        assert accounting.exported.total() == len(self.pairs)
        assert accounting.exported["val"] > 0
        return output

    def check(self, sample_id: str, authentic: bool, picture: Any, mask: Any) -> None:
        """Compare what a tool opened with what was drawn."""
        pixels = np.asarray(picture.convert("RGB") if isinstance(picture, Image.Image) else picture)
        marked = np.asarray(mask).astype(bool)
        expected: MaskArray | None = self.pairs[sample_id].mask
        assert expected is not None
        assert np.array_equal(pixels, (self.original if authentic else self.edited)[sample_id])
        assert np.array_equal(marked, np.zeros(pixels.shape[:2], bool) if authentic else expected)


@pytest.fixture
def drawn(tmp_path: Path, rng: np.random.Generator) -> Drawn:
    """Nine pairs: three in turns, one with a JPEG, one with a JPEG that its EXIF block turns upright."""
    pairs = [*draw_pairs(rng, 5), *draw_turns(rng)]
    jpeg = encode_image(pairs[JPEG_ROW].edited, "JPEG", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = encode_image(pairs[TURNED_ROW].edited[::-1, ::-1], "JPEG", quality=90, exif=exif)
    write_corpus(tmp_path / "corpus", pairs, {JPEG_ROW: {"edited": jpeg}, TURNED_ROW: {"edited": turned}})
    write_run(tmp_path / "run", pairs)
    edited = {pair.sample_id: pair.edited for pair in pairs}
    edited[pairs[JPEG_ROW].sample_id] = np.asarray(Image.open(io.BytesIO(jpeg)))
    edited[pairs[TURNED_ROW].sample_id] = np.asarray(Image.open(io.BytesIO(turned)))[::-1, ::-1]
    original = {pair.sample_id: pair.original for pair in pairs}
    return Drawn(tmp_path, {pair.sample_id: pair for pair in pairs}, edited, original, jpeg)


PICTURES = 9 + 7
"""Nine edited ones, and the originals less those of the second and third turn."""


def test_coco_is_opened_by_pycocotools(drawn: Drawn) -> None:
    from pycocotools.coco import COCO

    folder = drawn.export("coco")
    seen = 0
    for split in ("train", "val"):
        coco = COCO(folder / "annotations" / f"instances_{split}.json")
        for image in coco.imgs.values():
            annotations = coco.loadAnns(coco.getAnnIds(image["id"]))
            assert len(annotations) == (0 if image["authentic"] else 1)
            mask = np.zeros((image["height"], image["width"]), np.uint8)
            for annotation in annotations:
                mask = coco.annToMask(annotation)
                rows, columns = np.nonzero(mask)
                left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
                assert annotation["area"] == mask.sum() == len(rows)
                assert annotation["bbox"] == [left, top, right - left, bottom - top]
            picture = Image.open(folder / split / image["file_name"])
            drawn.check(image["sample_id"], image["authentic"], picture, mask)
            seen += 1
    assert seen == PICTURES
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["edited"]


def imdl_facts(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "metadata.jsonl").read_text().splitlines()
    return {Path(row["file"]).name: row for row in map(json.loads, lines)}


def test_imdl_benco_lists_pictures_and_masks(drawn: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = drawn.export("imdl-benco")
    facts = imdl_facts(folder)
    seen = 0
    for split in ("train", "val"):
        relative = json.loads((folder / f"{split}.relative.json").read_text())
        absolute = json.loads((folder / f"{split}.json").read_text())
        assert absolute == [
            [str(folder / picture), mask if mask == "Negative" else str(folder / mask)] for picture, mask in relative
        ]
        for picture, mask in absolute:
            row = facts[Path(picture).name]
            assert row["authentic"] is (mask == "Negative")
            opened = Image.open(picture).convert("RGB")
            marked = np.zeros(opened.size[::-1]) if mask == "Negative" else np.asarray(Image.open(mask).convert("L"))
            assert set(np.unique(marked)) <= {0, 255}
            drawn.check(row["sample_id"], row["authentic"], opened, marked)
            seen += 1
        names = [sorted(path.stem for path in (folder / split / kind).iterdir()) for kind in ("Tp", "Gt")]
        sorted_names = [[path.stem for path in sorted((folder / split / kind).iterdir())] for kind in ("Tp", "Gt")]
        assert names[0] == names[1] == sorted_names[0] == sorted_names[1]  # ManiDataset pairs them by sort order
    assert seen == PICTURES


class _StandIn(MetaPathFinder, Loader):
    """Stands in for what IMDL-BenCo imports for its plots and detectors, and its loaders never call."""

    _NAMES = frozenset(("fvcore", "matplotlib", "yacs", "colorama", "iopath"))

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.split(".")[0] in self._NAMES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return cast("ModuleType", MagicMock(__path__=[], __spec__=spec, __name__=spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is there."""


def imdl_loaders() -> Any:
    """The published package's `datasets`, which `make test` installs without its dependencies, for they are old."""
    finder, known = _StandIn(), set(sys.modules)
    sys.meta_path.append(finder)  # last: what is installed is used
    try:
        return importlib.import_module("IMDLBenCo.datasets")
    except ModuleNotFoundError as error:
        return pytest.skip(f"IMDL-BenCo's loaders are not at hand, {error.name} is missing: see the Makefile")
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - known:
            if isinstance(sys.modules[name], MagicMock):
                del sys.modules[name]  # another test must not find it


def test_imdl_benco_is_opened_by_its_own_loaders(drawn: Drawn) -> None:
    imdl = imdl_loaders()
    folder = drawn.export("imdl-benco")
    facts = imdl_facts(folder)
    for split in ("train", "val"):
        listed = imdl.JsonDataset(str(folder / f"{split}.json"), is_padding=True, output_size=(96, 96))
        pictures = imdl.ManiDataset(str(folder / split), is_padding=True, output_size=(96, 96))
        assert len(listed) == sum(row["split"] == split for row in facts.values())
        assert len(pictures) == sum(row["split"] == split and not row["authentic"] for row in facts.values())
        for dataset in (listed, pictures):
            for item in (dataset[index] for index in range(len(dataset))):
                row = facts[item["name"]]
                height, width = item["origin_shape"].tolist()
                mask = item["mask"][0, :height, :width].numpy()
                expected = drawn.pairs[row["sample_id"]].mask
                assert item["label"] == (0 if row["authentic"] else 1)
                assert np.array_equal(mask, np.zeros((height, width)) if row["authentic"] else expected)
                pixels = imdl.denormalize(item["image"]).numpy().transpose(1, 2, 0)[:height, :width]
                source = drawn.original if row["authentic"] else drawn.edited
                assert np.abs(pixels * 255 - source[row["sample_id"]]).max() < 0.01


def test_webdataset_is_opened_by_webdataset(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed: it comes with sigmask[dev]")
    monkeypatch.setattr(web_dataset, "SHARD_SAMPLES", 4)
    folder = drawn.export("webdataset")
    seen = 0
    for shard in sorted(folder.glob("*.tar")):
        samples = list(webdataset.WebDataset(str(shard), shardshuffle=False).decode("pil"))
        assert len(samples) <= 4
        for sample in samples:
            facts = sample["json"]
            picture = sample["jpg"] if "jpg" in sample else sample["png"]
            drawn.check(facts["sample_id"], facts["authentic"], picture, sample["mask.png"].convert("1"))
            seen += 1
    assert seen == PICTURES


def test_webdataset_tars_keep_the_corpuss_bytes_and_no_trace_of_the_machine(drawn: Drawn) -> None:
    folder = drawn.export("webdataset")
    contents = {}
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar:
                assert (member.mtime, member.uid, member.uname) == (0, 0, "")
                file = tar.extractfile(member)
                assert file is not None
                contents[member.name] = file.read()
    assert contents[f"{JPEG_ROW:09d}.jpg"] == drawn.jpeg
    assert f"{TURNED_ROW:09d}.png" in contents


def test_hugging_face_folder_is_opened_by_datasets(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: it comes with sigmask[dev]")
    monkeypatch.setattr(hugging_face, "ROW_GROUP_BYTES", 5_000)
    monkeypatch.setattr(hugging_face, "FILE_BYTES", 15_000)
    folder = drawn.export("hf")
    assert len(list((folder / "data").glob("train-*.parquet"))) > 1
    opened = datasets.load_dataset(str(folder), cache_dir=str(drawn.folder / "cache"))
    assert set(opened) == {"train", "validation"}
    seen = 0
    for split in opened.values():
        for row in split:
            assert row["mask"].mode == "1"
            drawn.check(row["sample_id"], row["authentic"], row["image"], row["mask"])
            instruction = None if row["authentic"] else drawn.pairs[row["sample_id"]].instruction
            assert row["instruction"] == instruction
            seen += 1
    assert seen == PICTURES


def test_hugging_face_has_the_originals_if_so_wished(drawn: Drawn) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: it comes with sigmask[dev]")
    folder = drawn.export("hf", val_share=0.5, with_originals=True)
    opened = datasets.load_dataset(str(folder), cache_dir=str(drawn.folder / "cache"))
    seen = 0
    for row in (row for split in opened.values() for row in split):
        drawn.check(row["sample_id"], row["authentic"], row["image"], row["mask"])
        if row["authentic"]:
            assert row["original"] is None
        else:
            assert np.array_equal(np.asarray(row["original"]), drawn.original[row["sample_id"]])
        seen += 1
    assert seen == PICTURES
    assert "`original` is the picture before the edit" in (folder / "README.md").read_text()
    settings = json.loads((folder / "export.json").read_text())["settings"]
    assert settings["originals beside the edited"] == "exported"


def test_webdataset_has_the_originals_if_so_wished(drawn: Drawn) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed: it comes with sigmask[dev]")
    folder = drawn.export("webdataset", with_originals=True)
    shards = sorted(map(str, folder.glob("*.tar")))
    samples = [each for shard in shards for each in webdataset.WebDataset(shard, shardshuffle=False).decode("pil")]
    assert len(samples) == PICTURES
    for sample in samples:
        facts = sample["json"]
        picture, mask = sample.get("jpg") or sample["png"], sample["mask.png"].convert("1")
        drawn.check(facts["sample_id"], facts["authentic"], picture, mask)
        assert ("original.png" in sample) is not facts["authentic"]
        if not facts["authentic"]:
            assert np.array_equal(np.asarray(sample["original.png"]), drawn.original[facts["sample_id"]])
    with tarfile.open(shards[0]) as tar:
        assert tar.getnames()[1].endswith(".original.png")


def test_without_the_wish_there_are_no_originals(drawn: Drawn) -> None:
    [path, *_] = sorted(drawn.export("hf").glob("data/*.parquet"))
    assert "original" not in pq.read_schema(path).names
    for shard in drawn.export("webdataset").glob("*.tar"):
        with tarfile.open(shard) as tar:
            assert not any(".original." in name for name in tar.getnames())


def test_hugging_face_parquet_holds_the_corpuss_bytes(drawn: Drawn) -> None:
    folder = drawn.export("hf")
    rows = [row for path in folder.glob("data/*.parquet") for row in pq.read_table(path).to_pylist()]
    edited = {row["row_index"]: row["image"] for row in rows if not row["authentic"]}
    assert edited[JPEG_ROW]["bytes"] == drawn.jpeg
    assert edited[TURNED_ROW]["path"].endswith(".png")


def test_plain_folders_are_a_corpus_with_masks(drawn: Drawn) -> None:
    folder = drawn.export("folders")
    facts = {row["name"]: row for row in map(json.loads, (folder / "metadata.jsonl").read_text().splitlines())}
    seen = 0
    for split in ("train", "val"):
        for pair in load_corpus(folder / split):
            assert isinstance(pair, EditPair)
            row = facts[pair.sample_id]
            assert row["split"] == split
            drawn.check(row["sample_id"], False, pair.edited, pair.mask)
            assert np.array_equal(pair.original, drawn.original[row["sample_id"]])
            assert pair.instruction == drawn.pairs[row["sample_id"]].instruction
            seen += 1
        for path in (folder / split / "authentic").iterdir():
            row = facts[path.stem]
            drawn.check(row["sample_id"], True, Image.open(path), Image.open(folder / split / "mask" / path.name))
            seen += 1
    assert seen == PICTURES
