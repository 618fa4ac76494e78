"""Why a mask is as it is: every step of the model for one pair, as maps that a person can look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigmask.annotation.annotator import Annotator, Image, read_pair
from sigmask.annotation.backends.torch_backend import TorchBackend, raw_output
from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.data.geometry import resize_image, resize_map
from sigmask.instruction.instruction_arrays import ACTIONS
from sigmask.instruction.named_concepts import named_concepts
from sigmask.models.pixels import pixels_of
from sigmask.models.semantic_difference import noise_level, relative_pixel_difference
from sigmask.types import Action, Annotation, ImageArray, MapArray


@dataclass(frozen=True, slots=True)
class ConceptMap:
    """Where one concept was found.

    Attributes:
        concept: the phrase.
        on_original: whether it was sought on the original image, else on the edited one.
        map: (H, W) float32 in [0, 1], tilted towards the side of the picture that the instruction names; None where the
            encoder does not know the phrase.
        leans: whether the prior leans to the side of the picture that the instruction names for it. It does not where
            the encoder does not know the phrase, where the phrase is what stays, or where a style is everywhere.
    """

    concept: str
    on_original: bool
    map: MapArray | None
    leans: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps from a pair to its mask. All pictures and maps lie in the edited image's grid.

    Attributes:
        original, edited: (H, W, 3) uint8.
        concepts: one per concept that the instruction names.
        pixel_difference: (H, W) float32 ≥ 0, asinh of the pixels' difference in units of the pair's noise level.
        distances: one (H, W) float32 map per depth of the backbone, finest first: the cosine distance of the best
            match, in [0, 2].
        refined_prior: (H, W) float32 in [0, 1], the prior after the evidence had its say.
        annotation: what came out, with the prior before that.
        least_quality: the expected IoU under which the mask was given up, unless it was small and sure.
    """

    original: ImageArray
    edited: ImageArray
    concepts: tuple[ConceptMap, ...]
    pixel_difference: MapArray
    distances: tuple[MapArray, ...]
    refined_prior: MapArray
    annotation: Annotation
    least_quality: float = LEAST_QUALITY


def explain(annotator: Annotator, original: Image, edited: Image, instruction: str | None = None) -> Explanation:
    """Annotate one pair and keep every step.

    Args:
        original, edited: a path, a PIL image or a numpy RGB array each; sizes may differ.

    Raises:
        SampleError: if an image cannot be read; the message says why.
    """
    prepared = annotator.prepare(read_pair(original, edited, instruction))
    # in torch, whatever runs the masks: an exported model keeps no steps
    images, said = annotator.inputs([prepared])
    output = TorchBackend(annotator.model, torch.device(annotator.device)).forward(images, said)
    height, width = prepared.picture.shape[:2]

    def on_picture(coarse: Tensor) -> MapArray:
        return resize_map(coarse.float().cpu().numpy().astype(np.float32), height, width)

    grid = output.difference.grid
    maps = output.grounding.concept_maps[0].float().reshape(-1, *grid)
    leans = said.known[0] & ~said.kept[0] & said.location[0].any(-1) & (said.action[0] != ACTIONS.index(Action.STYLE))
    concepts = tuple(
        ConceptMap(concept, on_original, on_picture(maps[slot]) if said.known[0, slot] else None, bool(leans[slot]))
        for slot, (concept, on_original) in enumerate(named_concepts(prepared.edit))
    )
    before, after = (pixels_of(image) for image in (prepared.original, prepared.edited))
    return Explanation(
        original=resize_image(prepared.original, height, width),
        edited=prepared.picture,
        concepts=concepts,
        pixel_difference=on_picture(
            relative_pixel_difference(before, after, noise_level(before, after))[0].abs().amax(0)
        ),
        distances=tuple(on_picture(distance[0, 0]) for distance in output.difference.distances),
        refined_prior=on_picture(output.refined_prior[0]),
        annotation=annotator.annotation(prepared, raw_output(output), 0),
        least_quality=annotator.least_quality,
    )
