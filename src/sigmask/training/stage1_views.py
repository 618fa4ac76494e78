"""What the trainer sees of a Stage I corpus: views of its pairs, in an order drawn per epoch, and batches of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from sigmask.errors import ConfigError, CorpusError, unknown_name
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.synthesis.corpus_progress import OF_DAMAGE, some_pair_files
from sigmask.synthesis.edit import FAMILIES
from sigmask.training.view import SCENE_ABSENT, SCENE_PRESENT, View, ViewMix, draw_view, edit_from_json

_ARRAYS = {"original", "edited", "edited_round_trip", "mask", "region", "concept_regions", "scene_regions", "meta"}
_SAID = {"edit", "located", "scene", "uncertain", "named", "action", "family"}
"""What is read of a pair, and of its `meta`."""


@dataclass(frozen=True, slots=True)
class KindChoice:
    """Which kinds of edits are drawn. A kind is an action ("text") or a family of makers ("material").

    Attributes:
        new: kinds that are to be learned; they are `new_share` of the views, all others are replay.
        left_out: kinds that are never drawn.
    """

    new: tuple[str, ...] = ()
    new_share: float = 0.5
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if both := sorted(set(self.new) & set(self.left_out)):
            raise ConfigError(f"a kind of edit is either new or left out, got both for {', '.join(both)}")


class Stage1Views(Dataset[View]):
    """Views of the pairs in `folder`; item N of an epoch is always the same for a seed.

    With `leave_out`, no view names a class of the fixed fifth that grounding is measured on unseen.

    Index i stands for position i of an endless sequence: epoch i // len(pairs), in an order drawn per epoch; with new
    kinds, each position draws its group and its pair.
    """

    def __init__(
        self,
        folder: Path,
        *,
        crop: int,
        seed: int,
        positions: range,
        mix: ViewMix,
        kinds: KindChoice | None = None,
        leave_out: bool = False,
    ) -> None:
        self.paths = pair_paths(folder)
        self.crop, self.seed, self.positions, self.mix, self.leave_out = crop, seed, positions, mix, leave_out
        self.new: list[Path] = []
        self.new_share = 0.0
        if kinds is not None and (kinds.new or kinds.left_out):
            self.paths, self.new = _chosen(self.paths, kinds)
            self.new_share = kinds.new_share if self.new else 0.0

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> View:
        position = self.positions[index]
        epoch, place = divmod(position, len(self.paths))
        chosen = self.paths[int(np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))[place])]
        rng = np.random.default_rng((self.seed, position, 1))
        other = json.loads(str(read_record(self.paths[rng.integers(len(self.paths))], ("meta",))["meta"]))
        if self.new and rng.random() < self.new_share:
            chosen = self.new[int(rng.integers(len(self.new)))]
        said = edit_from_json(other["edit"])
        return draw_view(read_record(chosen), said, rng, self.crop, self.mix, leave_out=self.leave_out)


def pair_paths(folder: Path) -> list[Path]:
    """The pairs of a corpus, in order.

    Raises:
        CorpusError: there are none, or the first was made by an earlier version; of the others `read_record` tells.
    """
    paths = some_pair_files(folder)
    read_record(paths[0])
    return paths


def _chosen(paths: list[Path], kinds: KindChoice) -> tuple[list[Path], list[Path]]:
    """(replay, new) of `paths`.

    Raises:
        CorpusError: a kind does not occur, or nothing is left to replay.
    """
    of_path: dict[Path, set[str]] = {}
    actions, families = set[str](), set[str]()
    for path in paths:
        meta = json.loads(str(read_record(path, ("meta",))["meta"]))
        of_path[path] = {meta["action"], meta["family"]}
        actions.add(meta["action"])
        families.add(meta["family"])
    for kind in (*kinds.new, *kinds.left_out):
        if kind not in actions | families:
            raise CorpusError(_not_in_corpus(kind, actions, families))
    kept = [path for path in paths if not of_path[path] & set(kinds.left_out)]
    new = [path for path in kept if of_path[path] & set(kinds.new)]
    replay = [path for path in kept if path not in set(new)]
    if not replay:
        raise CorpusError("every pair of the corpus is of a new or a left-out kind: nothing is left to replay")
    return replay, new


def _not_in_corpus(kind: str, actions: set[str], families: set[str]) -> str:
    if kind in FAMILIES:
        return (
            f"this corpus has no pairs of '{kind}'; sigmask train corpus --shared DIR -o CORPUS --seed 1 --families "
            f"{kind} adds some (with a seed that the corpus was not made with)"
        )
    which = f"Families (who made the pair) are {', '.join(sorted(families))}; actions are {', '.join(sorted(actions))}."
    return f"{unknown_name('kind of edit in this corpus', kind, actions | families)} {which}"


def collate_views(views: list[View]) -> dict[str, Any]:
    """A batch.

    Keys: images (B, 3, S, S) float in [0, 1]; mask and valid (B, S, S); the edits as a list; `concept_regions`
    (B, `MAX_CONCEPTS`, S, S) and `located` (B, `MAX_CONCEPTS`) bool; `scene_names`, a list of tuples, with
    `scene_regions` (B, N, S, S); changed_share (B,) and noise (B, 1, 1, 1).
    """
    size = views[0].mask.shape
    concept_regions = torch.zeros(len(views), MAX_CONCEPTS, *size)
    located = torch.zeros(len(views), MAX_CONCEPTS, dtype=torch.bool)
    scene_regions = torch.zeros(len(views), SCENE_PRESENT + SCENE_ABSENT, *size)
    for row, view in enumerate(views):
        for slot, region in view.concepts.items():
            concept_regions[row, slot], located[row, slot] = region, True
        for slot, region in enumerate(view.scene.values()):
            scene_regions[row, slot] = region
    return {
        "original": torch.stack([view.original for view in views]).float().div(255),
        "edited": torch.stack([view.edited for view in views]).float().div(255),
        "mask": torch.stack([view.mask for view in views]),
        "valid": torch.stack([view.valid for view in views]),
        "edits": [view.edit for view in views],
        "concept_regions": concept_regions,
        "located": located,
        "scene_names": [tuple(view.scene) for view in views],
        "scene_regions": scene_regions,
        "changed_share": torch.tensor([view.changed_share for view in views]),
        "noise": torch.tensor([view.noise for view in views])[:, None, None, None],
    }


def read_record(path: Path, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """A pair of the corpus as `stage1_corpus.make_record` gave it, or those keys of it.

    Raises:
        CorpusError: see `readable_pair`; also if something that training reads is not in it.
    """
    with readable_pair(path), np.load(path, allow_pickle=False) as file:
        record = {name: file[name] for name in names or file.files}
        missing = [] if names else sorted(_ARRAYS - record.keys())
        if "meta" in record:
            missing += sorted(_SAID - json.loads(str(record["meta"])).keys())
    if missing:
        raise CorpusError(
            f"{path} was made by an earlier version ({', '.join(missing)} missing): "
            f"remove {path.parent}, and make it anew"
        )
    return record


@contextmanager
def readable_pair(path: Path) -> Iterator[None]:
    """The block reads the file of a pair.

    Raises:
        CorpusError: it cannot be read, or is damaged.
    """
    try:
        yield
    except OF_DAMAGE as error:
        raise CorpusError(
            f"{path} cannot be read ({type(error).__name__}: {error}): remove it; sigmask train corpus, run again, "
            "makes it anew"
        ) from error
