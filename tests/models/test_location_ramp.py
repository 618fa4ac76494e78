"""The ramp that a location lays over the picture, by hand."""

from __future__ import annotations

import pytest
import torch

from sigmask.models.location_ramp import location_ramp


@pytest.mark.parametrize(
    ("side", "wanted"),
    [
        ((0, 0, 0, 0), [[0, 0, 0, 0], [0, 0, 0, 0]]),
        ((-1, 0, 0, 0), [[0.75, 0.25, -0.25, -0.75]] * 2),  # centres at -3/4, -1/4, 1/4, 3/4
        ((1, 0, 0, 0), [[-0.75, -0.25, 0.25, 0.75]] * 2),
        ((0, -1, 0, 0), [[0.5] * 4, [-0.5] * 4]),  # at -1/2, 1/2
        ((0, 1, 0, 0), [[-0.5] * 4, [0.5] * 4]),
        ((-1, -1, 0, 0), [[1, 0.75, 0.25, -0.25], [0.25, -0.25, -0.75, -1]]),  # 1.25 is clipped
        ((0, 0, 0.5, 0.5), [[0.1875, 0.6875, 0.6875, 0.1875]] * 2),  # 1 - x² - 1/4
        ((0, -1, 1, 0), [[0.375, 1, 1, 0.375], [-0.625, 0.375, 0.375, -0.625]]),  # 1/2 + 7/8 is clipped
    ],
)
def test_each_side_has_its_ramp(side: tuple[float, ...], wanted: list[list[float]]) -> None:
    ramp = location_ramp(torch.tensor([[side]], dtype=torch.float32), (2, 4))
    assert torch.equal(ramp, torch.tensor(wanted, dtype=torch.float32).reshape(1, 1, 8))


def test_each_concept_has_its_own() -> None:
    location = torch.tensor([[[-1.0, 0, 0, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 1.0, 0, 0]]])
    ramp = location_ramp(location, (2, 2))
    assert tuple(ramp.shape) == (2, 2, 4)
    assert ramp[0].tolist() == [[0.5, -0.5, 0.5, -0.5], [0.0] * 4]
    assert ramp[1].tolist() == [[0.0] * 4, [-0.5, -0.5, 0.5, 0.5]]
