"""The result of a method on a benchmark: plain numbers, None where one is undefined, so that JSON holds all of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sigmask.errors import SigmaskError
from sigmask.evaluation.significance import Interval
from sigmask.types import BadSample

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class ResultError(SigmaskError):
    """A stored result is damaged, or another version of sigmask wrote it."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """One pair. `f1` to `mcc` are at the fixed threshold and None where nothing was edited.

    `best_*` are at this pair's own best threshold of the grid, the one of the highest F1. `auc` and all behind it are
    None where only counts were given; see `MapScores`. `quality` is the IoU that the method expects of its mask, None
    where it expects none.
    """

    sample_id: str
    edit_type: str | None
    height: int
    width: int
    true_share: float
    marked_share: float
    false_positive_share: float
    f1: float | None
    iou: float | None
    precision: float | None
    recall: float | None
    mcc: float | None
    best_f1: float | None
    best_threshold: float | None
    seconds: float
    best_iou: float | None = None
    best_precision: float | None = None
    best_recall: float | None = None
    best_mcc: float | None = None
    auc: float | None = None
    average_precision: float | None = None
    boundary_f1: float | None = None
    boundary_f1_2px: float | None = None
    image_score: float | None = None
    side_effect_recall: float | None = None
    quality: float | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class EditedScores:
    """Pairs with a true mask. All metrics in [0, 1] (mcc from -1).

    `f1` to `mcc` are means over images at the fixed threshold, with the 95 % bootstrap intervals of the first two
    (None for a single pair); `pooled_*` take all pixels as one image.
    `best_threshold` is the one of the whole set that gives the highest mean F1, `best_f1`, and the other `best_*` are
    the means there; `image_best_*` are the means at each image's own best threshold. Both are chosen on the set they
    are reported for, so they flatter.
    `auc` to `side_effect_recall` are means over the pairs for which each is defined, None where there is none.
    """

    pairs: int
    f1: float
    iou: float
    precision: float
    recall: float
    mcc: float
    f1_interval: Interval | None
    iou_interval: Interval | None
    pooled_f1: float
    pooled_iou: float
    pooled_precision: float
    pooled_recall: float
    pooled_mcc: float
    best_f1: float
    best_iou: float
    best_precision: float
    best_recall: float
    best_mcc: float
    best_threshold: float
    image_best_f1: float
    image_best_iou: float
    image_best_precision: float
    image_best_recall: float
    image_best_mcc: float
    auc: float | None
    average_precision: float | None
    boundary_f1: float | None
    boundary_f1_2px: float | None
    side_effect_pairs: int
    side_effect_recall: float | None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class UneditedScores:
    """Pairs whose true mask is empty. Shares in [0, 1]; `marked_pairs` is the share of pairs over `MARK_AREA`."""

    pairs: int
    false_positive_share: float
    specificity: float
    marked_pairs: float

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ImageLevelScores:
    """Was the pair edited at all: all in [0, 1], at the result's fixed threshold; see `image_level_metrics`."""

    edited_pairs: int
    unedited_pairs: int
    auc: float
    balanced_accuracy: float
    equal_error_rate: float
    expected_calibration_error: float

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class PrecisionRecallCurve:
    """Pooled precision and recall of the edited pairs at rising thresholds; thresholds that mark nothing are left out.

    Pooled, since the precision of an image of which nothing is marked is no number, and its mean no curve.
    """

    thresholds: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """A method on a benchmark; `edited` or `unedited` is None where the benchmark has no such pair.

    `by_mask_size` has the groups of `MASK_SIZES` that occur, in their order; `image_level` is None unless both edited
    and unedited pairs were scored by their maps.
    """

    benchmark: str
    method: str
    threshold: float
    edited: EditedScores | None
    unedited: UneditedScores | None
    by_edit_type: dict[str, EditedScores]
    seconds_per_pair: float
    pairs: tuple[PairScore, ...]
    bad: tuple[BadSample, ...]
    by_mask_size: dict[str, EditedScores] = dataclasses.field(default_factory=dict)
    image_level: ImageLevelScores | None = None
    curve: PrecisionRecallCurve | None = None

    __pydantic_config__ = _STRICT

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dictionaries, strings and numbers, as `json.dumps(..., allow_nan=False)` takes them."""
        plain: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> BenchmarkResult:
        """What `to_dict` gave, whether or not it went through JSON.

        Raises:
            ResultError: if a field is missing, unknown or of a wrong type.
        """
        try:
            return _adapter().validate_python(plain)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ResultError(
                f"expected the fields of a BenchmarkResult, got at '{where}': {first['msg']}. "
                "Evaluate the method again if another version of sigmask wrote this result."
            ) from error


@cache
def _adapter() -> TypeAdapter[BenchmarkResult]:
    return TypeAdapter(BenchmarkResult)
