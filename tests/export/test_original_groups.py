from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sigmask.export.original_groups import group_originals

FAR = [0x0, 0xFFFF_0000_FFFF_0000, 0x00FF_00FF_00FF_00FF, 0xF0F0_F0F0_F0F0_F0F0]


def groups(
    hashes: list[int],
    originals: list[int] | None = None,
    edited: list[int] | None = None,
    *,
    mirrored: list[int] | None = None,
) -> list[int]:
    """The groups; by default each original is its own mirror image, and no picture is another."""
    count = len(hashes)
    columns = (hashes, mirrored or hashes, originals or range(100, 100 + count), edited or range(200, 200 + count))
    return group_originals(*(np.array(list(column), np.uint64) for column in columns)).tolist()


def test_near_originals_are_one_and_are_counted_by_first_appearance() -> None:
    assert groups([FAR[1], FAR[0], FAR[1] ^ 0b111, FAR[2], FAR[0]]) == [0, 1, 0, 2, 1]
    assert groups([FAR[0], FAR[0] ^ 0b1111]) == [0, 1]


def test_an_original_and_its_mirror_image_are_one() -> None:
    # row 2 is row 0 mirrored and compressed again, row 1 another picture
    assert groups([FAR[0], FAR[1], FAR[2] ^ 0b1], mirrored=[FAR[2], FAR[3], FAR[0] ^ 0b11]) == [0, 1, 0]


def test_nearness_goes_along_a_chain() -> None:
    assert groups([0b0, 0b111111, 0b111]) == [0, 0, 0]


def test_an_edit_of_an_edit_belongs_to_the_first_original() -> None:
    # row 0 makes picture 8 of 7, row 2 makes 9 of 8, row 1 makes 5 of 4
    assert groups(FAR[:3], [7, 4, 8], [8, 5, 9]) == [0, 1, 0]


def test_an_unchanged_picture_links_nothing_else() -> None:
    assert groups(FAR[:2], [7, 4], [7, 5]) == [0, 1]


def test_no_pairs_no_groups() -> None:
    assert groups([]) == []


@given(st.lists(st.sampled_from([0, 1, 7, 15, 31, FAR[1], FAR[1] ^ 3, FAR[2]]), max_size=12))
def test_the_grouping_is_that_of_all_comparisons(hashes: list[int]) -> None:
    found = groups(hashes)
    labels = list(range(len(hashes)))
    for _ in hashes:  # spread the smallest label until nothing changes
        for one, first in enumerate(hashes):
            for other, second in enumerate(hashes):
                if (first ^ second).bit_count() <= 3:
                    labels[one] = min(labels[one], labels[other])
    names = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    assert found == [names[label] for label in labels]
