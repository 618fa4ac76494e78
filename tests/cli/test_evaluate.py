from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.cli.evaluate import evaluate
from sigmask.errors import ConfigError, SigmaskWarning, WeightsError
from sigmask.types import Annotation, EditPair, ImageArray, Scope
from tests.drawn_corpora import write_table_corpus

told_so_far: list[str | None] = []
bounds: list[float] = []


class StubAnnotator:
    """Marks nothing and remembers what it was told."""

    fingerprint = "stub"

    @classmethod
    def from_pretrained(cls, name: str, *, backend: str = "auto", least_quality: float = 0.5) -> StubAnnotator:
        bounds.append(least_quality)
        if name != "tiny":
            raise WeightsError(f"no weights called '{name}'")
        return cls()

    def __call__(self, original: ImageArray, edited: ImageArray, instruction: str | None) -> Annotation:
        told_so_far.append(instruction)
        empty = np.zeros(edited.shape[:2], np.float32)
        return Annotation(empty > 0.5, empty, empty, 0.0, Scope.NONE)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    told_so_far.clear()
    monkeypatch.setenv("SIGMASK_CACHE", str(tmp_path / "cache"))
    module = types.ModuleType("sigmask.annotation.annotator")
    module.Annotator = StubAnnotator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sigmask.annotation.annotator", module)
    application = typer.Typer()
    application.command()(evaluate)
    return application


@pytest.fixture
def table(tmp_path: Path, drawn_pairs: list[EditPair]) -> str:
    return str(write_table_corpus(tmp_path / "drawn", drawn_pairs))


