"""Draws tiny copies of published benchmarks, file by file as they are published, from pairs whose masks are known."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.types import EditPair, MaskArray
from tests.drawn_corpora import encode_image

Writer = Callable[[Path, Sequence[EditPair]], None]


def put(root: Path, name: str, image: np.ndarray) -> None:
    """The picture as a PNG, whatever its name says, so that pixels come back exactly."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_image(image))


def grey(mask: MaskArray | None) -> np.ndarray:
    """White where marked."""
    assert mask is not None
    return mask.astype(np.uint8) * 255


def two_coloured(mask: MaskArray | None) -> np.ndarray:
    """Columbia's way: green where spliced and red elsewhere, each brighter in the upper half."""
    assert mask is not None
    picture = np.zeros((*mask.shape, 3), np.uint8)
    picture[..., 1][mask] = 150
    picture[..., 0][~mask] = 150
    picture[: mask.shape[0] // 2][picture[: mask.shape[0] // 2] > 0] = 255
    return picture


def write_csv(path: Path, rows: Sequence[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_cocoglide_512(root: Path, pairs: Sequence[EditPair]) -> None:
    rows = []
    for index, pair in enumerate(pairs):
        number = 114871 + index
        row = {
            "real": f"real/dining table_{number}.png",
            "fake": f"fake/glide_inpainting_val2017_{number}_up.png",
            "mask": f"mask/dining table_{number}_mask.png",
            "prompt": pair.instruction or "",
        }
        for key, image in (("real", pair.original), ("fake", pair.edited), ("mask", grey(pair.mask))):
            put(root, row[key], image)
        rows.append(row)
    write_csv(root / "table.csv", rows, encoding="utf-8-sig")


def write_magicbrush_dev(root: Path, pairs: Sequence[EditPair]) -> None:
    """All turns of one photograph, so that their ids are one; masks are transparent holes and white regions in turn."""

    def mask(index: int, pair: EditPair) -> np.ndarray:
        if index % 2:
            return grey(pair.mask)
        return np.dstack([pair.original, 255 - grey(pair.mask)])

    def struct(image: np.ndarray) -> dict[str, object]:
        return {"bytes": encode_image(image), "path": None}

    table = pa.table(
        {
            "img_id": ["242679"] * len(pairs),
            "turn_index": pa.array(range(1, len(pairs) + 1), pa.int32()),
            "source_img": [struct(pair.original) for pair in pairs],
            "mask_img": [struct(mask(index, pair)) for index, pair in enumerate(pairs)],
            "instruction": [pair.instruction for pair in pairs],
            "target_img": [struct(pair.edited) for pair in pairs],
        }
    )
    (root / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(table, root / "data" / "dev-00000-of-00001.parquet", row_group_size=2)
    pq.write_table(table, root / "data" / "train-00000-of-00001.parquet")


def write_magicbrush_test(root: Path, pairs: Sequence[EditPair]) -> None:
    sessions: dict[str, list[dict[str, str | None]]] = {}
    for index, pair in enumerate(pairs):
        session = str(84031 + index // 2)
        turns = sessions.setdefault(session, [])
        turn = len(turns) + 1
        names = {key: f"{session}-{key}{turn}.png" for key in ("input", "mask", "output")}
        for key, image in (("input", pair.original), ("mask", grey(pair.mask)), ("output", pair.edited)):
            put(root, f"test/images/{session}/{names[key]}", image)
        turns.append({**names, "instruction": pair.instruction})
    (root / "test" / "edit_sessions.json").write_text(json.dumps(sessions))


def write_autosplice(root: Path, pairs: Sequence[EditPair]) -> None:
    for index, pair in enumerate(pairs):
        number = 39406 + index
        put(root, f"Authentic/{number}.jpg", pair.original)
        put(root, f"Mask/{number}_mask.png", grey(pair.mask))
        for quality in (100, 90, 75):
            put(root, f"Forged_JPEG{quality}/{number}_0.jpg", pair.edited)


def write_deal_300k(root: Path, pairs: Sequence[EditPair]) -> None:
    instructions = []
    for index, pair in enumerate(pairs):
        number = f"{139 + index:012d}"
        put(root, f"test/{number}.jpg", pair.original)
        put(root, f"test/{number}_qwen120.jpg", pair.edited)
        put(root, f"label/{number}_qwen120.png", grey(pair.mask))
        instructions.append({"image_name": f"{number}.jpg", "generated_text": pair.instruction})
    (root / "instructions").mkdir()
    (root / "instructions" / "checkpoint-120_dev_results.json").write_text(json.dumps(instructions))
    other = [row | {"generated_text": "of another checkpoint"} for row in instructions]
    (root / "instructions" / "checkpoint-180_dev_results.json").write_text(json.dumps(other))


def write_sagi_d(root: Path, pairs: Sequence[EditPair]) -> None:
    rows = []
    for index, pair in enumerate(pairs):
        name = f"coco_{index:012d}"
        row = {
            "img_path": f"sagid\\brushnet\\coco\\{name}_brushnet_sd1-5_1_None.jpg",
            "mask_path": f"sagid\\mask\\coco\\{name}.png",
            "src_path": f"sagid\\original\\coco\\{name}.jpg",
            "prompt": pair.instruction or "",
            "split": "test",
            "type": "sp",
            "inpainting_model": "brushnet",
        }
        for key, image in (("img_path", pair.edited), ("mask_path", grey(pair.mask)), ("src_path", pair.original)):
            put(root, row[key].replace("\\", "/").removeprefix("sagid/"), image)
        rows.append(row)
    rows.append(rows[0] | {"split": "train", "img_path": "sagid\\brushnet\\coco\\never_looked_at.jpg"})
    write_csv(root / "sagid.csv", rows)


def write_ultraedit_region(root: Path, pairs: Sequence[EditPair]) -> None:
    (root / "data").mkdir(parents=True)
    for shard in range(2):
        held = pairs[shard::2]
        table = pa.table(
            {
                "source_image": [{"bytes": encode_image(pair.original), "path": None} for pair in held],
                "edited_image": [{"bytes": encode_image(pair.edited), "path": None} for pair in held],
                "mask_image": [{"bytes": encode_image(grey(pair.mask)), "path": None} for pair in held],
                "edit_prompt": [pair.instruction for pair in held],
            }
        )
        pq.write_table(table, root / "data" / f"RegionBase-0000{shard}-of-00002.parquet")


def write_casia_v1(root: Path, pairs: Sequence[EditPair]) -> None:
    """Copy-moves, whose original can be told; `write_casia_traps` adds what is misnamed."""
    for index, pair in enumerate(pairs):
        name = f"Sp_S_NNN_A_pla{index:04d}_pla{index:04d}_{200 + index:04d}"
        put(root, f"Au/Au_pla_{index:04d}.jpg", pair.original)
        put(root, f"Tp/CM/{name}.jpg", pair.edited)
        put(root, f"CASIA 1.0 groundtruth/CM/{name}_gt.png", grey(pair.mask))


def write_coverage(root: Path, pairs: Sequence[EditPair]) -> None:
    for number, pair in enumerate(pairs, start=1):
        put(root, f"image/{number}.tif", pair.original)
        put(root, f"image/{number}t.tif", pair.edited)
        put(root, f"mask/{number}forged.tif", grey(pair.mask))
        for other in ("copy", "paste"):
            put(root, f"mask/{number}{other}.tif", 255 - grey(pair.mask))


def write_columbia(root: Path, pairs: Sequence[EditPair]) -> None:
    """In a folder of its own, as its archive unpacks; masks are JPEGs of two colours."""
    inner = root / "ImSpliceDataset"
    for number, pair in enumerate(pairs, start=1):
        name = f"canong3_canonxt_sub_{number:02d}"
        put(inner, f"4cam_splc/{name}.tif", pair.edited)
        put(inner, f"4cam_auth/canong3_{number:02d}.tif", pair.original)
        mask = inner / f"4cam_splc/edgemask/{name}_edgemask.jpg"
        mask.parent.mkdir(parents=True, exist_ok=True)
        mask.write_bytes(encode_image(two_coloured(pair.mask), "JPEG", quality=95, subsampling=0))
        put(inner, f"4cam_auth/edgemask/canong3_{number:02d}_edgemask.jpg", two_coloured(pair.mask))


def write_nist16(root: Path, pairs: Sequence[EditPair]) -> None:
    rows = []
    for index, pair in enumerate(pairs):
        put(root, f"probe/NC2016_{index:04d}.jpg", pair.edited)
        put(root, f"world/NC2016_{index + 5000}.jpg", pair.original)
        put(root, f"reference/manipulation/mask/NC2016_{index:04d}_gt.png", 255 - grey(pair.mask))
        rows.append(
            {
                "TaskID": "manipulation",
                "ProbeFileID": f"NC2016_{index:04d}",
                "ProbeFileName": f"probe/NC2016_{index:04d}.jpg",
                "ProbeMaskFileName": f"reference/manipulation/mask/NC2016_{index:04d}_gt.png",
                "IsTarget": "Y",
                "IsManipulationTypeRemoval": "N",
                "IsManipulationTypeSplice": "Y",
                "IsManipulationTypeCopyClone": "N",
                "BaseFileName": f"world/NC2016_{index + 5000}.jpg",
            }
        )
    put(root, "probe/NC2016_9000.jpg", pairs[0].original)
    authentic = rows[0] | {"ProbeFileID": "NC2016_9000", "ProbeFileName": "probe/NC2016_9000.jpg", "IsTarget": "N"}
    authentic |= {"ProbeMaskFileName": "", "BaseFileName": "", "IsManipulationTypeSplice": "N"}
    write_csv(root / "reference/manipulation/NC2016-manipulation-ref.csv", [*rows, authentic], delimiter="|")


def write_imd2020(root: Path, pairs: Sequence[EditPair]) -> None:
    for index, pair in enumerate(pairs):
        case = f"1a{index}ogs"
        put(root, f"{case}/{case}_orig.jpg", pair.original)
        put(root, f"{case}/c8tf{index}mq_0.{'png' if index % 2 else 'jpg'}", pair.edited)
        put(root, f"{case}/c8tf{index}mq_0_mask.png", grey(pair.mask))


WRITERS: dict[str, Writer] = {
    "cocoglide_512": write_cocoglide_512,
    "magicbrush_dev": write_magicbrush_dev,
    "magicbrush_test": write_magicbrush_test,
    "autosplice": write_autosplice,
    "autosplice_90": write_autosplice,
    "autosplice_75": write_autosplice,
    "deal_300k": write_deal_300k,
    "sagi_d": write_sagi_d,
    "ultraedit_region": write_ultraedit_region,
    "casia_v1": write_casia_v1,
    "coverage": write_coverage,
    "columbia": write_columbia,
    "nist16": write_nist16,
    "imd2020": write_imd2020,
}
"""Every published benchmark of the registry; a test holds the two together."""
