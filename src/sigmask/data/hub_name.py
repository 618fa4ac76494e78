"""Names of data sets on the Hugging Face Hub as a corpus: `hf:owner/name[:config][@revision]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sigmask.errors import CorpusError

PREFIX = "hf:"

_NAME = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?::(?P<config>[^@:]+))?(?:@(?P<revision>[^@:]+))?")


@dataclass(frozen=True, slots=True)
class HubName:
    """A data set, one of its configurations (None for all of its files), and a branch, tag or commit."""

    repository: str
    config: str | None = None
    revision: str = "main"

    def __str__(self) -> str:
        config = "" if self.config is None else f":{self.config}"
        revision = "" if self.revision == "main" else f"@{self.revision}"
        return f"{PREFIX}{self.repository}{config}{revision}"


def parse_hub_name(source: str) -> HubName:
    """Read `hf:owner/name[:config][@revision]`; `hf://datasets/owner/name` means the same as `hf:owner/name`.

    Raises:
        CorpusError: it is not of this form.
    """
    name = source.removeprefix(PREFIX).lstrip("/").removeprefix("datasets/").strip("/")
    match = _NAME.fullmatch(name)
    if match is None:
        raise CorpusError(
            f"expected hf:OWNER/NAME, hf:OWNER/NAME:CONFIG or hf:OWNER/NAME@REVISION, got '{source}'; "
            "'sigmask corpora' lists data sets on the Hub"
        )
    return HubName(match["repository"], match["config"], match["revision"] or "main")
