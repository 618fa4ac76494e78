"""The few types that cross the borders of the package. Each is validated when made and trusted afterwards."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.errors import BadReason

ImageArray = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, RGB."""
MaskArray = npt.NDArray[np.bool_]
"""(H, W) bool, True where the picture was changed."""
MapArray = npt.NDArray[np.float32]
"""(H, W) float32 in [0, 1]."""


UNREADABLE_INSTRUCTION = "unreadable_instruction"
"""The flag of a pair whose instruction is no text, or not UTF-8: it is annotated as if nothing were said."""


class Action(StrEnum):
    """What an instruction asks for."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    BACKGROUND = "background"
    STYLE = "style"
    TONE = "tone"
    RESTORATION = "restoration"
    MOVE = "move"
    ACTION_CHANGE = "action-change"
    OTHER = "other"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """How much of the picture an edit changed."""

    NONE = "none"
    LOCAL = "local"
    GLOBAL = "global"


SCOPES: tuple[Scope, ...] = (Scope.NONE, Scope.LOCAL, Scope.GLOBAL)
"""The order in which the model scores them."""


@dataclass(frozen=True, slots=True)
class EditTuple:
    """One edit as the instruction states it: (original concept, edited concept, action), after the SIGMA paper.

    Concepts are short noun phrases in lower case, None where the instruction names none. `attributes` ("red",
    "wooden"), `location` ("left", "on the table") and `quoted_text` (what a text edit writes) are our additions.
    """

    original_concept: str | None = None
    edited_concept: str | None = None
    action: Action = Action.UNKNOWN
    attributes: tuple[str, ...] = ()
    location: str | None = None
    quoted_text: str | None = None


@dataclass(frozen=True, slots=True)
class EditPair:
    """An original image, what an editor made of it, and what the editor was told.

    `original` and `edited` are RGB and may differ in size; `mask`, where a corpus has one, lies in the edited
    image's pixel grid. `checksum` is that of the files of both pictures (see `pair_checksum`), None where they came
    decoded. `flags` are the reader's remarks, which its annotation gets: `UNREADABLE_INSTRUCTION`, `damaged`.
    """

    sample_id: str
    original: ImageArray
    edited: ImageArray
    instruction: str | None = None
    edit_type: str | None = None
    mask: MaskArray | None = None
    source_file: str = ""
    row_index: int = 0
    checksum: int | None = None
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("original", "edited"):
            _require_rgb(name, getattr(self, name))
        if self.mask is not None and (self.mask.dtype != np.bool_ or self.mask.shape != self.edited.shape[:2]):
            raise ValueError(
                f"mask must be bool of shape {self.edited.shape[:2]} (the edited image's grid), "
                f"got {self.mask.dtype} of shape {self.mask.shape}"
            )


@dataclass(frozen=True, slots=True)
class BadSample:
    """A row that could not be used, and why. Counted and written to the quarantine file, never dropped silently."""

    sample_id: str
    reason: BadReason
    message: str
    source_file: str = ""
    row_index: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What the annotator says of one pair. All maps lie in the edited image's pixel grid.

    Attributes:
        mask: (H, W) bool, True where the picture was really changed.
        probability: (H, W) float32 in [0, 1], the mask before its threshold.
        prior: (H, W) float32 in [0, 1], where the instruction points; all equal when it says nothing.
        quality: the IoU that this mask is expected to have with the true one, in [0, 1].
        scope: none, local or global.
        edit: the instruction's tuples, in the order in which it names them; empty without an instruction.
        flags: "resized", or "aspect_mismatch" with one of "cropped", "stretched", "padded"; "registered" in their
            place if the original had to be moved, "unaligned" if the two agree almost nowhere; "doubtful" if the
            mask was given up; and the pair's own.
        model: the name of the weights that made it.
    """

    mask: MaskArray = field(repr=False)
    probability: MapArray = field(repr=False)
    prior: MapArray = field(repr=False)
    quality: float
    scope: Scope
    edit: tuple[EditTuple, ...] = ()
    flags: tuple[str, ...] = ()
    model: str = ""
    edited: ImageArray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.mask.dtype != np.bool_ or self.mask.ndim != 2:
            raise ValueError(f"mask must be (H, W) bool, got {self.mask.dtype} of shape {self.mask.shape}")
        for name in ("probability", "prior"):
            value = getattr(self, name)
            if value.shape != self.mask.shape or value.dtype != np.float32:
                raise ValueError(
                    f"{name} must be float32 of shape {self.mask.shape}, got {value.dtype} of shape {value.shape}"
                )
        if not 0.0 <= self.quality <= 1.0:
            raise ValueError(f"quality must lie in [0, 1], got {self.quality}")

    @property
    def area_fraction(self) -> float:
        """The marked share of the picture, in [0, 1]."""
        return float(self.mask.mean())

    def overlay(self) -> Any:
        """The edited image with the mask's outline drawn in, as a PIL image (needs `edited`)."""
        from PIL import Image

        from sigmask.data.overlay import draw_outline

        base = self.edited if self.edited is not None else np.zeros((*self.mask.shape, 3), np.uint8)
        return Image.fromarray(draw_outline(base, self.mask))

    def show(self) -> None:
        """Open the overlay in the system's image viewer. A notebook shows it by itself."""
        self.overlay().show()

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.overlay().save(buffer, "PNG")
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the mask as a one-bit PNG (255 where changed).

        Raises:
            ValueError: if `path` does not end in .png.
        """
        from sigmask.data.mask_png import write_mask_png

        write_mask_png(path, self.mask)


def _require_rgb(name: str, image: ImageArray) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"{name} must be (H, W, 3) uint8 RGB, got {image.dtype} of shape {image.shape}")
