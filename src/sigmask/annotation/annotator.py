"""`Annotator`: a pair of images and an instruction in, an `Annotation` out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.annotation.backends import ModelSource, RawOutput, create_backend
from sigmask.annotation.doubtful import DOUBTFUL, LEAST_QUALITY, is_given_up
from sigmask.annotation.guided_outline import Guide, follow_outline, outline_guide
from sigmask.annotation.postprocess import postprocess
from sigmask.data.geometry import model_frame, resize_for_model, resize_map
from sigmask.data.image_decoding import decode_with_remarks
from sigmask.data.registration import bring_onto_edited
from sigmask.errors import BadReason, SampleError, SigmaskError, require_at_least
from sigmask.instruction.instruction_arrays import InstructionArrays, instruction_arrays
from sigmask.instruction.parser import parse
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.models.backbone_specs import BACKBONES
from sigmask.models.device import device_name
from sigmask.models.locator_config import LocatorConfig
from sigmask.models.weights_folder import (
    find_weights,
    read_config,
    text_encoder_for,
    text_table_of,
    weights_hash,
    weights_name,
)
from sigmask.types import SCOPES, Action, Annotation, BadSample, EditPair, EditTuple, ImageArray, MapArray, Scope
from sigmask.version import __version__

if TYPE_CHECKING:
    from sigmask.models.locator import Locator

DEFAULT_THRESHOLD = 0.5
NOT_UNDERSTOOD = "not_understood"
"""The flag of a pair whose instruction is in another language: it is annotated as if nothing were said."""
Image = Any
"""A path, a PIL image, or a numpy array: anything that `sigmask.data.image_decoding.decode_image` takes."""
Pair = EditPair | tuple[Image, Image] | tuple[Image, Image, str | None]
"""A pair of a corpus, or what a single call takes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One pair as the model takes it; made on the CPU, in any thread.

    Attributes:
        original, edited: (h, w, 3) uint8 in the model's frame.
        picture: the edited image at its own size; the annotation's maps get its grid.
        guide: (H, W) uint8 at that size, by how much the two differ there (see `guided_outline`).
        edit: what the parser made of the instruction.
        flags: remarks of the geometry check, `NOT_UNDERSTOOD`, and the pair's own.
    """

    original: ImageArray
    edited: ImageArray
    picture: ImageArray
    guide: Guide
    edit: tuple[EditTuple, ...]
    flags: tuple[str, ...]


class Annotator:
    """Finds what an editor really changed.

    >>> annotator = Annotator.from_pretrained("tiny")
    >>> annotation = annotator("cat.jpg", "black_cat.jpg", "make the cat black")
    >>> annotation.save("mask.png")
    """

    def __init__(
        self,
        source: ModelSource,
        config: LocatorConfig,
        encoder: TextEncoder,
        *,
        name: str,
        fingerprint: str = "",
        device: str = "cpu",
        threshold: float = DEFAULT_THRESHOLD,
        backend: str = "torch",
        least_quality: float = LEAST_QUALITY,
        text_table: Path | None = None,
        threads: int | None = None,
        precision: str = "auto",
    ) -> None:
        if not 0.0 < threshold < 1.0:
            raise SigmaskError(f"threshold must lie strictly between 0 and 1, got {threshold:g}")
        if not 0.0 <= least_quality <= 1.0:
            raise SigmaskError(f"least_quality must lie between 0 and 1, got {least_quality}")
        self.name = name
        self.least_quality = least_quality
        self.threshold = threshold
        self.device = device_name(device)
        self.config = config
        self.encoder = encoder
        self._source = source
        self._text_table = text_table
        self._weights = fingerprint
        self.backend = create_backend(backend, source, self.device, threads=threads, precision=precision)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str = "tiny",
        *,
        device: str = "auto",
        threshold: float | None = None,
        backend: str = "auto",
        least_quality: float = LEAST_QUALITY,
        threads: int | None = None,
        precision: str = "auto",
    ) -> Annotator:
        """Load weights by name ("tiny" ships with the package), from a folder, or by Hugging Face Hub id.

        A Hub id may name a branch, tag or commit: "owner/name@revision".

        Args:
            device: "cpu", "cuda", "mps", …, or "auto": a GPU if torch sees one.
            threshold: probability from which a pixel counts as changed, in (0, 1); None: 0.5.
            backend: "torch", "openvino" or "onnx" (both on a CPU), or "auto": the fastest that is installed.
            least_quality: expected IoU, in [0, 1], under which a mask is given up and flagged "doubtful", unless it is
                small and sure: of what it marks on an unedited pair the model expects little. 0 keeps every mask.
            threads: of the engine on a CPU, for several annotators on one machine; None: one per core.
            precision: of OpenVINO: "float32", "bfloat16", "int8", or "auto": the fastest that weights and CPU have.

        Raises:
            WeightsError: there are no such weights, or they are damaged.
            ConfigError: torch knows no such device, or this machine has none.
            SigmaskError: there is no such backend, or it is not installed; or a bound is out of its range.
        """
        folder = find_weights(str(name_or_path))
        config, table, digest = read_config(folder), text_table_of(folder), weights_hash(folder)
        return cls(
            ModelSource(folder=folder, key=digest),
            config,
            text_encoder_for(config, table),
            name=weights_name(str(name_or_path), digest),
            fingerprint=digest,
            device=device,
            threshold=DEFAULT_THRESHOLD if threshold is None else threshold,
            backend=backend,
            least_quality=least_quality,
            text_table=table,
            threads=threads,
            precision=precision,
        )

    @classmethod
    def of_model(cls, model: Locator, encoder: TextEncoder, *, name: str, **settings: Any) -> Annotator:
        """An annotator of a model in memory; `settings` as for `Annotator` itself."""
        source = ModelSource(model=model, key=settings.get("fingerprint", ""))
        return cls(source, model.config, encoder, name=name, **settings)

    @property
    def model(self) -> Locator:
        """The model in torch, whatever engine makes the masks.

        Raises:
            MissingExtraError: torch is not installed.
        """
        return self._source.model

    @property
    def settings(self) -> dict[str, str]:
        """What masks depend on, by name, so that a run that is refused says what differs."""
        return {
            "weights": self._weights,
            "sigmask version": __version__,
            "threshold": f"{self.threshold:g}",
            "least quality": f"{self.least_quality:g}",
            "backend": self.backend.name,
            "device": self.device.partition(":")[0],
            "precision": self.backend.precision,
        }

    @property
    def fingerprint(self) -> str:
        """The settings as one word: equal fingerprints give equal masks."""
        return "-".join(self.settings.values())

    def save_pretrained(self, folder: str | Path) -> None:
        """Write weights that `from_pretrained` opens.

        Raises:
            MissingExtraError: torch is not installed.
        """
        model = self.model
        from sigmask.models.pretrained import save_pretrained

        save_pretrained(model, Path(folder), self._text_table)

    def __call__(self, original: Image, edited: Image, instruction: str | None = None) -> Annotation:
        """Annotate one pair.

        Args:
            original, edited: a path, a PIL image or a numpy RGB array each; sizes may differ.
            instruction: what the editor was told; None if nothing is known.

        Raises:
            SampleError: if an image cannot be read; the message says why.
        """
        return self.infer([self.prepare(read_pair(original, edited, instruction))])[0]

    @overload
    def batch(self, pairs: Iterable[Pair | BadSample], *, batch_size: int = 8) -> list[Annotation]: ...
    @overload
    def batch(
        self, pairs: Iterable[Pair | BadSample], *, batch_size: int = 8, on_bad: Callable[[int, SampleError], None]
    ) -> list[Annotation | None]: ...
    def batch(
        self,
        pairs: Iterable[Pair | BadSample],
        *,
        batch_size: int = 8,
        on_bad: Callable[[int, SampleError], None] | None = None,
    ) -> list[Annotation] | list[Annotation | None]:
        """Annotate many pairs of any sizes; the result is in their order.

        Args:
            pairs: an `EditPair` each, or (original, edited) or (original, edited, instruction) as for a single call;
                a corpus too. They are decoded as they are needed.
            batch_size: pairs that go through the model together, at least 1.
            on_bad: called with the place and the error of what cannot be annotated; its result is then None and the
                others go on. By default the first one ends the call.

        Raises:
            SampleError: without `on_bad`: one of them is a `BadSample`, as corpora yield them, or has an image that
                cannot be read.
            SigmaskError: one of them is no pair, or the batch size is below 1.
        """
        require_at_least(1, batch_size=batch_size)
        found: list[Annotation | None] = []
        waiting: dict[int, Prepared] = {}
        for place, pair in enumerate(pairs):
            found.append(None)
            try:
                waiting[place] = self.prepare(_edit_pair(pair))
            except SampleError as error:
                if on_bad is None:
                    error.add_note("give on_bad to go on without such pairs")
                    raise
                on_bad(place, error)
            if len(waiting) == batch_size:
                self._fill(found, waiting)
        self._fill(found, waiting)
        return found

    def _fill(self, found: list[Annotation | None], waiting: dict[int, Prepared]) -> None:
        for place, annotation in zip(waiting, self.infer(list(waiting.values())), strict=True):
            found[place] = annotation
        waiting.clear()

    def prepare(self, pair: EditPair) -> Prepared:
        """Bring the original onto the edited image, both into the model's frame, and parse the instruction."""
        original, flags = bring_onto_edited(pair.original, pair.edited)
        edit = parse(pair.instruction)
        if any(each.action is Action.UNKNOWN for each in edit):
            flags = (*flags, NOT_UNDERSTOOD)
        flags = (*flags, *pair.flags)
        rows, columns = pair.edited.shape[:2]
        height, width = model_frame(rows, columns, self.config.long_side, BACKBONES[self.config.backbone].size_multiple)
        return Prepared(
            resize_for_model(original, height, width),
            resize_for_model(pair.edited, height, width),
            pair.edited,
            outline_guide(original, pair.edited),
            edit,
            flags,
        )

    def infer(self, prepared: Sequence[Prepared]) -> list[Annotation]:
        """Annotate prepared pairs; those of one frame go through the model together."""
        frames: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, item in enumerate(prepared):
            frames[item.edited.shape].append(index)
        annotations: dict[int, Annotation] = {}
        outputs = self.backend.run_all([self.inputs([prepared[index] for index in group]) for group in frames.values()])
        for indices, output in zip(frames.values(), outputs, strict=True):
            for place, index in enumerate(indices):
                annotations[index] = self.annotation(prepared[index], output, place)
        return [annotations[index] for index in range(len(prepared))]

    def inputs(self, prepared: Sequence[Prepared]) -> tuple[npt.NDArray[np.uint8], InstructionArrays]:
        """What the backend takes, for pairs of one frame: images (2, B, h, w, 3), and what was said."""
        images = np.empty((2, len(prepared), *prepared[0].edited.shape), np.uint8)
        for place, item in enumerate(prepared):
            images[0, place], images[1, place] = item.original, item.edited
        return images, instruction_arrays([item.edit for item in prepared], self.encoder)

    def annotation(self, item: Prepared, output: RawOutput, place: int) -> Annotation:
        """What the model's raw output says of the pair at `place` in the batch, on the edited image's grid."""
        height, width = item.picture.shape[:2]
        logits = resize_map(output.mask_logits[place], height, width)
        probability = follow_outline(_sigmoid(logits), item.guide)
        mask, flags = postprocess(probability, self.threshold), item.flags
        quality = float(_sigmoid(output.quality_logits[place : place + 1])[0])
        if is_given_up(mask, probability, quality, self.least_quality):
            mask, flags = np.zeros_like(mask), (*flags, DOUBTFUL)
        prior = cv2.resize(output.prior[place], (width, height), interpolation=cv2.INTER_LINEAR)
        return Annotation(
            mask=mask,
            probability=probability,
            prior=np.clip(prior, 0, 1, out=prior),
            quality=quality,
            scope=_scope(mask, output.scope_logits[place]),
            edit=item.edit,
            flags=flags,
            model=self.name,
            edited=item.picture,
        )


