"""The classifier as a teacher: which names it may speak of, and what it says at each place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sigmask.errors import ConfigError
from sigmask.synthesis.named_view import is_left_out, left_out_words
from sigmask.synthesis.photos import PhotoEntry
from sigmask.training.name_teacher import IMAGENET_CLASSES, NameTeacher, imagenet_names


def test_a_distribution_over_the_names_that_are_taught() -> None:
    weights, offsets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]), torch.tensor([0.0, 0.5, 0.0])
    teacher = NameTeacher(torch.nn.Identity(), (weights, offsets), ["cat", "tree", None])
    assert teacher.names == ("cat", "tree")
    said = teacher.likely(torch.tensor([[[[2.0]], [[0.0]]]]))  # one place, two features: logits 2 and 0.5
    torch.testing.assert_close(said[0, :, 0, 0], torch.tensor([2.0, 0.5]).softmax(0))


def _photos(count: int) -> list[PhotoEntry]:
    """In no order; class N is called "thing N", but for a few."""
    called = {3: "zebra", 7: "teapot", 9: None}
    made = [
        PhotoEntry(Path(f"n{index:08d}_x.jpg"), "imagenet", caption=called.get(index, f"thing {index}"))
        for index in range(count)
    ]
    return [*reversed(made), PhotoEntry(Path("a.jpg"), "coco")]


class _AllButThing5:
    """An encoder that knows every name but one."""

    name, dimension = "all but thing 5", 1

    def encode(self, phrases: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.array([[phrase not in ("", "thing 5")] for phrase in phrases], np.float32)


def test_names_are_in_the_order_of_the_classes_ids() -> None:
    names = imagenet_names(_photos(IMAGENET_CLASSES), _AllButThing5(), leave_out=False)
    assert len(names) == IMAGENET_CLASSES
    assert (names[0], names[3], names[-1]) == ("thing 0", "zebra", "thing 999")
    assert [place for place, name in enumerate(names) if name is None] == [5, 9]


def test_left_out_names_are_not_taught() -> None:
    whole = imagenet_names(_photos(IMAGENET_CLASSES), _AllButThing5(), leave_out=False)
    kept = imagenet_names(_photos(IMAGENET_CLASSES), _AllButThing5(), leave_out=True)
    for name, taught in zip(whole, kept, strict=True):
        left_out = name is not None and (is_left_out(name) or left_out_words().search(name))
        assert taught == (None if left_out else name)


def test_a_folder_that_lacks_classes_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"each of 1000 classes in imagenet/, got 12; set loss\.naming=0"):
        imagenet_names(_photos(12), _AllButThing5(), leave_out=False)
