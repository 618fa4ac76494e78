"""Contact sheets of a Stage I corpus, one for each family of edits: what the trainer is going to see."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from sigmask.data.overlay import draw_outline
from sigmask.output_path import require_no_file
from sigmask.report.contact_sheet import CELL, ContactSheet
from sigmask.report.lettering import cut_to_width
from sigmask.synthesis.corpus_progress import read_meta, some_pair_files
from sigmask.training.stage1_views import read_record

_HEADERS = ("original", "edited", "after the round trip", "mask")
_CAPTION_SIZE = 13


def write_corpus_sheets(corpus: Path, output: Path, *, most: int = 12) -> list[Path]:
    """Write `FAMILY.jpg` into `output` for each family, of its first `most` pairs; the sheets' paths.

    Raises:
        CorpusError: there are no pairs, or one is damaged.
        SigmaskError: `output` is a file.
    """
    require_no_file(output)
    of_family: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for path in some_pair_files(corpus):
        meta = read_meta(path)
        of_family[str(meta["family"])].append((path, str(meta["instruction"])))
    output.mkdir(parents=True, exist_ok=True)
    return [_write_sheet(pairs[:most], output / f"{family}.jpg") for family, pairs in sorted(of_family.items())]


def _write_sheet(pairs: list[tuple[Path, str]], path: Path) -> Path:
    sheet = ContactSheet(_HEADERS)
    for pair, instruction in pairs:
        record = read_record(pair, ("original", "edited", "edited_round_trip", "mask"))
        caption = f"{instruction}  ({pair.stem}, {100 * record['mask'].mean():.1f} %)"
        pictures = [record["original"], record["edited"], record["edited_round_trip"]]
        sheet.add(
            cut_to_width(caption, _CAPTION_SIZE, len(_HEADERS) * CELL[0]),
            [*pictures, draw_outline(record["edited"], record["mask"])],
        )
    return sheet.write(path)
