"""Heads: how good the mask will be, how far the edit reaches, and the two codes that Stage II tells apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sigmask.types import SCOPES


class QualityHead(nn.Module):
    """The IoU that the mask is expected to have, in [0, 1]: (B,).

    It looks at the decoder's last maps, averaged over the marked part, over the undecided rim and over the rest, and
    at how sharp the probabilities are (our choice).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(3 * width + 4, 48), nn.ReLU(), nn.Linear(48, 1))

    def logits(self, maps: Tensor, mask_logits: Tensor) -> Tensor:
        """(B,), before the sigmoid. maps: (B, width, H/2, W/2); mask_logits: (B, H, W)."""
        probability = torch.sigmoid(mask_logits.detach().float())
        small = torch.nn.functional.avg_pool2d(probability[:, None], 2)
        maps = maps.detach().float()
        rim = 4 * small * (1 - small)
        pooled = [(maps * weight).sum((2, 3)) / (weight.sum((2, 3)) + 1.0) for weight in (small, rim, (1 - small))]
        area = probability.mean((1, 2))
        sharpness = 1 - (4 * probability * (1 - probability)).mean((1, 2)) / (area + 1e-3)
        marked = (probability > 0.5).float()
        certainty = (probability * marked).sum((1, 2)) / (marked.sum((1, 2)) + 1.0)
        shape = torch.stack([area, area.clamp_min(1e-4).log() / 8, sharpness.clamp(-2, 1), certainty], 1)
        score: Tensor = self.score(torch.cat([*pooled, shape], 1))[:, 0]
        return score

    def forward(self, maps: Tensor, mask_logits: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(maps, mask_logits))


class ScopeHead(nn.Module):
    """Logits over `SCOPES`: (B, 3), from the mean and the maximum of the refined tokens (B, N, D)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(2 * width, len(SCOPES))

    def forward(self, tokens: Tensor) -> Tensor:
        scores: Tensor = self.score(torch.cat([tokens.mean(1), tokens.amax(1)], -1))
        return scores


class CodeHead(nn.Module):
    """Splits difference tokens (B, N, D) into an edit code and a noise code, (B, N, code_width) each; bias-free."""

    def __init__(self, width: int, code_width: int) -> None:
        super().__init__()
        self.split = nn.Linear(width, 2 * code_width, bias=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        edit, noise = self.split(tokens).chunk(2, -1)
        return edit, noise
