"""What every object store promises; one suite over every implementation."""

from __future__ import annotations

import io
import os
import threading

import pytest

from shared.errors import ConflictError, NotFound, PermanentError
from shared.storage import ABSENT, FolderStore, dropped_by_people


@pytest.fixture(params=["folder"])
def store(request, tmp_path):
    return {"folder": lambda: FolderStore(tmp_path / "bucket")}[request.param]()


def test_what_was_written_is_read_whole(store) -> None:
    store.write("a/b.txt", b"words")
    content, info = store.read("a/b.txt")
    assert (content, info.name, info.size) == (b"words", "a/b.txt", 5)


def test_a_stream_is_stored_like_bytes(store) -> None:
    store.write("a", io.BytesIO(b"streamed"))
    assert store.read("a")[0] == b"streamed"


def test_every_write_makes_another_version(store) -> None:
    versions = [store.write("a", b"same").version for _ in range(50)]
    assert len(set(versions)) == 50
    assert store.stat("a").version == versions[-1]


def test_reading_tells_the_version_that_a_swap_must_name(store) -> None:
    store.write("a", b"1")
    _, info = store.read("a")
    store.write("a", b"2", expect=info.version)
    assert store.read("a")[0] == b"2"


def test_a_swap_of_an_old_version_is_a_conflict_and_changes_nothing(store) -> None:
    old = store.write("a", b"1")
    store.write("a", b"2")
    with pytest.raises(ConflictError):
        store.write("a", b"3", expect=old.version)
    assert store.read("a")[0] == b"2"


def test_creating_what_exists_is_a_conflict(store) -> None:
    store.write("a", b"1", expect=ABSENT)
    with pytest.raises(ConflictError):
        store.write("a", b"2", expect=ABSENT)
    assert store.read("a")[0] == b"1"


def test_a_swap_of_what_was_deleted_is_a_conflict(store) -> None:
    info = store.write("a", b"1")
    store.delete("a")
    with pytest.raises(ConflictError):
        store.write("a", b"2", expect=info.version)


@pytest.mark.parametrize("ask", ["stat", "read", "open"])
def test_what_is_not_there_is_not_found(store, ask) -> None:
    with pytest.raises(NotFound, match=r"nothing\.here"):
        getattr(store, ask)("nothing.here")


def test_deleting_twice_is_no_error(store) -> None:
    store.write("a", b"1")
    store.delete("a")
    store.delete("a")
    with pytest.raises(NotFound):
        store.stat("a")


def test_listing_gives_names_with_the_prefix_in_order(store) -> None:
    for name in ["x/2", "x/1", "x/10/a", "xy", "y/1"]:
        store.write(name, b"")
    assert [info.name for info in store.list("x/")] == ["x/1", "x/10/a", "x/2"]
    assert [info.name for info in store.list("x")] == ["x/1", "x/10/a", "x/2", "xy"]


def test_listing_an_empty_store_gives_nothing(store) -> None:
    assert list(store.list("any/")) == []


def test_a_reader_can_seek(store) -> None:
    store.write("a", b"0123456789")
    with store.open("a") as reader:
        reader.seek(-3, io.SEEK_END)
        assert reader.read(2) == b"78"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "", "a/", "a\0b"])
def test_a_name_that_leaves_the_store_is_refused(store, name) -> None:
    with pytest.raises(PermanentError, match="not a name"):
        store.write(name, b"")


@pytest.mark.parametrize(
    "name", ["ünï 日本語 🎙.mp3", "it's \"quoted\".mp3", "-dash.mp3", "a b.mp3", "null", "100%.mp3"]
)
def test_odd_names_are_names(store, name) -> None:
    store.write(name, b"x")
    assert [info.name for info in store.list()] == [name]


def test_of_many_swaps_at_once_every_one_counts(store) -> None:
    store.write("counter", b"0")

    def count() -> None:
        for _ in range(25):
            while True:
                content, info = store.read("counter")
                try:
                    store.write("counter", str(int(content) + 1).encode(), expect=info.version)
                except ConflictError:
                    continue
                break

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("counter")[0] == b"100"


def test_a_write_that_breaks_leaves_the_old_object_and_no_trace(tmp_path) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the line went dead")
            return super().read(3)

    store = FolderStore(tmp_path)
    store.write("a", b"old")
    with pytest.raises(OSError, match="line went dead"):
        store.write("a", Breaks(b"new content"))
    assert store.read("a")[0] == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "a"]


def test_hidden_files_are_no_objects(tmp_path) -> None:
    (tmp_path / ".secret").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    assert list(FolderStore(tmp_path).list()) == []


def test_a_name_longer_than_a_file_may_have_is_refused_with_the_limit(tmp_path) -> None:
    with pytest.raises(PermanentError, match="too long") as refused:
        FolderStore(tmp_path).write("x" * 1000 + ".mp3", b"")
    assert "255" in (refused.value.advice or "")


def test_a_generation_grows_even_when_the_clock_goes_back(tmp_path) -> None:
    store = FolderStore(tmp_path)
    store.write("a", b"1")
    future = 2**62
    os.utime(tmp_path / "a", ns=(future, future))
    assert int(store.write("a", b"2").version) > future


def test_a_dropped_file_has_another_generation_after_a_copy_that_kept_its_times(tmp_path) -> None:
    store = FolderStore(tmp_path, generation=dropped_by_people)
    path = tmp_path / "a.wav"
    path.write_bytes(b"1")
    before = store.stat("a.wav")
    os.utime(path, ns=(1, 1))
    assert store.stat("a.wav").version != before.version
