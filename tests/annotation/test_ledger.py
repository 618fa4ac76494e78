from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sigmask.annotation.fingerprint import differences, run_fingerprint
from sigmask.annotation.ledger import Ledger, OutputDiffersError, PartRecord
from sigmask.annotation.output_folder import make_output
from sigmask.annotation.part_plan import Part, Piece
from sigmask.annotation.summary import Tally
from sigmask.annotation.write_errors import OutputWriteError, writing
from sigmask.annotation.writer import WrittenFile, file_checksum
from sigmask.data.corpus import load_corpus
from sigmask.data.unit import Unit
from sigmask.errors import BadReason
from sigmask.types import BadSample
from tests.annotation.fake_annotator import FakeAnnotator

PART = Part("a.parquet", (Piece(Unit("a.parquet", 0, 4), 0, 4, 4),))
OTHER = Part("b.parquet", (Piece(Unit("b.parquet", 0, 2), 0, 2, 2),))
FINGERPRINT = {"model": "tiny", "limit": "None"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    make_output(tmp_path / "out")
    return tmp_path / "out"


def commit(output: Path, part: Part = PART) -> PartRecord:
    file = output / part.file_name
    file.write_bytes(b"masks")
    written = file_checksum(file)
    assert written is not None
    bad = BadSample("é\ud83d", BadReason.TRUNCATED, "half a picture", "a.parquet", 3)
    record = PartRecord(tuple(part.identity), written, 1.25, Tally(3, 0.1 + 0.2, 2.5, {"local": 3}), (bad,))
    Ledger(output).commit(part, record)
    return record


def test_a_record_comes_back_as_it_was(output: Path) -> None:
    record = commit(output)
    assert Ledger(output).record(PART) == record
    assert record.rows == 4
    assert Ledger(output).records([OTHER, PART]) == {PART: record}
    assert Ledger(output).damaged([OTHER, PART]) == []


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "record", "record of others"])
def test_damage_is_found(damage: str, output: Path) -> None:
    commit(output)
    file, record = output / PART.file_name, output / ".ledger" / f"{PART.name}.json"
    part = PART
    if damage == "flip":
        file.write_bytes(b"maskz")
    elif damage == "cut":
        file.write_bytes(b"mask")
    elif damage == "missing":
        file.unlink()
    elif damage == "record":
        record.write_bytes(record.read_bytes().replace(b"half a picture", b"half a puncture"))
    else:
        part = replace(PART, pieces=(Piece(Unit("a.parquet", 0, 5), 0, 4, 5),))
        assert part.name == PART.name
        assert Ledger(output).record(part) is None
    assert Ledger(output).damaged([part, OTHER]) == [part]
    Ledger(output).withdraw([part])
    assert Ledger(output).damaged([part]) == []
    assert Ledger(output).records([part]) == {}


def test_a_run_goes_on_under_its_own_fingerprint_only(output: Path) -> None:
    ledger = Ledger(output)
    ledger.begin(FINGERPRINT, [PART])
    ledger.begin(FINGERPRINT, [PART, OTHER])
    with pytest.raises(OutputDiffersError, match=r"limit: none there, '5' now; device: none there, 'cpu' now\."):
        ledger.begin({"model": "tiny", "limit": "5", "device": "cpu"}, [PART])
    assert json.loads((output / ".ledger" / "run.json").read_text()) == FINGERPRINT


def test_a_run_goes_on_elsewhere_only_when_told_that_its_corpus_was_moved(output: Path) -> None:
    ledger = Ledger(output)
    there, here = ({**FINGERPRINT, "corpus": f"/{place}/pairs"} for place in ("a", "b"))
    ledger.begin(there, [PART], moved=True)
    with pytest.raises(OutputDiffersError, match=r"corpus: '/a/pairs' there, '/b/pairs' now.*give --moved to go on"):
        ledger.begin(here, [PART])
    for other in ({**here, "limit": "5"}, {**there, "limit": "5"}):
        with pytest.raises(OutputDiffersError, match="limit: none there, '5' now") as caught:
            ledger.begin(other, [PART], moved=True)
        assert "--moved" not in str(caught.value)
    ledger.begin(here | {"root": "/b"}, [PART], moved=True)
    ledger.begin(here | {"root": "/b"}, [PART])
    with pytest.raises(OutputDiffersError, match="corpus: '/b/pairs' there"):
        ledger.begin(there, [PART])


def test_masks_that_are_no_part_of_the_plan_are_refused(output: Path) -> None:
    (output / "masks-00000.parquet").write_bytes(b"")
    with pytest.raises(OutputDiffersError, match=r"masks without a ledger .masks-00000.parquet"):
        Ledger(output).begin(FINGERPRINT, [PART])
    (output / "masks-00000.parquet").unlink()
    Ledger(output).begin(FINGERPRINT, [PART, OTHER])
    commit(output, OTHER)
    with pytest.raises(OutputDiffersError, match=rf"the corpus no longer has \({OTHER.file_name}\)"):
        Ledger(output).begin(FINGERPRINT, [PART])


def test_an_unreadable_fingerprint_is_refused(output: Path) -> None:
    (output / ".ledger" / "run.json").write_text("{")
    with pytest.raises(OutputDiffersError, match=r"cannot read .*run\.json.*--overwrite"):
        Ledger(output).begin(FINGERPRINT, [PART])


def test_a_record_that_cannot_be_written_is_an_error_of_the_output(output: Path) -> None:
    (output / ".ledger").rmdir()
    record = PartRecord((), WrittenFile(0, ""), 0.0, Tally(), ())
    with pytest.raises(OutputWriteError, match="cannot write"):
        Ledger(output).commit(PART, record)


def test_only_operating_system_errors_become_errors_of_the_output(tmp_path: Path) -> None:
    with pytest.raises(OutputWriteError, match="No space left on device"), writing(tmp_path):
        raise OSError(28, "No space left on device")
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        _ = 1 / 0


def test_the_fingerprint_names_all_that_masks_depend_on(jsonl_corpus: Path, folder_corpus: Path) -> None:
    class Telling(FakeAnnotator):
        settings = {"weights": "abc", "threshold": "0.5"}  # noqa: RUF012

    def made(path: Path, annotator: FakeAnnotator, **changes: int | None) -> dict[str, str]:
        return run_fingerprint(load_corpus(path), annotator, **({"limit": None, "rows_per_part": 9} | changes))

    telling = made(jsonl_corpus, Telling())
    assert (telling["weights"], telling["threshold"], telling["column of the instruction"]) == (
        "abc",
        "0.5",
        "instruction",
    )
    fake = made(folder_corpus, FakeAnnotator())
    assert fake["annotator"] == FakeAnnotator.fingerprint
    assert differences(fake, made(folder_corpus, FakeAnnotator())) == []
    assert differences(fake, made(folder_corpus, FakeAnnotator(), limit=3)) == ["limit: none there, '3' now"]
    assert len(differences(fake, telling)) >= 4
