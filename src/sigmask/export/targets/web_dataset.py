"""WebDataset: tar files of `NAME.jpg`, `NAME.mask.png` and `NAME.json`, in order, the same bytes for the same input.

If so wished `NAME.original.jpg` too, but for authentic pictures, which are originals themselves.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from sigmask.export.sample import Sample

SHARD_BYTES = 512 << 20
SHARD_SAMPLES = 5_000
"""A shard ends at whichever comes first. Our choice, near what the format's authors advise."""

_OPENING = """\
```
SPLIT-000000.tar, ...    NAME.jpg (or NAME.png), NAME.mask.png (one bit a pixel, white where changed), NAME.json
```

```python
import webdataset

shards = "{folder}/train-000000.tar"
for sample in webdataset.WebDataset(shards, shardshuffle=False).decode("pil"):
    image = sample.get("jpg") or sample.get("png")
    mask, facts = sample["mask.png"], sample["json"]
```"""
_OPENING_ORIGINALS = """

With each edited picture is its original, NAME.original.jpg (or .png):
`sample.get("original.jpg") or sample.get("original.png")`. Authentic pictures have none."""


class WebDatasetTarget:
    """Shards of each split."""

    def __init__(self, folder: Path, destination: Path, *, with_originals: bool = False) -> None:
        self.wants_originals = with_originals
        self._folder = folder
        self._destination = destination
        self._shards: dict[str, _Shards] = {}

    def write(self, sample: Sample) -> None:
        if sample.split not in self._shards:
            self._shards[sample.split] = _Shards(self._folder, sample.split)
        self._shards[sample.split].append(sample)

    def close(self) -> None:
        for shards in self._shards.values():
            shards.close()

    def how_to_open(self) -> str:
        opening = _OPENING + (_OPENING_ORIGINALS if self.wants_originals else "")
        return opening.replace("{folder}", self._destination.name)


class _Shards:
    def __init__(self, folder: Path, split: str) -> None:
        self._folder = folder
        self._split = split
        self._number = -1
        self._tar: tarfile.TarFile | None = None
        self._bytes = self._samples = 0

    def append(self, sample: Sample) -> None:
        facts = json.dumps(sample.facts, ensure_ascii=False).encode()
        parts = [(sample.image.suffix, sample.image.encoded), (".mask.png", sample.mask.png), (".json", facts)]
        if sample.original is not None:
            parts.insert(1, (f".original{sample.original.suffix}", sample.original.encoded))
        size = sum(len(content) for _, content in parts)
        if self._samples >= SHARD_SAMPLES or self._bytes + size > SHARD_BYTES:
            self.close()
        if self._tar is None:
            self._number += 1
            self._tar = tarfile.open(  # noqa: SIM115 - stays open until the shard is full
                self._folder / f"{self._split}-{self._number:06d}.tar", "w", format=tarfile.USTAR_FORMAT
            )
        for suffix, content in parts:
            member = tarfile.TarInfo(sample.name + suffix)  # owner and time stay 0: equal exports are equal files
            member.size = len(content)
            member.mode = 0o644
            self._tar.addfile(member, io.BytesIO(content))
        self._bytes += size
        self._samples += 1

    def close(self) -> None:
        if self._tar is not None:
            self._tar.close()
        self._tar, self._bytes, self._samples = None, 0, 0
