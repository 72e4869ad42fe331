"""What every object store promises; one suite over every implementation."""

from __future__ import annotations

import errno
import io
import os
import random
import tempfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client
from support_cloud import gcs_client, r2_client

from shared.errors import ConflictError, NoRoom, NotFound, PermanentError, TransientError
from shared.storage import ABSENT, FolderStore, GCSClient, dropped_by_people
from shared.storage.folder import HALF_WRITTEN


@pytest.fixture(params=["folder", "gcs", "r2"])
def store(request, tmp_path):
    if request.param == "folder":
        yield FolderStore(tmp_path / "bucket")
        return
    cloud = request.getfixturevalue(f"{request.param}_cloud")
    with closing(gcs_client(cloud) if request.param == "gcs" else r2_client(cloud)) as client:
        yield client


def test_what_was_written_is_read_whole(store) -> None:
    store.write("a/b.txt", b"words")
    content, info = store.read("a/b.txt")
    assert (content, info.name, info.size) == (b"words", "a/b.txt", 5)


def test_a_stream_is_stored_like_bytes(store) -> None:
    store.write("a", io.BytesIO(b"streamed"))
    assert store.read("a")[0] == b"streamed"


def test_every_write_of_other_content_makes_another_version(store) -> None:
    versions = [store.write("a", str(number).encode()).version for number in range(50)]
    assert len(set(versions)) == 50
    assert store.stat("a").version == versions[-1]


def test_a_write_tells_what_stat_tells(store) -> None:
    written = store.write("a.txt", b"words", content_type="text/plain")
    found = store.stat("a.txt")
    assert (written.name, written.version, written.size, written.content_type) == (
        found.name,
        found.version,
        found.size,
        found.content_type,
    )


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


LARGE = random.Random(1).randbytes(12 * 1024 * 1024 + 7)


class Pipe(io.RawIOBase):
    """A stream that cannot seek and gives less than it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(min(size, 100_000) if size >= 0 else 100_000)


@pytest.mark.parametrize("stream", [io.BytesIO, Pipe])
@pytest.mark.parametrize("size", [0, 5 * 1024 * 1024, 8 * 1024 * 1024, len(LARGE)])
def test_a_stream_of_any_size_is_stored_whole(store, stream, size) -> None:
    written = store.write("a", stream(LARGE[:size]), expect=ABSENT)
    content, info = store.read("a")
    assert content == LARGE[:size]
    assert (written.size, written.version) == (info.size, info.version) == (size, store.stat("a").version)


def test_a_large_swap_of_an_old_version_is_a_conflict_and_changes_nothing(store) -> None:
    old = store.write("a", b"1")
    store.write("a", b"2")
    with pytest.raises(ConflictError):
        store.write("a", io.BytesIO(LARGE), expect=old.version)
    with pytest.raises(ConflictError):
        store.write("a", io.BytesIO(LARGE), expect=ABSENT)
    assert store.read("a")[0] == b"2"


def test_a_large_object_is_read_in_any_order(store) -> None:
    store.write("a", LARGE)
    with store.open("a") as reader:
        for position, size in [(0, 10), (len(LARGE) - 5, 100), (9_000_000, 3_000_000), (8_999_999, 2), (3, 0)]:
            reader.seek(position)
            assert reader.read(size) == LARGE[position : position + size]
        reader.seek(0)
        assert reader.read() == LARGE
        assert reader.read(1) == b""


def test_a_reader_keeps_to_the_version_it_was_opened_at_or_says_that_it_is_gone(store) -> None:
    store.write("a", LARGE)
    with store.open("a") as reader:
        assert reader.read(1) == LARGE[:1]
        store.write("a", bytes(len(LARGE)))
        try:
            rest = reader.read()
        except (ConflictError, NotFound):
            return
        assert rest == LARGE[1:]


def test_a_copy_has_the_content_of_the_version_that_was_named(store) -> None:
    info = store.write("a", LARGE, content_type="audio/mpeg")
    copied = store.copy_from(store, "a", version=info.version, name="b/copy.mp3")
    assert (copied.name, copied.size, store.read("b/copy.mp3")[0]) == ("b/copy.mp3", len(LARGE), LARGE)
    assert store.stat("b/copy.mp3").content_type == "audio/mpeg"


def test_a_copy_of_a_version_that_never_was_is_not_found_and_leaves_nothing(store) -> None:
    store.write("a", b"1")
    with pytest.raises(NotFound):
        store.copy_from(store, "a", version="12345", name="b")
    with pytest.raises(NotFound):
        store.stat("b")


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "", "a/", "a\0b"])
def test_a_name_that_leaves_the_store_is_refused(store, name) -> None:
    with pytest.raises(PermanentError, match="not a name"):
        store.write(name, b"")


@pytest.mark.parametrize("name", ["ünï 日本語 🎙.mp3", 'it\'s "quoted".mp3', "-dash.mp3", "a b.mp3", "null", "100%.mp3"])
def test_odd_names_are_names(store, name) -> None:
    store.write(name, b"x")
    assert [info.name for info in store.list()] == [name]


def test_of_many_swaps_at_once_every_one_counts(store) -> None:
    store.write("counter", b"0")

    def count() -> None:
        for _ in range(10):
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
    assert store.read("counter")[0] == b"40"


class Breaks(io.BytesIO):
    """Gives the beginning, then fails."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > len(self.getvalue()) // 2:
            raise OSError("the line went dead")
        return super().read(min(size or 0, len(self.getvalue()) - 1))


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_a_source_that_breaks_leaves_the_old_object(store, size) -> None:
    store.write("a", b"old")
    with pytest.raises(OSError, match="line went dead"):
        store.write("a", Breaks(LARGE[:size]))
    assert store.read("a")[0] == b"old"
    assert [info.name for info in store.list()] == ["a"]


