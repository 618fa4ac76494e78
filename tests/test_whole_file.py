from __future__ import annotations

from pathlib import Path

import pytest

from sigmask.whole_file import whole_file, whole_folder


def test_the_file_appears_only_when_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    with whole_file(path) as partial:
        partial.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_earlier_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text("earlier")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_only_when_its_files_are_written(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with whole_folder(path) as partial:
        (partial / "graph.xml").write_text("graph")
        assert not path.exists()
    assert (path / "graph.xml").read_text() == "graph"
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_or_an_earlier_writer_leaves_no_second_folder(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt), whole_folder(path) as partial:
        (partial / "graph.xml").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="model"), whole_folder(path) as partial:
        (partial / "graph.xml").write_text("second")
        path.mkdir()
        (path / "graph.xml").write_text("first")
    assert (path / "graph.xml").read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
