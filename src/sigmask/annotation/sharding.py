"""`--shard i/n`: which parts of the plan are this process's own, decided without a server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sigmask.annotation.part_plan import Part
from sigmask.errors import SigmaskError


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `index` of `count`, counted from 0.

    The split says only who does a part, never what is in it: runs with different counts may follow one another on one
    output, and a run without a shard does whatever is left.
    """

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.index < self.count:
            raise SigmaskError(
                f"a shard is i/n with 0 ≤ i < n, counted from 0, got {self.index}/{self.count}: "
                f"the shards of n = 3 are 0/3, 1/3 and 2/3"
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read "i/n".

        Raises:
            SigmaskError: it is not of that form, or i is out of range.
        """
        match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if match is None:
            raise SigmaskError(f"a shard is i/n, such as 0/3, got '{text}'")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def is_whole(self) -> bool:
        """Whether this is the only share."""
        return self.count == 1

    def own(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Every `count`-th part from `index` on: neighbours, which tend to be alike in size, go to different shards."""
        return tuple(parts[self.index :: self.count])
