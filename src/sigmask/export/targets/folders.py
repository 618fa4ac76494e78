"""Plain folders: `train/original`, `train/edited`, `train/mask`, paired by name, and the facts as JSON lines."""

from __future__ import annotations

from pathlib import Path

from sigmask.export.sample import Sample
from sigmask.export.targets.target import JsonLines, SplitFolders

_OPENING = """\
```
{split}/original/NAME.jpg     the picture before the edit
{split}/edited/NAME.jpg       after it (.png where the corpus has no JPEG)
{split}/mask/NAME.png         one bit a pixel, white where changed
{split}/authentic/NAME.jpg    originals as negatives, with --authentic; their masks are black
{split}/instructions.jsonl    name and instruction
metadata.jsonl                one line for each picture: name, split, file and all that is known of it
```

sigmask reads this layout itself:

```python
from sigmask import load_corpus

for pair in load_corpus("{folder}/train"):
    pair.original, pair.edited, pair.mask, pair.instruction
```"""


class FoldersTarget:
    """Triplets in folders."""

    wants_originals = True

    def __init__(self, folder: Path, destination: Path) -> None:
        self._folder = folder
        self._destination = destination
        self._files = SplitFolders(folder)
        self._metadata = JsonLines(folder / "metadata.jsonl")
        self._instructions: dict[str, JsonLines] = {}

    def write(self, sample: Sample) -> None:
        kind = "authentic" if sample.authentic else "edited"
        path = self._files.write(f"{sample.split}/{kind}", sample.name + sample.image.suffix, sample.image.encoded)
        self._files.write(f"{sample.split}/mask", f"{sample.name}.png", sample.mask.png)
        if sample.original is not None:
            original = sample.original
            self._files.write(f"{sample.split}/original", sample.name + original.suffix, original.encoded)
        self._metadata.append({"name": sample.name, "split": sample.split, "file": path, **sample.facts})
        if sample.facts["instruction"] is not None:
            lines = self._instructions.get(sample.split)
            if lines is None:
                lines = self._instructions[sample.split] = JsonLines(self._folder / sample.split / "instructions.jsonl")
            lines.append({"name": sample.name, "instruction": sample.facts["instruction"]})

    def close(self) -> None:
        for lines in (self._metadata, *self._instructions.values()):
            lines.close()

    def how_to_open(self) -> str:
        return _OPENING.replace("{folder}", self._destination.name).replace("{split}", "SPLIT")