def read_pair(original: Image, edited: Image, instruction: str | None = None) -> EditPair:
    """A pair from whatever holds its images: paths, PIL images or numpy RGB arrays.

    Raises:
        SampleError: if an image cannot be read, or the instruction is no text; the message says why.
    """
    if instruction is not None and not isinstance(instruction, str):
        raise SampleError(BadReason.BAD_ROW, f"expected an instruction as text or None, got {instruction!r:.80}")
    (before, remarks), (after, more_remarks) = (decode_with_remarks(_cell(image)) for image in (original, edited))
    return EditPair("", before, after, instruction or None, flags=tuple(dict.fromkeys((*remarks, *more_remarks))))


def _edit_pair(pair: Pair | BadSample) -> EditPair:
    if isinstance(pair, EditPair):
        return pair
    if isinstance(pair, BadSample):
        raise SampleError(
            pair.reason,
            f"sample '{pair.sample_id}' cannot be annotated ({pair.reason}: {pair.message})",
        )
    if not isinstance(pair, tuple | list) or len(pair) not in (2, 3):
        raise SigmaskError(
            f"expected a pair as an EditPair, (original, edited) or (original, edited, instruction), got {pair!r:.80}"
        )
    return read_pair(*pair)


def _scope(mask: np.ndarray, scope_logits: np.ndarray) -> Scope:
    """Empty mask: none. Else what the head says of local and global."""
    if not mask.any():
        return Scope.NONE
    return max((Scope.LOCAL, Scope.GLOBAL), key=lambda scope: float(scope_logits[SCOPES.index(scope)]))


def _sigmoid(logits: npt.NDArray[np.float32]) -> MapArray:
    """1 / (1 + exp(-logits)) in one new array: a map that the allocator must fetch anew costs more than the sum."""
    values = np.clip(logits, -30, 30)
    np.negative(values, out=values)
    np.exp(values, out=values)
    values += 1
    return np.reciprocal(values, out=values)


def _cell(image: Image) -> Any:
    return Path(image) if isinstance(image, str) else image
