"""A bench of one kind of edit: only that kind, always the same pairs, and a table that reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError
from sigmask.evaluation import kind_bench
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.kind_bench import names_known_things, write_kind_bench
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.synthesis.photos import PhotoEntry, PhotoLibrary
from sigmask.types import EditPair, ImageArray
from tests.synthesis.drawn_library import write_library


def brighter(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return np.minimum(image, 250) + np.uint8(rng.integers(1, 5))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> PhotoLibrary:
    return PhotoLibrary.load(write_library(tmp_path_factory.mktemp("photos")))


def test_it_holds_that_kind_alone_and_reads_back(library: PhotoLibrary, tmp_path: Path) -> None:
    table = write_kind_bench(library, "text", 3, brighter, tmp_path / "text")
    pairs = list(load_benchmark(str(table)).read())
    assert [pair.sample_id for pair in pairs] == ["text-00000", "text-00001", "text-00002"]
    for pair in pairs:
        assert isinstance(pair, EditPair)
        assert pair.mask is not None and pair.mask.any() and not pair.mask.all()
        assert pair.edit_type == "text" and pair.instruction
        # outside the mask only the round trip shows
        outside = pair.edited[~pair.mask].astype(int) - pair.original[~pair.mask]
        assert np.median(np.abs(outside)) <= 5


def test_pair_n_of_a_seed_is_always_the_same(library: PhotoLibrary, tmp_path: Path) -> None:
    for name, count in (("few", 1), ("many", 2)):
        write_kind_bench(library, "recolour", count, brighter, tmp_path / name)
    first, again = (tmp_path / name / "edited" / "00000.png" for name in ("few", "many"))
    assert first.read_bytes() == again.read_bytes()


def test_with_named_only_what_names_nothing_is_drawn_anew(library: PhotoLibrary, tmp_path: Path) -> None:
    encoder = StaticTextEncoder.from_package()
    told, images = {}, {}
    for named in (False, True):
        table = write_kind_bench(library, "freeform", 12, brighter, tmp_path / str(named), named=named)
        pairs = [pair for pair in load_benchmark(str(table)).read() if isinstance(pair, EditPair)]
        told[named] = [str(pair.instruction) for pair in pairs]
        images[named] = [pair.edited for pair in pairs]
    names = [names_known_things(text, encoder) for text in told[False]]
    assert 0 < sum(names) < 12
    assert all(names_known_things(text, encoder) for text in told[True])
    for place, first_draw_names in enumerate(names):
        assert np.array_equal(images[True][place], images[False][place]) == first_draw_names


@pytest.mark.parametrize(
    ("instruction", "names"),
    [
        ("remove the dog", True),
        ("replace the dog with a cat", True),
        ("Photoshop the thing out", False),
        ("make the object red", False),
        ("erase these items", False),
        ("add something", False),
        ("remove the zxqvbn", False),
        ("replace the dog with a zxqvbn", False),
        ("make it brighter", False),
    ],
)
def test_what_names_known_things(instruction: str, names: bool) -> None:
    assert names_known_things(instruction, StaticTextEncoder.from_package()) == names


def test_the_command_takes_photographs_that_training_never_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_library(tmp_path, photographs=40)
    taken: list[PhotoEntry] = []

    def noted(library: PhotoLibrary, *_: object, **__: object) -> Path:
        taken.extend(library.entries)
        return tmp_path

    monkeypatch.setattr(kind_bench, "write_kind_bench", noted)
    kind_bench.main(tmp_path, tmp_path, kinds="text")
    assert {entry.path.name for entry in taken} == {f"{number:04}.jpg" for number in (30, 33, 36)}


def test_no_kind_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected families of edits"):
        kind_bench.main(tmp_path, tmp_path, kinds=" ,")


def test_a_folder_with_an_earlier_bench_is_refused_before_any_kind_is_made(tmp_path: Path) -> None:
    (tmp_path / "material" / "edited").mkdir(parents=True)
    (tmp_path / "material" / "edited" / "00000.png").touch()
    with pytest.raises(ConfigError, match="already holds pictures"):
        kind_bench.main(tmp_path, tmp_path, kinds="text,material")
    assert not (tmp_path / "text").exists()


def test_an_unknown_kind_is_told_with_the_nearest(library: PhotoLibrary, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'material'"):
        write_kind_bench(library, "materiel", 1, brighter, tmp_path)
