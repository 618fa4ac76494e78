"""The README of a run's folder: by its front matter `datasets.load_dataset(FOLDER)` opens the masks, and only them."""

from __future__ import annotations

from pathlib import Path

from sigmask.annotation.exclusive_file import replace_file
from sigmask.annotation.part_plan import PART_PATTERN
from sigmask.annotation.quarantine import QUARANTINE_NAME
from sigmask.annotation.summary import SUMMARY_NAME, Summary
from sigmask.annotation.write_errors import writing

RUN_CARD_NAME = "README.md"
_FRONT_MATTER = f"""\
---
configs:
- config_name: default
  data_files: {PART_PATTERN}
---
"""


def write_run_card(folder: Path, summary: Summary) -> None:
    """Write `README.md`, unless there is one of the user's own. The front matter leaves `quarantine.parquet` out.

    Raises:
        OutputWriteError: it cannot be written.
    """
    path = folder / RUN_CARD_NAME
    if path.exists() and not is_run_card(path):
        return
    text = f"""{_FRONT_MATTER}
# Masks of a corpus of edit pairs

Made by `sigmask annotate` with the weights {summary.model}: {summary.written:,} masks, one row each in
`{PART_PATTERN}`; {summary.rows - summary.written:,} rows could not be used and are in `{QUARANTINE_NAME}` with the
reason; figures are in `{SUMMARY_NAME}`. The pictures are not here: `(source_file, row_index)` names a row of the
corpus.

```python
import datasets

masks = datasets.load_dataset("this folder", split="train")
```

`sigmask export` puts pictures and masks together, in formats that others read; `sigmask gallery` shows them.
"""
    with writing(path):
        replace_file(path, text.encode())


def is_run_card(path: Path) -> bool:
    """Whether the file is one that `write_run_card` wrote."""
    try:
        with path.open("rb") as file:
            return file.read(len(_FRONT_MATTER)) == _FRONT_MATTER.encode()
    except OSError:
        return False
