"""When a dropped file counts as whole."""

from __future__ import annotations

import os
import threading
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from support_jobs import Clock

from controller.watch import FolderWatch
from shared.errors import TransientError
from shared.storage import FolderStore, dropped_by_people


class Watched:
    def __init__(self, root) -> None:
        self.root = root
        self.root.mkdir()
        self.clock = Clock()
        self.taken: list[str] = []
        self.refuse = False
        self.store = FolderStore(root, generation=dropped_by_people)
        self.watch = FolderWatch(self.store, self.take, settle=timedelta(seconds=2), now=self.clock)

    def take(self, dropped):
        if self.refuse:
            raise TransientError("the disk is full")
        self.taken.append(dropped.name)
        return "job"

    def after(self, seconds):
        self.clock.forward(seconds)
        self.watch.look_once()
        return self.taken


@pytest.fixture
def watched(tmp_path):
    return Watched(tmp_path / "input")


def test_a_file_is_taken_once_it_has_not_changed_for_a_while(watched) -> None:
    (watched.root / "one.mp3").write_bytes(b"whole")
    assert watched.after(0) == []
    assert watched.after(1) == []
    assert watched.after(1) == ["one.mp3"]
    assert watched.after(60) == ["one.mp3"]


def test_a_file_that_is_still_being_copied_is_left_alone(watched) -> None:
    with (watched.root / "one.mp3").open("wb") as copying:
        for _ in range(5):
            copying.write(b"more")
            copying.flush()
            assert watched.after(1.9) == []
    assert watched.after(2) == ["one.mp3"]


def test_a_replaced_file_is_taken_again(watched) -> None:
    (watched.root / "one.mp3").write_bytes(b"first")
    watched.after(0)
    watched.after(2)
    watched.store.write("one.mp3", b"second")
    watched.after(0)
    assert watched.after(2) == ["one.mp3", "one.mp3"]


def test_two_files_with_the_same_content_are_two_episodes(watched) -> None:
    for name in ["one.mp3", "two.mp3"]:
        (watched.root / name).write_bytes(b"same")
    watched.after(0)
    assert watched.after(2) == ["one.mp3", "two.mp3"]


def test_hidden_unfinished_and_companion_files_are_not_taken(watched) -> None:
    for name in [".upload-x", "one.mp3.part", "notes.txt", "cover.png"]:
        (watched.root / name).write_bytes(b"x")
    watched.after(0)
    assert watched.after(2) == []


def test_a_file_that_could_not_be_taken_is_tried_again(watched) -> None:
    (watched.root / "one.mp3").write_bytes(b"x")
    watched.refuse = True
    watched.after(0)
    assert watched.after(2) == []
    watched.refuse = False
    assert watched.after(1) == ["one.mp3"]


def test_one_that_cannot_be_taken_does_not_keep_the_others_waiting(watched) -> None:
    def take(dropped):
        if dropped.name == "a.mp3":
            raise TransientError("not this one")
        watched.taken.append(dropped.name)
        return "job"

    watched.watch._take = take
    for name in ["a.mp3", "b.mp3"]:
        (watched.root / name).write_bytes(b"x")
    watched.after(0)
    assert watched.after(2) == ["b.mp3"]


def test_the_running_watch_notices_a_drop_and_stops_when_told(tmp_path) -> None:
    taken = threading.Event()
    clock = Clock()

    def now():
        clock.forward(5)
        return clock.time

    store = FolderStore(tmp_path / "input", generation=dropped_by_people)

    def take(_dropped):
        taken.set()
        return "job"

    watch = FolderWatch(store, take, settle=timedelta(seconds=2), now=now)
    stop = threading.Event()
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    try:
        store.write("one.mp3", b"x")
        assert taken.wait(timeout=30)
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_name_that_nothing_can_carry_is_told_once_and_keeps_nobody_waiting(watched) -> None:
    (watched.root / os.fsdecode(b"caf\xe9.mp3")).write_bytes(b"x")
    (watched.root / "one.mp3").write_bytes(b"x")
    with capture_logs() as logs:
        watched.after(0)
        assert watched.after(2) == ["one.mp3"]
    assert ["not UTF-8" in line["event"] for line in logs] == [True]


def test_what_is_no_file_is_not_taken(watched) -> None:
    os.mkfifo(watched.root / "pipe.mp3")
    (watched.root / "folder.mp3").mkdir()
    watched.after(0)
    assert watched.after(2) == []


def test_a_link_that_leads_to_itself_keeps_nobody_waiting(watched) -> None:
    (watched.root / "loop.mp3").symlink_to("loop.mp3")
    (watched.root / "one.mp3").write_bytes(b"whole")
    watched.after(0)
    assert watched.after(2) == ["one.mp3"]


def test_a_file_that_cannot_be_taken_is_tried_again_ever_more_seldom(watched) -> None:
    (watched.root / "one.mp3").write_bytes(b"whole")
    watched.refuse = True
    with capture_logs() as logs:
        for _ in range(300):
            watched.after(1)
    assert 8 <= len(logs) <= 12
    watched.refuse = False
    assert watched.after(60) == ["one.mp3"]


def test_a_folder_that_cannot_be_looked_at_is_looked_at_again_and_said_once(watched) -> None:
    stop, looks = threading.Event(), []

    class Unreachable(FolderStore):
        def list(self, prefix=""):
            looks.append(prefix)
            if len(looks) <= 2:
                raise TransientError("the network share is away")
            stop.set()
            return super().list(prefix)

    watch = FolderWatch(Unreachable(watched.root), watched.take, settle=timedelta(0), now=watched.clock)
    (watched.root / "one.mp3").write_bytes(b"whole")
    with capture_logs() as logs:
        watch.run(stop)
    assert len(looks) == 3
    assert watched.taken == ["one.mp3"]
    assert [line["event"] for line in logs] == ["the folder cannot be looked at; trying again"]
