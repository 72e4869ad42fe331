"""The pinned copy is the version that was asked for, whatever happens to the source meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from jobs.fetch.pin import pin
from shared.errors import NotFound, PermanentError
from shared.storage import FolderStore, dropped_by_people


class Meddled(FolderStore):
    """A folder in which something happens to an object right after it was opened."""

    def __init__(self, root: Path, then: Callable[[Path], object]) -> None:
        super().__init__(root, generation=dropped_by_people)
        self._then = then

    def open(self, name: str) -> BinaryIO:
        reader = super().open(name)
        self._then(self.root / name)
        return reader


def source_of(tmp_path: Path, then: Callable[[Path], object]) -> Meddled:
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "t.mp3").write_bytes(b"first")
    return Meddled(folder, then)


def test_a_source_that_changes_during_the_copy_leaves_none_behind(tmp_path):
    def replace(path: Path) -> None:
        (path.parent / "new").write_bytes(b"second")
        (path.parent / "new").replace(path)

    target = FolderStore(tmp_path / "out")
    with pytest.raises(PermanentError, match=r"a newer version of t.mp3 arrived"):
        pin(source_of(tmp_path, replace), "t.mp3", None, into=target, name="source.mp3")
    assert list(target.list()) == []


def test_a_source_that_vanishes_during_the_copy_leaves_none_behind(tmp_path):
    target = FolderStore(tmp_path / "out")
    with pytest.raises(NotFound, match="no longer in input"):
        pin(source_of(tmp_path, Path.unlink), "t.mp3", None, into=target, name="source.mp3")
    assert list(target.list()) == []


def test_an_unchanged_source_is_copied_at_its_version(tmp_path):
    source = source_of(tmp_path, lambda path: None)
    pinned = pin(source, "t.mp3", None, into=FolderStore(tmp_path / "out"), name="source.mp3")
    assert (pinned.size, str(pinned.generation)) == (5, source.stat("t.mp3").version)
    assert (tmp_path / "out" / "source.mp3").read_bytes() == b"first"
