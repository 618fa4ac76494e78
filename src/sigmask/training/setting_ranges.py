"""Ranges that a training's settings lie in. Pydantic checks them, so that a value outside is told with its key."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sigmask.errors import ConfigError
from sigmask.models.backbone import Backbone

Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]


def _rising(shares: tuple[float, float]) -> tuple[float, float]:
    if shares[0] > shares[1]:
        raise ValueError("two shares of which the second is no smaller, since it grows over the run")
    return shares


RisingShares = Annotated[tuple[Share, Share], AfterValidator(_rising)]
Factor = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def require_fitting_side(key: str, side: int, backbone: Backbone) -> None:
    """Refuse squares of `side` pixels, the setting `key`, that the backbone cannot take.

    Raises:
        ConfigError: if it is no multiple of what the backbone needs.
    """
    if reason := backbone.why_unfit(side):
        nearest = max(1, round(side / backbone.size_multiple)) * backbone.size_multiple
        raise ConfigError(f"'{key}': {reason}; set {key}={nearest}")