@pytest.fixture(params=["folder", "r2"])
def after_a_kill(request, tmp_path):
    """A public store in which three writers were killed half way, two of them under `podcasts/`, and when."""
    names = ["podcasts/1/audio.mp3", "podcasts/2/audio.mp3", "other/a"]
    if request.param == "folder":
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True)
            handle, _ = tempfile.mkstemp(prefix=HALF_WRITTEN, dir=(tmp_path / name).parent)
            os.close(handle)
        yield FolderStore(tmp_path), datetime.now(UTC)
        return
    cloud = request.getfixturevalue("r2_cloud")
    with closing(r2_client(cloud)) as client:
        for name in names:
            client._client.create_multipart_upload(Bucket=cloud.bucket, Key=name)
        yield client, client._client.list_multipart_uploads(Bucket=cloud.bucket)["Uploads"][0]["Initiated"]


def test_what_killed_writers_left_is_cleared_once_it_is_old(after_a_kill) -> None:
    (public, begun), a_minute = after_a_kill, timedelta(minutes=1)
    public.write("podcasts/1/feed.rss", b"<rss/>")
    assert public.abort_unfinished("podcasts/", before=begun - a_minute) == 0
    assert public.abort_unfinished("nothing/", before=begun + a_minute) == 0
    assert public.abort_unfinished("podcasts/", before=begun + a_minute) == 2
    assert public.abort_unfinished("podcasts/", before=begun + a_minute) == 0
    assert [each.name for each in public.list()] == ["podcasts/1/feed.rss"]


END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["folder", "gcs"])
def work(request, tmp_path):
    """A store that forgets, and what of it would be gone if everything dated before some time were."""
    if request.param == "folder":
        folder = FolderStore(tmp_path / "bucket")

        def forgets(before: datetime) -> list[str]:
            names = {each.name for each in folder.list()}
            for prefix in ("audio/", "chunks/"):
                folder.remove_expired(prefix, before=before)
            return sorted(names - {each.name for each in folder.list()})

        yield folder, forgets
        return
    cloud = request.getfixturevalue("gcs_cloud")
    with closing(gcs_client(cloud)) as client:
        yield client, lambda before: sorted(name for name, at in custom_times(cloud).items() if at and at < before)


