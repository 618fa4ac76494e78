"""A mask made before the edit: the instruction's object found on the original by its name, as AnyEdit makes its masks.

An open-vocabulary detector finds boxes for the phrase, a promptable segmenter turns each box into a mask. It never
looks at the edited image, so it marks what was asked for and not what was done.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import util
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, ImageArray, MapArray, MaskArray

DETECTOR = "IDEA-Research/grounding-dino-tiny"
SEGMENTER = "facebook/sam-vit-base"
_BOX_SCORE, _TEXT_SCORE = 0.35, 0.25  # the detector's customary thresholds

Boxes = npt.NDArray[np.float64]
Detect = Callable[[ImageArray, str], Boxes]
"""(image, phrase) → (K, 4) boxes: left, top, right, bottom in pixels."""
Segment = Callable[[ImageArray, Boxes], MaskArray]
"""(image, K ≥ 1 boxes) → (H, W) bool, their masks' union."""


def prompted_box(pair: EditPair) -> MapArray:
    """1 inside the masks of what the instruction names, 0 elsewhere: (H, W) float32.

    Raises:
        WeightsError: if a model cannot be loaded.
    """
    return mask_named_object(pair, *_models(DETECTOR, SEGMENTER))


def mask_named_object(pair: EditPair, detect: Detect, segment: Segment) -> MapArray:
    """The same with the two models given. Empty without an instruction, a named object or a box."""
    image = original_on_edited_grid(pair.original, pair.edited)
    mask = np.zeros(image.shape[:2], np.bool_)
    for phrase in _phrases(pair.instruction):
        boxes = detect(image, phrase)
        if len(boxes):
            mask |= segment(image, boxes)
    return mask.astype(np.float32)


def missing_prompted_box() -> str | None:
    """Why it cannot be run here; None if both models have been downloaded. Nothing is downloaded."""
    if util.find_spec("transformers") is None:
        return "needs the package 'transformers': pip install transformers"
    from huggingface_hub import try_to_load_from_cache

    wanted = [
        name for name in (DETECTOR, SEGMENTER) if not isinstance(try_to_load_from_cache(name, "config.json"), str)
    ]
    return f"needs a download: hf download {' && hf download '.join(wanted)}" if wanted else None


def prompted_box_weights() -> str:
    """The two models' Hub ids."""
    return f"{DETECTOR}, {SEGMENTER}"


def _phrases(instruction: str | None) -> list[str]:
    """What is sought: the original concept of each edit, else the edited one, else nothing."""
    # Imported here: the parser's word lists cost 50 ms, and this package is imported by every command.
    from sigmask.instruction.parser import parse

    phrases = [edit.original_concept or edit.edited_concept for edit in parse(instruction)]
    return list(dict.fromkeys(phrase for phrase in phrases if phrase))


@functools.cache
def _models(detector: str, segmenter: str) -> tuple[Detect, Segment]:
    return load_detector(detector), load_segmenter(segmenter)


def load_detector(name: str) -> Detect:
    """A Grounding DINO by its Hub id or folder."""
    import torch

    processor, model = _load(name, "AutoProcessor", "AutoModelForZeroShotObjectDetection")

    def detect(image: ImageArray, phrase: str) -> Boxes:
        # this detector wants its phrases in lower case, each closed by a full stop
        inputs = processor(images=image, text=f"{phrase.lower()}.", return_tensors="pt")
        with torch.inference_mode():
            outputs = model(**inputs)
        (found,) = processor.post_process_grounded_object_detection(
            outputs,
            inputs["input_ids"],
            threshold=_BOX_SCORE,
            text_threshold=_TEXT_SCORE,
            target_sizes=[image.shape[:2]],
        )
        return np.asarray(found["boxes"].cpu().numpy(), np.float64).reshape(-1, 4)

    return detect


def load_segmenter(name: str) -> Segment:
    """A Segment Anything model by its Hub id or folder."""
    import torch

    processor, model = _load(name, "SamProcessor", "SamModel")

    def segment(image: ImageArray, boxes: Boxes) -> MaskArray:
        inputs = processor(images=image, input_boxes=[boxes.tolist()], return_tensors="pt")
        with torch.inference_mode():
            outputs = model(**inputs, multimask_output=False)
        (masks,) = processor.post_process_masks(
            outputs.pred_masks.cpu(), inputs["original_sizes"].cpu(), inputs["reshaped_input_sizes"].cpu()
        )
        return np.asarray(masks.reshape(-1, *image.shape[:2]).any(0).numpy(), np.bool_)

    return segment


def _load(name: str, processor: str, model: str) -> tuple[Any, Any]:
    from sigmask.errors import MissingExtraError, WeightsError

    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError("transformers", "text", "the rival 'prompted-box'") from error
    try:
        loaded = getattr(transformers, model).from_pretrained(name, local_files_only=True).eval()
        return getattr(transformers, processor).from_pretrained(name, local_files_only=True), loaded
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"'{name}' is no folder and is not in the Hub's cache: {error}; hf download {name}"
        ) from error


PROMPTED_BOX = Rival(
    name="prompted-box",
    idea="the named object's box on the original by an open-vocabulary detector, its mask by Segment Anything",
    source="AnyEdit: Yu et al., arXiv 2411.15738 (its local edits' masks); Grounding DINO, ECCV 2024; SAM, ICCV 2023",
    score=prompted_box,
    threshold=0.5,
    self_thresholding=True,
    needs=(Need.INSTRUCTION, Need.TORCH, Need.HUB),
    missing=missing_prompted_box,
    weights=prompted_box_weights,
)
