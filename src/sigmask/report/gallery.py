"""One HTML page for one run: each pair with its prior, probability and mask, sortable, without outside resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import jinja2
import numpy as np

from sigmask.annotation.write_errors import BEGINS_ANEW, writing
from sigmask.data.overlay import draw_outline, heat
from sigmask.errors import SigmaskError
from sigmask.evaluation.counts import count_mask
from sigmask.evaluation.pixel_metrics import f1
from sigmask.types import Annotation, EditPair, ImageArray, MaskArray
from sigmask.version import __version__
from sigmask.whole_file import whole_file

JPEG_QUALITY = 85
LONGEST_SIDE = 480
"""Pixels; pictures in the page are scaled down to this. Our choice: five columns fill a laptop's screen."""


STEPS = ("original", "edited", "prior", "probability", "mask")
"""Every step from a pair to its mask; what a run keeps is the first two and the last."""
TRUTH = "truth"
_MARKER = ".sigmask-gallery"  # beside a page whose pictures are ours to remove


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """What the page says of one pair. Picture paths are relative to the page; `f1` is None without a true mask."""

    sample_id: str
    instruction: str
    concepts: str
    action: str
    area: float
    quality: float
    scope: str
    flags: str
    note: str
    f1: float | None = None
    pictures: dict[str, str] = field(default_factory=dict)


class Gallery:
    """Collects pairs, writing their pictures at once, so that memory stays flat however many there are.

    Args:
        folder: where `index.html` and `images/` go; made when missing. Pictures of an earlier page are removed.
        most: pairs shown at most; later ones are counted and left out.

    Raises:
        SigmaskError: the folder holds a page or pictures that no gallery wrote.
    """

    def __init__(self, folder: Path, *, most: int = 200) -> None:
        self.rows: list[GalleryRow] = []
        self.left_out = 0
        self._folder = folder
        self._most = most
        images = folder / "images"
        if not (folder / _MARKER).exists() and ((folder / "index.html").exists() or any(images.glob("*"))):
            raise SigmaskError(f"{folder} holds a page or pictures of something else: name another folder for the page")
        with writing(folder, BEGINS_ANEW):
            images.mkdir(parents=True, exist_ok=True)
            (folder / _MARKER).touch()
            for earlier in images.glob("[0-9]*-*.jpg"):
                earlier.unlink()

    def add(self, pair: EditPair, annotation: Annotation, note: str = "") -> None:
        """Add one pair with every step to its mask; fits `annotate(on_annotation=...)`."""
        edit = annotation.edit[0] if annotation.edit else None
        row = GalleryRow(
            sample_id=pair.sample_id,
            instruction=pair.instruction or "",
            concepts=in_arrow(edit.original_concept, edit.edited_concept) if edit else "",
            action=edit.action.value if edit else "",
            area=annotation.area_fraction,
            quality=annotation.quality,
            scope=annotation.scope.value,
            flags=", ".join(annotation.flags),
            note=note,
        )
        steps = {
            "prior": lambda: heat(pair.edited, annotation.prior),
            "probability": lambda: heat(pair.edited, annotation.probability),
        }
        self.add_row(row, pair, annotation.mask, steps)

    def add_row(
        self,
        row: GalleryRow,
        pair: EditPair,
        mask: MaskArray,
        steps: Mapping[str, Callable[[], ImageArray]] | None = None,
    ) -> None:
        """Add one pair of which `row` says all but the pictures and the F1; `steps` draw what is between."""
        if len(self.rows) >= self._most:
            self.left_out += 1
            return
        pictures = {
            "original": pair.original,
            "edited": pair.edited,
            **{name: draw() for name, draw in (steps or {}).items()},
            "mask": draw_outline(pair.edited, mask),
        }
        if pair.mask is not None:
            pictures[TRUTH] = draw_outline(pair.edited, pair.mask)
            marked = bool(pair.mask.any() or mask.any())
            row = replace(row, f1=float(f1(count_mask(mask, pair.mask))) if marked else None)
        number = len(self.rows)
        written = {name: self._write_picture(f"{number:05d}-{name}", image) for name, image in pictures.items()}
        self.rows.append(replace(row, pictures=written))

    def write(self, title: str, subtitle: str = "") -> Path:
        """Write `index.html` and give its path."""
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("sigmask.report"), autoescape=True, undefined=jinja2.StrictUndefined
        )
        page = environment.get_template("gallery.html.j2").render(
            title=title,
            subtitle=subtitle,
            rows=self.rows,
            left_out=self.left_out,
            columns=[name for name in (*STEPS, TRUTH) if any(name in row.pictures for row in self.rows)],
            version=__version__,
        )
        path = self._folder / "index.html"
        with writing(self._folder, BEGINS_ANEW), whole_file(path) as partial:
            partial.write_text(page, encoding="utf-8")
        return path

    def _write_picture(self, name: str, image: ImageArray) -> str:
        relative = f"images/{name}.jpg"
        encoded = cv2.imencode(
            ".jpg",
            cv2.cvtColor(np.ascontiguousarray(_shrink(image)), cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        )[1]
        with writing(self._folder, BEGINS_ANEW):
            (self._folder / relative).write_bytes(encoded.tobytes())
        return relative


def in_arrow(original: str | None, edited: str | None) -> str:
    """ "cat → dog", with a dash for what is not named."""
    return f"{original or '–'} → {edited or '–'}"


def _shrink(image: ImageArray) -> ImageArray:
    scale = LONGEST_SIDE / max(image.shape[:2])
    if scale >= 1.0:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, None, 0, 0, cv2.INTER_AREA), np.uint8)
