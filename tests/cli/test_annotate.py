from __future__ import annotations

import json
import signal
import subprocess
import sys
import types
import warnings
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sigmask.annotation.pipeline import annotate
from sigmask.annotation.ray_cluster import Workers
from sigmask.cli.main import app
from sigmask.errors import SigmaskWarning
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawn_corpora import write_parquet_corpus


@pytest.fixture(autouse=True)
def fake_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Annotator.from_pretrained` gives the fake, so that these tests need no weights."""

    class Annotator(FakeAnnotator):
        @classmethod
        def from_pretrained(cls, name: str = "tiny", **settings: object) -> object:
            annotator = cls()
            annotator.fingerprint = f"fake-{settings['threshold']}"
            return annotator

    module = types.ModuleType("sigmask.annotation.annotator")
    module.Annotator = Annotator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sigmask.annotation.annotator", module)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["annotate", *(str(argument) for argument in arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_ends_with_a_summary_that_names_bad_rows(tmp_path: Path, folder_corpus: Path) -> None:
    victim = sorted((folder_corpus / "edited").iterdir())[2]
    victim.write_bytes(b"")
    code, output = run(folder_corpus, "-o", tmp_path / "out", "--batch-size", 2)
    assert code == 0
    assert "bad: empty_file" in output
    assert victim.stem in output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["written"] == 4


def test_a_broken_row_of_instructions_is_no_row_of_the_summary(tmp_path: Path, folder_corpus: Path) -> None:
    instructions = folder_corpus / "instructions.jsonl"
    instructions.write_text(instructions.read_text().replace('"name"', "name", 1))

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        code, output = run(folder_corpus, "-o", tmp_path / "out")

    assert code == 0
    assert "1 row(s) in the instructions of" in output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    counts = summary["rows"], summary["written"], summary["unreadable_instructions"], summary["bad"]
    assert counts == (5, 5, 1, {})
    assert "instruction unreadable" in output and "flagged unreadable_instruction" in output


def test_the_same_command_again_changes_nothing_and_other_options_are_refused(
    tmp_path: Path, folder_corpus: Path
) -> None:
    command = (folder_corpus, "-o", tmp_path / "out")
    assert run(*command)[0] == 0
    before = contents(tmp_path / "out")
    assert run(*command, "--resume", "--batch-size", 1)[0] == 0
    assert contents(tmp_path / "out") == before
    code, output = run(*command, "--limit", 1, "--threshold", 0.4)
    assert code == 2
    assert "annotator: 'fake-None' there, 'fake-0.4' now; limit: none there, '1' now" in output
    assert "--overwrite" in output
    assert len(output.strip().splitlines()) == 1
    assert run(*command, "--overwrite", "--limit", 1)[0] == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["rows"] == 1


def test_a_moved_corpus_is_refused_with_the_way_to_go_on(tmp_path: Path, folder_corpus: Path) -> None:
    assert run(folder_corpus, "-o", tmp_path / "out")[0] == 0
    (tmp_path / "elsewhere").mkdir()
    moved = folder_corpus.rename(tmp_path / "elsewhere" / folder_corpus.name)
    code, output = run(moved, "-o", tmp_path / "out")
    assert code == 2
    assert f"corpus: '{folder_corpus}' there, '{moved}' now" in output
    assert run(moved, "-o", tmp_path / "out", "--moved")[0] == 0


def test_no_usable_row_is_exit_code_one(tmp_path: Path, folder_corpus: Path) -> None:
    for path in (folder_corpus / "edited").iterdir():
        path.write_bytes(b"")
    assert run(folder_corpus, "-o", tmp_path / "out")[0] == 1


def test_too_many_bad_rows_are_exit_code_three(tmp_path: Path, folder_corpus: Path) -> None:
    for path in sorted((folder_corpus / "edited").iterdir())[:2]:
        path.write_bytes(b"")
    command = (folder_corpus, "-o", tmp_path / "out", "--batch-size", 1)
    code, output = run(*command, "--max-bad", 1)
    assert code == 3
    assert "2 of 2 rows are bad (100.0 %), more than --max-bad 1 allows" in output
    assert len(output.strip().splitlines()) == 1
    assert pq.read_table(tmp_path / "out" / "quarantine.parquet")["row_index"].to_pylist() == [0, 1]
    assert not (tmp_path / "out" / "summary.json").exists()
    assert run(*command, "--max-bad", "40%")[0] == 0
    code, output = run(*command, "--max-bad", "39%")
    assert code == 3
    assert "The run is finished" in output


def test_an_output_that_cannot_be_written_is_exit_code_four(
    tmp_path: Path, folder_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(partial: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    command = (folder_corpus, "-o", tmp_path / "out")
    with monkeypatch.context() as broken:
        broken.setattr("sigmask.annotation.writer.publish", full)
        code, output = run(*command)
    assert code == 4
    assert "No space left on device" in output
    assert len(output.strip().splitlines()) == 1
    assert run(*command)[0] == 0


def test_quarantined_rows_are_read_again_on_request(
    tmp_path: Path, folder_corpus: Path, drawn_pairs: list[EditPair]
) -> None:
    victim = sorted((folder_corpus / "edited").iterdir())[1]
    whole = victim.read_bytes()
    victim.write_bytes(b"")
    command = (folder_corpus, "-o", tmp_path / "out")
    assert "empty_file" in run(*command)[1]
    victim.write_bytes(whole)
    assert "empty_file" in run(*command)[1]
    code, output = run(*command, "--retry-quarantine")
    assert code == 0
    assert "empty_file" not in output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["written"] == len(drawn_pairs)


def test_shards_say_that_others_are_not_done(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    folder = tmp_path / "corpus"
    for name in ("a", "b"):
        write_parquet_corpus(folder / f"{name}.parquet", drawn_pairs)
    code, output = run(folder, "-o", tmp_path / "out", "--shard", "1/2")
    assert code == 0
    assert "shard 1/2 is done, others are not" in output.replace("\n", " ")
    assert not (tmp_path / "out" / "summary.json").exists()
    assert "others are not" not in run(folder, "-o", tmp_path / "out", "--shard", "0/2")[1]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["written"] == 2 * len(drawn_pairs)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--shard", "3/3"), "0 ≤ i < n"),
        (("--shard", "half"), "a shard is i/n"),
        (("--max-bad", "many"), "5%"),
        (("--max-bad", "101%"), "5%"),
        (("--overwrite", "--shard", "0/2"), "exclude each other"),
        (("--overwrite", "--retry-quarantine"), "exclude each other"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: tuple[str, ...], expected: str, tmp_path: Path, folder_corpus: Path
) -> None:
    code, output = run(folder_corpus, "-o", tmp_path / "out", *arguments)
    assert code == 2
    assert expected in output
    assert not (tmp_path / "out").exists()


def test_the_corpus_is_no_place_for_its_masks(folder_corpus: Path) -> None:
    code, output = run(folder_corpus, "-o", folder_corpus)
    assert code == 2
    assert "is the corpus itself" in output.replace("\n", " ")


def test_a_damaged_part_is_made_again_with_a_warning(tmp_path: Path, folder_corpus: Path) -> None:
    command = (folder_corpus, "-o", tmp_path / "out")
    assert run(*command)[0] == 0
    (part,) = (tmp_path / "out").glob("masks-*.parquet")
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])
    with warnings.catch_warnings():
        warnings.simplefilter("always", SigmaskWarning)
        code, output = run(*command)
    assert code == 0
    assert part.read_bytes() == whole
    assert "warning: 1 finished part(s) are damaged" in output


_INTERRUPTED = """
import os, signal, sys
import sigmask.annotation.annotator as module
from tests.annotation.fake_annotator import FakeAnnotator

class Interrupted(FakeAnnotator):
    @classmethod
    def from_pretrained(cls, *arguments, **settings):
        return cls()

    def infer(self, prepared):
        os.kill(os.getpid(), int(sys.argv[1]))
        return super().infer(prepared)

module.Annotator = Interrupted
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from sigmask.annotation.pipeline import annotate
from sigmask.annotation.ray_cluster import Workers
from sigmask.cli.main import app
app(sys.argv[2:])
"""


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_in_order(number: int, expected: int, tmp_path: Path, folder_corpus: Path) -> None:
    """In a process of its own: a signal that went astray would end the tests."""
    command = [sys.executable, "-c", _INTERRUPTED, str(int(number)), "annotate", folder_corpus, "-o", tmp_path / "out"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == expected
    assert "the same command goes on" in done.stderr.replace("\n", " ")
    assert [path.name for path in (tmp_path / "out").rglob("*.*") if path.is_file()] == ["run.json"]


def test_parts_are_as_small_as_one_likes(tmp_path: Path, folder_corpus: Path) -> None:
    assert run(folder_corpus, "-o", tmp_path / "out", "--rows-per-part", "2")[0] == 0
    assert len(list((tmp_path / "out").glob("masks-*.parquet"))) == 3  # of five rows


def test_ray_gets_so_many_workers_and_the_same_options(
    tmp_path: Path, folder_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[object, ...]] = []

    def annotate_on_ray(corpus, open_annotator, output, options, workers, **rest):  # type: ignore[no-untyped-def]
        given.append((open_annotator.keywords["backend"], options.batch_size, workers))
        return annotate(corpus, FakeAnnotator(), output, options, **rest)

    monkeypatch.setattr("sigmask.annotation.ray_cluster.annotate_on_ray", annotate_on_ray)
    options = ("--ray", 3, "--ray-address", "auto", "--workers", 2, "--backend", "onnx", "--batch-size", 2)
    code, output = run(folder_corpus, "-o", tmp_path / "out", *options)
    assert code == 0, output
    assert given == [("onnx", 2, Workers(3, "auto", 2))]


def test_an_address_without_workers_is_refused(tmp_path: Path, folder_corpus: Path) -> None:
    code, output = run(folder_corpus, "-o", tmp_path / "out", "--ray-address", "auto")
    assert code == 2
    assert "--ray N" in output