def custom_times(cloud) -> dict[str, datetime | None]:
    """What GCS's lifecycle rules look at."""
    client = Client(project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": cloud.direct})
    with closing(client):
        return {blob.name: blob.custom_time for blob in client.list_blobs(cloud.bucket)}


def test_what_was_dated_expires_and_nothing_else_does(work) -> None:
    store, forgets = work
    for name in ["audio/a/source.mp3", "audio/a/chunks/000.flac", "audio/ab/source.mp3", "chunks/a/000.json"]:
        store.write(name, b"x")
    assert store.starts_to_expire("audio/a/", END) is True
    assert forgets(END) == []
    assert forgets(END + timedelta(seconds=1)) == ["audio/a/chunks/000.flac", "audio/a/source.mp3"]


def test_a_date_is_moved_on_and_never_back(work) -> None:
    store, forgets = work
    store.write("audio/a/source.mp3", b"x")
    for at in (END, END + timedelta(days=1), END - timedelta(days=1)):
        assert store.starts_to_expire("audio/a/", at) is True
    assert forgets(END + timedelta(days=1)) == []
    assert forgets(END + timedelta(days=1, seconds=1)) == ["audio/a/source.mp3"]


def test_dating_changes_no_version_and_no_content(work) -> None:
    store, _ = work
    before = store.write("audio/a/source.mp3", b"x", content_type="audio/mpeg")
    store.starts_to_expire("audio/a/", END)
    content, after = store.read("audio/a/source.mp3")
    assert (content, after.version, after.content_type) == (b"x", before.version, before.content_type)


def test_where_nothing_lies_nothing_has_to_be_dated(work) -> None:
    store, _ = work
    assert store.starts_to_expire("audio/nobody/", END) is True
    assert list(store.list()) == []


def test_of_thousands_only_so_many_are_dated_in_one_call(gcs_cloud) -> None:
    with closing(gcs_client(gcs_cloud)) as store:
        for number in range(7):
            store.write(f"chunks/a/{number:03}.json", b"{}")
        told: list[bool] = []
        while not (told and told[-1]):
            told.append(store.starts_to_expire("chunks/a/", END, most=3))
        assert told == [False, False, True]
    assert set(custom_times(gcs_cloud).values()) == {END}


def test_dating_again_asks_for_nothing_but_the_list(gcs_cloud) -> None:
    with closing(gcs_client(gcs_cloud)) as store:
        store.write("chunks/a/000.json", b"{}")
        store.starts_to_expire("chunks/a/", END)
        gcs_cloud.proxy.behave()
        store.starts_to_expire("chunks/a/", END)
    assert [request.method for request in gcs_cloud.proxy.requests] == ["GET"]


@pytest.mark.parametrize("kind", ["folder", "gcs"])
def test_even_the_same_content_makes_another_version(request, tmp_path, kind) -> None:
    store = FolderStore(tmp_path) if kind == "folder" else gcs_client(request.getfixturevalue("gcs_cloud"))
    versions = [int(store.write("a", b"same").version) for _ in range(10)]
    assert versions == sorted(set(versions))
    if isinstance(store, GCSClient):
        store.close()


def test_a_write_that_breaks_leaves_no_file(tmp_path) -> None:
    store = FolderStore(tmp_path)
    store.write("a", b"old")
    with pytest.raises(OSError, match="line went dead"):
        store.write("a", Breaks(b"new content"))
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


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, NoRoom), (errno.EIO, TransientError), (errno.EACCES, PermanentError)]
)
def test_what_the_file_system_refuses_is_told_in_our_words(tmp_path, number, kind) -> None:
    class Refused(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(number, os.strerror(number))

    with pytest.raises(kind, match=r"could not write a") as refused:
        FolderStore(tmp_path).write("a", Refused())
    assert type(refused.value) is kind
    assert list(FolderStore(tmp_path).list()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "bucket").write_text("a file")
    with pytest.raises(PermanentError, match="bucket") as refused:
        FolderStore(tmp_path / "bucket").write("a/b", b"x")
    assert "PODCAST_DATA" in (refused.value.advice or "")
