"""Measures the instruction parser: action accuracy per data set, how often the target is named, instructions a second.

    python benchmarks/instruction_parser.py ../shared/data/instructions/dev

With `--errors` it lists what went wrong: for the training folder only, figures on `dev` are taken blind.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from sigmask.instruction.concept import head
from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

PUBLISHED_TYPES: dict[tuple[Action, ...], tuple[str, ...]] = {
    # the mapping of ../shared/data/MANIFEST.md
    (Action.ADD,): ("subject-add", "add"),
    (Action.REMOVE,): ("subject-remove", "remove", "ObjectRemoval", "WatermarkRemoval", "ShadowRemoval"),
    (Action.REPLACE,): ("subject-replace", "replace", "Replacement"),
    (Action.ATTRIBUTE,): ("color_alter", "material_alter", "adjust", "ColorAlteration"),
    (Action.TEXT,): ("text_change",),
    (Action.BACKGROUND,): ("background_change", "background", "BGReplacement"),
    (Action.STYLE,): ("style_change", "style", "StyleAlteration"),
    (Action.TONE, Action.RESTORATION): (
        "tone_transfer",
        *("Deblurring", "HazeRemoval", "Lowlight", "NoiseRemoval", "RainRemoval", "SnowRemoval"),
    ),
    (Action.ACTION_CHANGE,): ("motion_change", "action"),
}
EXPECTED = {edit_type: actions for actions, types in PUBLISHED_TYPES.items() for edit_type in types}
SETS = ("gedit_en", "imgedit_basic", "i2ebench")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--errors", action="store_true", help="list misread instructions (training folder only)")
    options = parser.parse_args()
    if options.errors and options.folder.resolve().name != "train":
        parser.error("--errors is for the training folder: figures elsewhere are taken blind")
    rows = {path.stem: _rows(path) for path in sorted(options.folder.glob("*.jsonl"))}
    total: Counter[bool] = Counter()
    for name in SETS:
        total += _report_actions(name, rows[name], options.errors)
    print(f"actions, all: {_share(total)}")
    _report_targets(rows["ggip2p_target"], options.errors)
    _report_speed([row["instruction"] for group in rows.values() for row in group])


def action_is_right(instruction: str, edit_type: str) -> bool:
    """Whether the first edit that the parser reads has the type's action."""
    edits = parse(instruction)
    return bool(edits) and edits[0].action in EXPECTED[edit_type]


def target_is_named(edits: Iterable[EditTuple], target: str) -> bool:
    """Whether the target's head noun is a word of a concept or of a location, after lemmatising."""
    named = {
        singular(word.removesuffix("'s").removesuffix("'"))
        for edit in edits
        for phrase in (edit.original_concept, edit.edited_concept, edit.location)
        for word in (phrase or "").replace("-", " ").split()
    }
    return head(target.lower()) in named


def _report_actions(name: str, rows: list[dict[str, str]], errors: bool) -> Counter[bool]:
    by_type: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for row in rows:
        if row["edit_type"] in EXPECTED:
            right = action_is_right(row["instruction"], row["edit_type"])
            by_type[row["edit_type"]][right] += 1
            if errors and not right:
                print(f"  {row['edit_type']:18s} {row['instruction']}\n      {parse(row['instruction'])}")
    whole = sum(by_type.values(), Counter())
    print(f"actions, {name}: {_share(whole)}")
    for edit_type, counts in sorted(by_type.items()):
        print(f"    {edit_type:18s} {_share(counts)}")
    return whole


def _report_targets(rows: list[dict[str, str]], errors: bool) -> None:
    counts: Counter[bool] = Counter()
    for row in rows:
        if row["target"] and row["target"].lower() not in lexicon().pronouns:
            edits = parse(row["instruction"])
            named = target_is_named(edits, row["target"])
            counts[named] += 1
            if errors and not named:
                print(f"  [{row['target']}] {row['instruction']}\n      {edits}")
    print(f"targets named: {_share(counts)}")


def _report_speed(instructions: list[str]) -> None:
    started = time.perf_counter()
    edits = [parse(instruction) for instruction in instructions]
    seconds = time.perf_counter() - started
    longest = max(
        len(concept.split())
        for group in edits
        for edit in group
        for concept in (edit.original_concept, edit.edited_concept)
        if concept
    )
    print(f"{len(instructions) / seconds:,.0f} instructions/s on one core; longest concept: {longest} words")


def _share(counts: Counter[bool]) -> str:
    return f"{counts[True]}/{counts.total()} = {100 * counts[True] / max(counts.total(), 1):.1f} %"


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
