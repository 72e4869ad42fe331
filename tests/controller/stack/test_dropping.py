"""A recording from an operator's machine in the input bucket: once, whole, over nobody's newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
from support_servers.fixtures import Cloud

from controller.stack.dropping import Fate, Opened, drop
from shared.errors import ConflictError, PermanentError
from shared.storage import GCSClient


def plainly(path: Path, _: int) -> BinaryIO:
    return path.open("rb")


def after(change: Callable[[], object]) -> Callable[[Path, int], Opened]:
    """Opens the file once something else has happened."""

    def opened(path: Path, _: int) -> Opened:
        change()
        return path.open("rb")

    return opened


@pytest.fixture
def store(gcs_cloud: Cloud) -> Iterator[GCSClient]:
    with closing(GCSClient.connect(gcs_cloud.bucket, endpoint=gcs_cloud.endpoint)) as client:
        yield client


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "第1回 “hello”.mp3"
    path.write_bytes(b"sound" * 1000)
    return path


def test_a_recording_lies_there_under_its_own_name_with_its_type(store: GCSClient, recording: Path) -> None:
    dropped = drop(store, recording, plainly)
    assert (dropped.name, dropped.fate) == (recording.name, Fate.NEW)
    content, info = store.read(recording.name)
    assert (content, info.version, info.content_type) == (recording.read_bytes(), dropped.version, "audio/mpeg")


def test_one_above_a_chunk_is_sent_in_chunks_and_whole(store: GCSClient, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(bytes(range(256)) * 80_000)
    drop(store, path, plainly)
    assert store.read("long.wav")[0] == path.read_bytes()


def test_the_same_recording_is_not_sent_again(store: GCSClient, recording: Path) -> None:
    first = drop(store, recording, plainly)

    def never() -> None:
        raise AssertionError("it was sent again")

    again = drop(store, recording, after(never))
    assert (again.version, again.fate) == (first.version, Fate.THERE_ALREADY)


@pytest.mark.parametrize("content", [b"other" * 1000, b"longer" * 1000], ids=["of the same size", "of another size"])
def test_another_recording_of_that_name_replaces_it(content: bytes, store: GCSClient, recording: Path) -> None:
    first = drop(store, recording, plainly)
    recording.write_bytes(content)
    second = drop(store, recording, plainly)
    assert second.fate is Fate.REPLACED
    assert int(second.version) > int(first.version)
    assert store.read(recording.name)[0] == content


@pytest.mark.parametrize("was_there", [False, True])
def test_what_somebody_else_dropped_meanwhile_is_not_overwritten(
    store: GCSClient, recording: Path, *, was_there: bool
) -> None:
    if was_there:
        store.write(recording.name, b"older")
    with pytest.raises(ConflictError, match="somebody else dropped") as caught:
        drop(store, recording, after(lambda: store.write(recording.name, b"theirs")))
    assert "publish it again" in (caught.value.advice or "")
    assert store.read(recording.name)[0] == b"theirs"


REFUSED = {"missing.mp3": "no such file", "notes.txt": "companion file", ".hidden.mp3": "hidden", "a.mp3.part": "whole"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_recording_is_refused_before_anything_is_sent(name: str, store: GCSClient, tmp_path: Path) -> None:
    if REFUSED[name] != "no such file":
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(PermanentError, match=REFUSED[name]):
        drop(store, tmp_path / name, plainly)
    assert list(store.list()) == []


def test_a_folder_is_no_recording(store: GCSClient, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="no such file"):
        drop(store, tmp_path, plainly)
