"""How far the edit code and the noise code tell edit and noise apart: linear probes, and a picture of both.

`python -m sigmask.evaluation.code_separation cocoglide cocoglide_vae --model runs/tiny-stage2 -o runs/codes`

Two benchmarks of the same pairs are read, before and after a round trip. Of every token of both it is known whether
the edit lies there and whether a round trip was made. A logistic regression on the edit code should tell the first
and not the second, one on the noise code the second and not the first; half of the tokens asked about are of either
kind, so that 50 % is chance. Pairs that a probe is fitted on are not asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
import typer
from PIL import Image
from torch.nn import functional as F

from sigmask.command_errors import run_tool
from sigmask.data.geometry import resize_for_model
from sigmask.data.registration import bring_onto_edited
from sigmask.errors import ConfigError, MissingExtraError
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.tables import markdown_table
from sigmask.models.locator import Locator
from sigmask.models.pixels import pixels_of
from sigmask.output_path import require_no_file
from sigmask.types import EditPair, ImageArray
from sigmask.whole_file import whole_file

SIDE = 256
TOKENS_A_PAIR = 24  # of each kind at most, so that no large mask speaks for all
FITTED_SHARE = 2 / 3  # of the pairs
CODES, QUESTIONS = ("edit code", "noise code"), ("is it edited?", "was there a round trip?")
_PANEL, _MARGIN = 420, 60
_TOKENS_FOR_AXES = 4000
_COLOURS = (((200, 200, 200), (200, 60, 60)), ((200, 200, 200), (30, 110, 180)))  # no and yes, of each question

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """N tokens.

    Attributes:
        edit, noise: (N, C), their codes.
        edited, round_trip: (N,) bool, what is true of them.
        pair: (N,) int, the pair that they are of.
    """

    edit: Floats
    noise: Floats
    edited: npt.NDArray[np.bool_]
    round_trip: npt.NDArray[np.bool_]
    pair: npt.NDArray[np.int64]

    def code(self, name: str) -> Floats:
        """One of `CODES`."""
        return self.edit if name == CODES[0] else self.noise

    def answer(self, question: str) -> npt.NDArray[np.bool_]:
        """One of `QUESTIONS`."""
        return self.edited if question == QUESTIONS[0] else self.round_trip


@torch.inference_mode()
def codes_of(model: Locator, clean: Sequence[EditPair], noisy: Sequence[EditPair], *, seed: int = 0) -> Tokens:
    """The codes of some tokens of each pair, as many of edited places as of others.

    Args:
        clean, noisy: the same pairs with masks, before and after a round trip.

    Raises:
        ConfigError: there are none.
    """
    rng = np.random.default_rng(seed)
    columns: list[list[np.ndarray]] = [[], [], [], [], []]
    for number, both in enumerate(zip(clean, noisy, strict=True)):
        for round_trip, pair in enumerate(both):
            assert pair.mask is not None
            original, _ = bring_onto_edited(pair.original, pair.edited)
            pyramid, edit, noise = model.difference_and_codes(
                *(pixels_of(resize_for_model(image, SIDE, SIDE)) for image in (original, pair.edited))
            )
            covered = F.adaptive_avg_pool2d(torch.from_numpy(pair.mask)[None, None].float(), pyramid.grid).flatten()
            kinds = [np.flatnonzero(covered.numpy() > 0.9), np.flatnonzero(covered.numpy() == 0)]
            count = min(TOKENS_A_PAIR, *(len(kind) for kind in kinds))
            for is_edited, kind in zip((True, False), kinds, strict=True):
                chosen = rng.permutation(kind)[:count]
                columns[0].append(edit[0, chosen].float().numpy())
                columns[1].append(noise[0, chosen].float().numpy())
                for column, value in zip(columns[2:], (is_edited, bool(round_trip), number), strict=True):
                    column.append(np.full(count, value))
    if not columns[0]:
        raise ConfigError("expected pairs that are in both benchmarks, clean and after a round trip, and found none")
    edit_code, noise_code, edited, through, pairs = (np.concatenate(column) for column in columns)
    return Tokens(edit_code, noise_code, edited.astype(bool), through.astype(bool), pairs.astype(np.int64))


def probe_accuracies(tokens: Tokens) -> dict[tuple[str, str], float]:
    """(code, question) → accuracy in [0, 1] of a logistic regression on pairs that it was not fitted on.

    Raises:
        MissingExtraError: scikit-learn is not installed.
        ConfigError: there are fewer than three pairs with tokens, or none of one kind among those to fit on.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ModuleNotFoundError as error:
        raise MissingExtraError("scikit-learn", "train", "probing the codes") from error
    known = np.unique(tokens.pair)
    if len(known) < 3:
        raise ConfigError(f"probing needs at least three pairs with edited and other tokens, got {len(known)}")
    fitted = np.isin(tokens.pair, known[: round(FITTED_SHARE * len(known))])
    _require_both_kinds(tokens, fitted)
    found = {}
    for code in CODES:
        for question in QUESTIONS:
            probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            values, truth = tokens.code(code), tokens.answer(question)
            probe.fit(values[fitted], truth[fitted])
            found[code, question] = float(probe.score(values[~fitted], truth[~fitted]))
    return found