def run(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--jobs", "1"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_rivals_on_a_table_with_every_output(app: typer.Typer, table: str, tmp_path: Path) -> None:
    outputs = ["--json", str(tmp_path / "a" / "r.json"), "--markdown", str(tmp_path / "r.md")]
    outputs += ["--csv", str(tmp_path / "r.csv"), "--worst", str(tmp_path / "worst"), "--worst-count", "2"]
    text = run(app, table, "--methods", "absolute-difference,ssim", "--limit", "3", *outputs)
    assert "absolute-difference" in text and "ssim" in text
    results = json.loads((tmp_path / "a" / "r.json").read_text())
    assert [(result["method"], len(result["pairs"])) for result in results] == [("absolute-difference", 3), ("ssim", 3)]
    assert results[0]["edited"]["f1"] > 0.99  # the drawn pairs differ in their masks only
    assert "| drawn | absolute-difference | 3 | 0 | 100.0 |" in (tmp_path / "r.md").read_text()
    assert (tmp_path / "r.csv").read_text().startswith("benchmark,method,")
    assert len(list((tmp_path / "worst" / "drawn" / "ssim").glob("*.png"))) == 2


def test_the_model_is_what_runs_by_default(app: typer.Typer, table: str, drawn_pairs: list[EditPair]) -> None:
    assert "tiny" in run(app, table)
    assert told_so_far == [pair.instruction for pair in drawn_pairs]


def test_all_is_the_model_and_every_rival(app: typer.Typer, table: str) -> None:
    text = run(app, table, "--methods", "all", "--limit", "1")
    assert all(name in text for name in ("tiny", "absolute-difference", "difference-of-blurred", "ssim"))


def test_instructions_can_be_withheld_or_swapped(app: typer.Typer, table: str, drawn_pairs: list[EditPair]) -> None:
    run(app, table, "--no-instruction")
    assert told_so_far == [None] * len(drawn_pairs)
    told_so_far.clear()
    run(app, table, "--wrong-instruction")
    assert all(told != pair.instruction for told, pair in zip(told_so_far, drawn_pairs, strict=True))
    assert CliRunner().invoke(app, [table, "--no-instruction", "--wrong-instruction"]).exit_code == 2


def test_a_benchmark_without_wrong_instructions_is_told(
    app: typer.Typer, table: str, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    untold = [dataclasses.replace(pair, instruction=None) for pair in drawn_pairs[:2]]
    mute = str(write_table_corpus(tmp_path / "mute", untold))
    with pytest.warns(SigmaskWarning, match=r"no two different instructions in mute, .* scored without instruction"):
        run(app, table, mute, "--wrong-instruction")
    assert len(told_so_far) == len(drawn_pairs) + 2 and told_so_far[-2:] == [None, None]
    refused = CliRunner().invoke(app, [mute, "--wrong-instruction"])
    assert isinstance(refused.exception, ConfigError)
    assert "no two different instructions in mute" in str(refused.exception)


def test_doubtful_pairs_can_be_left_out(app: typer.Typer, table: str) -> None:
    bounds.clear()
    text = run(app, table, "--methods", "tiny,ssim", "--least-quality", "0.7")
    (row,) = [line for line in text.splitlines() if "0 / 5" in line]  # the stub expects 0 of every mask
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == [
        "drawn", "tiny", "0.7", "0 / 5", "0.0", "– / 0.0", "– / 0.0", "– / –",
    ]  # fmt: skip
    assert "5 / 5" in run(app, table, "--least-quality", "0")
    assert bounds == [LEAST_QUALITY, 0.0]
    assert "none of these methods" in run(app, table, "--methods", "ssim", "--least-quality", "0.7")


def test_a_result_is_kept_until_the_benchmark_changes(
    app: typer.Typer, table: str, drawn_pairs: list[EditPair]
) -> None:
    first = run(app, table)
    told_so_far.clear()
    assert f"running drawn · tiny\n{run(app, table)}" == first
    assert told_so_far == []
    run(app, table, "--fresh")
    assert len(told_so_far) == len(drawn_pairs)
    with Path(table).open("a") as file:
        file.write("\n")
    run(app, table)
    assert len(told_so_far) == 2 * len(drawn_pairs)


def test_the_output_folder_holds_page_tables_and_worst_cases(app: typer.Typer, table: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    text = run(app, "--benchmarks", table, "--methods", "tiny,absolute-difference,ssim", "-o", str(output))
    assert "drawn: tiny -100.0 F1 over absolute-difference" in text  # the stub marks nothing, and the table says so
    assert {path.name for path in output.iterdir()} == {
        *("index.html", "results.md", "results.csv", "results.tex", "results.json", "worst"),
    }
    markdown = (output / "results.md").read_text()
    assert "Where it loses: drawn." in markdown and "## What it costs" in markdown
    assert "peak MB of its process" in markdown
    page = (output / "index.html").read_text()
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert pictures and all((output / picture).is_file() for picture in pictures)
    assert page.count("<polyline") == 3
    assert r"\textbf{100.0} / 100.0" in (output / "results.tex").read_text()


def test_the_model_under_test_is_the_first_that_is_named(app: typer.Typer, table: str, tmp_path: Path) -> None:
    text = run(app, table, "--methods", "absolute-difference,tiny", "--limit", "3")
    assert "tiny -100.0 F1 over absolute-difference" in text


def test_an_output_that_is_a_file_is_refused_at_once(app: typer.Typer, table: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, [table, "-o", str(tmp_path / "file")])
    assert result.exit_code == 2 and told_so_far == []


def test_outputs_that_cannot_be_written_are_refused_at_once(app: typer.Typer, table: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for option, path in (
        ("--csv", tmp_path),
        ("--worst", tmp_path / "file"),
        ("--json", tmp_path / "file" / "x" / "y"),
    ):
        result = CliRunner().invoke(app, [table, option, str(path)])
        assert result.exit_code == 2, (option, result.output)
    assert told_so_far == []


def test_an_interrupt_is_told(app: typer.Typer, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sigmask.cli.evaluate.run_suite", interrupted)
    result = CliRunner().invoke(app, [table])
    assert result.exit_code == 130 and "the same command goes on" in result.output


def test_nothing_that_could_be_scored_is_no_success(
    app: typer.Typer, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    pairs = [dataclasses.replace(pair, mask=None) for pair in drawn_pairs]
    table = write_table_corpus(tmp_path / "maskless", pairs)
    assert CliRunner().invoke(app, [str(table), "--jobs", "1"]).exit_code == 1


def test_all_benchmarks_are_those_at_hand(app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGMASK_SHARED", str(tmp_path / "nowhere"))
    monkeypatch.delenv("SIGMASK_BENCHMARKS", raising=False)
    result = CliRunner().invoke(app, ["all"])
    assert result.exit_code == 2 and "no known benchmark is at hand" in result.output


def test_bad_rows_are_told(app: typer.Typer, table: str) -> None:
    with Path(table).open("a") as file:
        file.write('{"id": "lost", "original": "original/lost.png", "edited": "edited/lost.png"}\n')
    assert "not scored: drawn lost: missing_file" in run(app, table, "--methods", "ssim")


def test_of_many_bad_rows_a_few_are_named_and_the_rest_counted(app: typer.Typer, table: str) -> None:
    with Path(table).open("a") as file:
        for name in range(8):
            file.write(f'{{"id": "lost{name}", "original": "original/{name}.png", "edited": "edited/{name}.png"}}\n')
    output = run(app, table, "--methods", "ssim")
    assert output.count("not scored: drawn lost") == 5
    assert "not scored: drawn: 3 more of missing_file" in output


def test_an_unknown_method_lists_what_exists(app: typer.Typer, table: str) -> None:
    result = CliRunner().invoke(app, [table, "--methods", "simm"])
    assert isinstance(result.exception, ConfigError)
    assert "unknown method 'simm'. Did you mean 'ssim'?" in str(result.exception)


def test_the_list_and_no_benchmark(app: typer.Typer) -> None:
    text = run(app, "--list")
    assert "cocoglide_vae_strong" in text and "blurred-difference" in text
    assert CliRunner().invoke(app, []).exit_code == 2
