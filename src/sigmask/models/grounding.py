"""Instruction grounding: where on the two images the instruction points.

SIGMA grounds (original concept, edited concept, action). Here a concept's text vector and the image's tokens meet in a
joint space; the original concept is sought on the original image, the edited one on the edited image; the action
decides how they combine (the subject before a new background is what stays; style points everywhere; tone, restoration
and unknown count as nothing said and point nowhere in particular). A side of the picture that the instruction names for
a concept tilts that concept's logits towards it. The joint space and the rules are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sigmask.instruction.instruction_arrays import ACTIONS
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.location_ramp import location_ramp
from sigmask.types import Action

UNIFORM = 0.5
"""The prior of an instruction that says nothing about where."""
FOUND = (0.5, 0.7)
"""A concept whose map is nowhere above the first is found nowhere: the words then say nothing about where. From the
second on they are believed, between the two in part: no rounding of an engine turns a mask over (decision 0025)."""
LOCATION_STRENGTH = 3.0
"""By how much a concept's logit is raised on the side that is said, and lowered on the other one (decision 0018)."""
_EVERYWHERE = (Action.STYLE,)
"""Actions whose prior is 1 everywhere. Tone and restoration count as nothing said
(`sigmask.instruction.named_concepts.AS_NOTHING_SAID`)."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """Where the instruction points, and what it says.

    Attributes:
        prior: (B, N) in [0, 1]; `UNIFORM` everywhere when the instruction names nothing that is known.
        concept: (B, K + 1, D) one token per concept, and a last one for the action.
        concept_valid: (B, K + 1) bool; the action token is always valid.
        similarity_logits: (B, K, N), per concept, before the sigmoid; what the prior's loss looks at.
        concept_maps: (B, K, N) in [0, 1], where each concept is, on the side that is said: what the prior is made of.
        joint: (B, J, h, w) each, what both images show in the space that words share; not normalised.
    """

    prior: Tensor
    concept: Tensor
    concept_valid: Tensor
    similarity_logits: Tensor
    concept_maps: Tensor
    joint: tuple[Tensor, Tensor]


class InstructionGrounding(nn.Module):
    """Features of both images' coarsest depth and an `InstructionBatch` → `Grounding`.

    Args:
        channels: C of the features.
        deeper: further stages of the trunk, (B, C, h, w) → (B, `deeper_channels`, h', w'), that grounding alone looks
            at: what tells edits from noise lies in the middle of a trunk, what names things at its end.
    """

    def __init__(
        self,
        channels: int,
        text_dimension: int,
        joint_width: int,
        token_width: int,
        deeper: nn.Module | None = None,
        deeper_channels: int = 0,
    ) -> None:
        super().__init__()
        self.deeper = deeper
        self.join = nn.Conv2d(deeper_channels, 2 * joint_width, 1, bias=False) if deeper is not None else None
        self.visual = nn.Sequential(
            nn.Conv2d(channels, 2 * joint_width, 1),
            nn.GELU(),
            nn.Conv2d(2 * joint_width, 2 * joint_width, 5, padding=2, groups=2 * joint_width),
            nn.GELU(),
            nn.Conv2d(2 * joint_width, joint_width, 1),
        )
        self.text = nn.Linear(text_dimension, joint_width)
        self.scale = nn.Parameter(torch.tensor(2.3))
        self.offset = nn.Parameter(torch.tensor(-3.0))
        self.concept_token = nn.Linear(text_dimension, token_width)
        self.action_token = nn.Embedding(len(ACTIONS) + 1, token_width)

    def forward(self, original: Tensor, edited: Tensor, instruction: InstructionBatch) -> Grounding:
        """`original`, `edited`: (B, C, h, w) features of the coarsest depth, N = h · w."""
        joint = self.joint(original), self.joint(edited)
        logits = self.similarity_of(*joint, instruction)
        dtype = logits.dtype
        ramp = location_ramp(instruction.location, (original.shape[-2], original.shape[-1]))
        maps = torch.sigmoid(logits + LOCATION_STRENGTH * ramp.to(dtype))
        prior = combine_prior(maps, instruction)
        concept = torch.cat(
            [self.concept_token(instruction.concepts.to(dtype)), self.action_token(instruction.action)[:, None]], 1
        )
        valid = F.pad(instruction.known, (0, 1), value=True)
        return Grounding(prior, concept, valid, logits, maps, joint)

    def joint(self, features: Tensor) -> Tensor:
        """(B, C, h, w) features of one image → (B, J, h, w) in the space that words share; not normalised."""
        entered = self.visual[0](features)
        if self.deeper is not None and self.join is not None:
            named = self.join(self.deeper(features))
            entered = entered + F.interpolate(named, size=features.shape[-2:], mode="bilinear", align_corners=False)
        joined: Tensor = self.visual[1:](entered)
        return joined

    def similarity_of(self, original: Tensor, edited: Tensor, instruction: InstructionBatch) -> Tensor:
        """(B, K, N): scaled cosine of each concept with each token of the image on which it is sought.

        Args:
            original, edited: (B, J, h, w), what `joint` gave of both images.
        """
        tokens = [F.normalize(joined.flatten(2), dim=1) for joined in (original, edited)]
        text = F.normalize(self.text(instruction.concepts.to(tokens[0].dtype)), dim=-1)
        on_original, on_edited = (torch.einsum("bkj,bjn->bkn", text, token) for token in tokens)
        similarity = torch.where(instruction.on_original[..., None], on_original, on_edited)
        return similarity * self.scale.exp() + self.offset


def combine_prior(concept_maps: Tensor, instruction: InstructionBatch) -> Tensor:
    """Merge the maps of one instruction's concepts as its action says.

    Args:
        concept_maps: (B, K, N) in [0, 1].

    Returns:
        (B, N) in [0, 1]: the maximum over known concepts, where one that stays counts as everything but itself; 1 for
        actions that are `_EVERYWHERE`; `UNIFORM` where no concept is known.
    """
    known = instruction.known[..., None]
    maps = torch.where(instruction.kept[..., None], 1 - concept_maps, concept_maps)
    named = torch.where(known, maps, torch.zeros_like(maps)).amax(1)
    prior = torch.where(known.any(1), named, torch.full_like(named, UNIFORM))
    everywhere = torch.zeros_like(instruction.action, dtype=torch.bool)[:, None]
    for action in _EVERYWHERE:
        everywhere = everywhere | (instruction.action == ACTIONS.index(action))[:, None]
    return torch.where(everywhere, torch.ones_like(prior), prior)


def believed_prior(prior: Tensor) -> Tensor:
    """What the refinement takes of a prior (B, N): `UNIFORM` where its highest place lies under `FOUND`."""
    least, sure = FOUND
    found = ((prior.amax(1, keepdim=True) - least) / (sure - least)).clamp(0, 1)
    return found * prior + (1 - found) * UNIFORM
