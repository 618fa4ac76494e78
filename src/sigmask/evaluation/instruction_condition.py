"""What a method is told: the pair's own instruction, none, or another pair's.

A model that believes its eyes keeps its mask when the instruction is taken away or wrong.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Mapping

from sigmask.errors import ConfigError, SigmaskWarning
from sigmask.instruction.parser import parse
from sigmask.types import Action, BadSample, EditPair

Sample = EditPair | BadSample


def without_instructions(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The same samples, none with an instruction."""
    for sample in samples:
        yield sample if isinstance(sample, BadSample) else dataclasses.replace(sample, instruction=None)


def with_wrong_instructions(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The same samples in the same order, each pair with the last instruction before it that asks for another action.

    Where no other action was asked for yet it is the last one in other words: benches may come sorted by kind, and
    "take the cat away" is hardly wrong for "remove the dog". The first pairs, before which no other was seen, wait for
    the first different one. A set in which all instructions are the same, or missing, has no wrong ones to give: its
    pairs lose theirs.
    """
    seen: list[str] = []  # the last two distinct instructions, newest last
    by_action: dict[Action | None, str] = {}  # the last one of each action, newest last
    waiting: list[Sample] = []
    for sample in samples:
        instruction = None if isinstance(sample, BadSample) else sample.instruction
        if instruction is not None:
            if not seen or seen[-1] != instruction:
                seen = [*[each for each in seen if each != instruction], instruction][-2:]
            action = _action(instruction)
            by_action.pop(action, None)
            by_action[action] = instruction
        if len(seen) < 2:
            waiting.append(sample)
            continue
        while waiting:
            yield _with_other(waiting.pop(0), seen, by_action)
        yield _with_other(sample, seen, by_action)
    for sample in waiting:
        yield sample if isinstance(sample, BadSample) else dataclasses.replace(sample, instruction=None)


def require_wrong_instructions(benchmarks: Mapping[str, Iterable[Sample]]) -> None:
    """Warn of benchmarks, name to samples, in which `with_wrong_instructions` has no wrong ones to give.

    Raises:
        ConfigError: there is none in any of them, so that nothing could be compared.
    """
    lacking = [name for name, samples in benchmarks.items() if not _two_are_different(samples)]
    if not lacking:
        return
    told = f"no two different instructions in {', '.join(lacking)}, so a pair cannot be given another pair's"
    if len(lacking) == len(benchmarks):
        raise ConfigError(f"{told}. Score without --wrong-instruction, or with --no-instruction.")
    warnings.warn(f"{told}: there the pairs are scored without instruction", SigmaskWarning, stacklevel=3)


def require_instructions(benchmarks: Mapping[str, Iterable[Sample]]) -> None:
    """Refuse benchmarks, name to samples, that tell a method nothing. Reads no further than the first instruction.

    Raises:
        ConfigError: none of one benchmark's pairs has an instruction.
    """
    for name, samples in benchmarks.items():
        if has_no_instruction(samples):
            raise ConfigError(
                f"expected a benchmark with instructions, got none in {name}. Name its table, with a column "
                "`instruction`, or leave it out."
            )


def has_no_instruction(samples: Iterable[Sample]) -> bool:
    """Whether no pair has one. Reads no further than the first instruction, since reading decodes."""
    return all(isinstance(sample, BadSample) or sample.instruction is None for sample in samples)


def _two_are_different(samples: Iterable[Sample]) -> bool:
    """Reads no further than the second different instruction, since reading decodes."""
    first: str | None = None
    for sample in samples:
        if isinstance(sample, BadSample) or sample.instruction is None:
            continue
        if first is not None and sample.instruction != first:
            return True
        first = sample.instruction
    return False


def _with_other(sample: Sample, seen: list[str], by_action: dict[Action | None, str]) -> Sample:
    if isinstance(sample, BadSample):
        return sample
    own = _action(sample.instruction)
    others = [text for action, text in by_action.items() if action is not own and text != sample.instruction]
    other = others[-1] if others else next(text for text in reversed(seen) if text != sample.instruction)
    return dataclasses.replace(sample, instruction=other)


def _action(instruction: str | None) -> Action | None:
    """What is asked for first."""
    return next((edit.action for edit in parse(instruction)), None)
