"""What IMDL-BenCo's `JsonDataset` and `ManiDataset` open (checked against its release 0.1.45)."""

from __future__ import annotations

from pathlib import Path

from sigmask.export.sample import Sample
from sigmask.export.targets.target import JsonArray, JsonLines, SplitFolders

NEGATIVE = "Negative"
"""What its loader takes for an empty mask and the label 0."""

_OPENING = """\
```
SPLIT/Tp/NAME.jpg      edited pictures (.png where the corpus has no JPEG)
SPLIT/Gt/NAME.png      their masks under the same names, so that both folders sort alike
SPLIT/Au/NAME.jpg      authentic originals, with --authentic
SPLIT.json             [[picture, mask or "Negative"], ...] with absolute paths
SPLIT.relative.json    the same with paths relative to this folder
metadata.jsonl         one line for each picture: name, split, file and all that is known of it
```

```python
from IMDLBenCo.datasets import JsonDataset, ManiDataset

JsonDataset("{folder}/train.json", is_resizing=True, output_size=(512, 512))
ManiDataset("{folder}/train", is_resizing=True, output_size=(512, 512))  # edited pictures only
```

Its loader looks paths up from the working directory, hence the absolute ones. After moving the folder, run from inside
it with `SPLIT.relative.json`."""


class ImdlBencoTarget:
    """Folders `Tp`, `Gt`, `Au` and two JSON lists for each split."""

    wants_originals = False

    def __init__(self, folder: Path, destination: Path) -> None:
        self._folder = folder
        self._destination = destination.resolve()
        self._files = SplitFolders(folder)
        self._metadata = JsonLines(folder / "metadata.jsonl")
        self._lists: dict[str, tuple[JsonArray, JsonArray]] = {}

    def write(self, sample: Sample) -> None:
        kind = "Au" if sample.authentic else "Tp"
        picture = self._files.write(f"{sample.split}/{kind}", sample.name + sample.image.suffix, sample.image.encoded)
        mask = None
        if not sample.authentic:
            mask = self._files.write(f"{sample.split}/Gt", f"{sample.name}.png", sample.mask.png)
        absolute, relative = self._lists_of(sample.split)
        absolute.append([self._absolute(picture), NEGATIVE if mask is None else self._absolute(mask)])
        relative.append([picture, mask or NEGATIVE])
        self._metadata.append({"name": sample.name, "split": sample.split, "file": picture, **sample.facts})

    def close(self) -> None:
        self._metadata.close()
        for arrays in self._lists.values():
            for array in arrays:
                array.close()

    def how_to_open(self) -> str:
        return _OPENING.replace("{folder}", self._destination.name)

    def _lists_of(self, split: str) -> tuple[JsonArray, JsonArray]:
        if split not in self._lists:
            names = (f"{split}.json", f"{split}.relative.json")
            absolute, relative = (JsonArray(self._folder / name) for name in names)
            self._lists[split] = (absolute, relative)
        return self._lists[split]

    def _absolute(self, relative: str) -> str:
        return str(self._destination / relative)
