"""Measures where the inputs of a model's convolutions range, for int8.

`python -m sigmask.annotation.backends.int8_calibration FOLDER CORPUS` writes `int8.json` into a folder of weights
with a `model.onnx`. Masks of the corpus are not looked at; a few dozen pairs like those that will be annotated are
enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends.backend import inputs_of
from sigmask.annotation.backends.int8 import measure_ranges, write_ranges
from sigmask.annotation.backends.openvino_backend import import_openvino, read_graph
from sigmask.command_errors import run_tool
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.errors import SigmaskError
from sigmask.models.weights_folder import GRAPH_FILE
from sigmask.types import EditPair

PAIRS = 96


def main(
    folder: Annotated[Path, typer.Argument(help="weights with a model.onnx")],
    corpus: Annotated[str, typer.Argument(help="pairs like those that will be annotated; no benchmark")],
    pairs: Annotated[int, typer.Option(min=1)] = PAIRS,
) -> None:
    """Write int8.json into FOLDER."""
    graph = folder / GRAPH_FILE
    if not graph.is_file():
        raise SigmaskError(f"{folder} has no {GRAPH_FILE}: python -m sigmask.annotation.backends.onnx_export makes it")
    core = import_openvino().Core()
    annotator = Annotator.from_pretrained(str(folder), backend="openvino", precision="float32")
    inputs = itertools.islice(_inputs(annotator, load_corpus(corpus)), pairs)
    typer.echo(f"written: {write_ranges(folder, measure_ranges(core, read_graph(core, graph), inputs))}")


def _inputs(annotator: Annotator, corpus: Corpus) -> Iterator[dict[str, np.ndarray]]:
    for pair in corpus:
        if isinstance(pair, EditPair):
            yield inputs_of(*annotator.inputs([annotator.prepare(pair)]))


if __name__ == "__main__":
    run_tool(main)