def _require_both_kinds(tokens: Tokens, fitted: npt.NDArray[np.bool_]) -> None:
    for question in QUESTIONS:
        kinds = np.unique(tokens.answer(question)[fitted])
        if len(kinds) < 2:
            raise ConfigError(
                f"probing needs tokens of which the answer to '{question}' is yes and others of which it is no, and of "
                f"all {fitted.sum()} it is {'yes' if kinds[0] else 'no'}: name two benchmarks of the same pairs, whose "
                "masks mark a part of each picture, before and after a round trip"
            )


def draw_codes(tokens: Tokens) -> ImageArray:
    """(H, W, 3) uint8: both codes on their first two principal axes, coloured by both questions."""
    rows = []
    for code in CODES:
        places = (_principal_axes(tokens.code(code)) * (_PANEL - 20) + 10).astype(int)
        order = np.random.default_rng(0).permutation(len(places))
        panels = []
        for question, (no, yes) in zip(QUESTIONS, _COLOURS, strict=True):
            panel = np.full((_PANEL + _MARGIN, _PANEL, 3), 255, np.uint8)
            for (x, y), answer in zip(places[order].tolist(), tokens.answer(question)[order], strict=True):
                cv2.circle(panel, (x, y + _MARGIN), 2, yes if answer else no, -1, cv2.LINE_AA)
            _write(panel, f"{code}: {question}", (8, 26))
            for word, left, colour in (("yes", 8, yes), ("no", 80, no)):
                cv2.circle(panel, (left + 5, 46), 5, colour, -1, cv2.LINE_AA)
                _write(panel, word, (left + 16, 51))
            panels.append(panel)
        rows.append(np.hstack(panels))
    return np.asarray(np.vstack(rows), np.uint8)


def _write(panel: npt.NDArray[np.uint8], text: str, place: tuple[int, int]) -> None:
    """Black letters whose left end on the line is at `place` (x, y)."""
    cv2.putText(panel, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA)


def _principal_axes(values: Floats) -> Floats:
    """(N, 2) in [0, 1], on axes of tokens drawn at random; beyond the outermost percent all is moved to the border."""
    centred = values - values.mean(0)
    drawn = np.random.default_rng(0).permutation(len(centred))[:_TOKENS_FOR_AXES]  # they lie pair by pair
    _, _, axes = np.linalg.svd(centred[drawn], full_matrices=False)
    places = centred @ axes[:2].T
    low, high = np.percentile(places, (1, 99), axis=0)
    return np.asarray(np.clip((places - low) / np.maximum(high - low, 1e-9), 0, 1), np.float32)


def main(
    clean: Annotated[str, typer.Argument(help="a benchmark")],
    noisy: Annotated[str, typer.Argument(help="the same after a round trip")],
    output: Annotated[Path, typer.Option("--output", "-o", help="gets codes.md and codes.png")],
    model: str = "tiny",
    limit: Annotated[int, typer.Option(min=1, help="pairs at most")] = 60,
) -> None:
    """Probe and draw the codes of MODEL."""
    from sigmask.models.pretrained import load_locator

    require_no_file(output)
    locator, _, _ = load_locator(model)
    read: list[dict[str, Any]] = [
        {each.sample_id: each for each in load_benchmark(name).read() if isinstance(each, EditPair)}
        for name in (clean, noisy)
    ]
    shared = [name for name in read[0] if name in read[1]][:limit]
    tokens = codes_of(locator.eval(), *([pairs[name] for name in shared] for pairs in read))
    found = probe_accuracies(tokens)
    rows = [[code, *(f"{100 * found[code, question]:.1f}" for question in QUESTIONS)] for code in CODES]
    table = "\n".join(markdown_table(["a linear probe on the", *QUESTIONS], rows))
    output.mkdir(parents=True, exist_ok=True)
    with whole_file(output / "codes.md") as partial:
        partial.write_text(table + "\n", encoding="utf-8")
    Image.fromarray(draw_codes(tokens)).save(output / "codes.png")
    print(f"{len(shared)} pairs, {len(tokens.pair)} tokens\n{table}\nwritten: {output}")


if __name__ == "__main__":
    run_tool(main)
