"""Weights between two trainings: each a share of both, new blocks whole, and nothing between two shapes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from sigmask.errors import ConfigError, WeightsError
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained, with_decoder_blocks
from sigmask.training.weight_average import main, weights_between
from tests.models.random_locator import random_locator, with_affinity


def test_each_weight_is_a_share_of_both_and_new_blocks_are_the_second_s() -> None:
    first = random_locator(seed=1)
    second = with_decoder_blocks(random_locator(seed=2), context=1, original_content=True)
    torch.nn.init.ones_(second.decoder.context[0].contract.weight)
    between = weights_between(first, second, 0.25)
    assert between.config == second.config
    assert not between.training
    for name, value in between.state_dict().items():
        other = second.state_dict()[name]
        known = first.state_dict().get(name)
        expected = other if known is None or not other.is_floating_point() else 0.75 * known + 0.25 * other
        torch.testing.assert_close(value, expected)
    assert between.decoder.context[0].contract.weight.min() == 1


@pytest.mark.parametrize("share", [0, 1])
def test_at_the_ends_lie_the_two_themselves(share: int) -> None:
    ends = random_locator(seed=1), random_locator(seed=2)
    between = weights_between(*ends, share)
    for name, value in between.state_dict().items():
        torch.testing.assert_close(value, ends[share].state_dict()[name])


def test_between_two_shapes_lies_nothing() -> None:
    first = random_locator()
    narrow = Locator(dataclasses.replace(first.config, code_width=4))
    with pytest.raises(ConfigError, match="different shapes"):
        weights_between(first, narrow, 0.5)
    with pytest.raises(ConfigError, match="different shapes"):
        weights_between(with_decoder_blocks(first, outline=1), first, 0.5)
    with pytest.raises(ConfigError, match=r"share must be between 0 and 1, got 1\.5"):
        weights_between(first, first, 1.5)


def test_a_part_that_the_first_lacks_may_be_left_out() -> None:
    first = random_locator(seed=1)
    second = with_affinity(with_decoder_blocks(random_locator(seed=2), context=1))
    between = weights_between(first, second, 1.0, without=["affinity_blocks"])
    assert (between.config.affinity_blocks, between.config.context_blocks) == (0, 1)
    assert between.state_dict().keys() == {name for name in second.state_dict() if not name.startswith("affinity")}
    with pytest.raises(ConfigError, match="unknown part to leave out 'affinity'"):
        weights_between(first, second, 1.0, without=["affinity"])


def test_the_command_writes_a_folder_that_opens(tmp_path: Path) -> None:
    for seed in (1, 2):
        save_pretrained(random_locator(seed=seed), tmp_path / str(seed))
    main(str(tmp_path / "1"), str(tmp_path / "2"), tmp_path / "between", 0.5)
    loaded = [
        load_locator(str(tmp_path / name))[0].state_dict()["decoder.leave.bias"] for name in ("1", "2", "between")
    ]
    torch.testing.assert_close(loaded[2], (loaded[0] + loaded[1]) / 2, atol=1e-3, rtol=0)


def test_weights_that_are_there_are_replaced_on_demand_alone(tmp_path: Path) -> None:
    first, second, third = (str(tmp_path / name) for name in "abc")
    for seed, name in enumerate("abc"):
        save_pretrained(random_locator(seed=seed), tmp_path / name)
    before = (tmp_path / "c" / "model.safetensors").read_bytes()
    with pytest.raises(WeightsError, match=r"c holds weights already.*--overwrite"):
        main(first, second, Path(third), 0.5)
    assert (tmp_path / "c" / "model.safetensors").read_bytes() == before
    main(first, second, Path(third), 0.5, overwrite=True)
    assert (tmp_path / "c" / "model.safetensors").read_bytes() != before
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match="file is a file"):
        main(first, second, tmp_path / "file", 0.5, overwrite=True)
