"""A device that is not there is told."""

from __future__ import annotations

import pytest

from sigmask.errors import ConfigError
from sigmask.models.device import usable_device


def test_a_device_that_cannot_be_used_is_told() -> None:
    assert usable_device("cpu").type == "cpu"
    assert usable_device("auto").type in ("cpu", "cuda")
    for name in ("gpu", "cuda:63"):
        with pytest.raises(ConfigError, match=f"device: '{name}' cannot be used here"):
            usable_device(name)
