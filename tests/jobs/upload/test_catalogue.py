from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support_upload import NOON, an_entry, local_settings

from jobs.upload.catalogue import keep_snapshot, publish_entry, read_catalogue, read_entry, succeeding
from shared import workspace
from shared.errors import ConflictError

LATER = NOON + timedelta(days=9)


def test_a_first_version_is_published_as_it_is():
    assert succeeding(an_entry(), None) == an_entry()


def test_a_newer_version_replaces_the_older_and_keeps_the_day_it_came_out():
    correction = an_entry(job_id="job-9", generation=2, published_at=LATER, updated_at=LATER)
    held = succeeding(correction, an_entry())
    assert held is not None
    assert held.job_id == "job-9"
    assert held.published_at == an_entry().published_at
    assert held.updated_at == LATER


def test_an_older_version_never_replaces_a_newer_one():
    assert succeeding(an_entry(generation=1), an_entry(job_id="job-9", generation=2)) is None


def test_publishing_the_same_again_changes_nothing_at_all():
    assert succeeding(an_entry(published_at=LATER, updated_at=LATER), an_entry()) == an_entry()


def test_a_retry_that_differs_is_an_update_of_the_same_day():
    held = succeeding(an_entry(title="Better", published_at=LATER, updated_at=LATER), an_entry())
    assert held is not None
    assert (held.title, held.published_at, held.updated_at) == ("Better", an_entry().published_at, LATER)


class RacingStore:
    """Before each of the first writes, somebody else publishes another version."""

    def __init__(self, store, rivals):
        self._store = store
        self._rivals = list(rivals)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, name, content, **options):
        if self._rivals:
            self._store.write(name, self._rivals.pop(0).model_dump_json().encode())
        return self._store.write(name, content, **options)


def test_who_loses_a_race_looks_again_and_decides_again(tmp_path):
    work = local_settings(tmp_path).work
    older = an_entry(job_id="job-0", generation=0)
    held = publish_entry(RacingStore(work, [older]), an_entry(generation=1, published_at=LATER))
    assert held is not None
    assert held.job_id == "job-1"
    assert held.published_at == older.published_at
    newer = an_entry(job_id="job-9", generation=9)
    assert publish_entry(RacingStore(work, [newer]), an_entry(generation=2)) is None
    assert read_entry(work, "episode-1")[0] == newer


def test_an_entry_that_never_holds_still_is_a_conflict(tmp_path):
    rivals = [an_entry(title=f"Rival {number}") for number in range(99)]
    with pytest.raises(ConflictError, match="Episode 1"):
        publish_entry(RacingStore(local_settings(tmp_path).work, rivals), an_entry())


class CountingStore:
    """Counts which entries are read."""

    def __init__(self, store):
        self._store = store
        self.reads = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, name):
        self.reads.append(name)
        return self._store.read(name)


def test_of_a_catalogue_that_was_folded_before_only_what_changed_is_read(tmp_path):
    work = local_settings(tmp_path).work
    for number in range(5):
        publish_entry(work, an_entry(number))
    keep_snapshot(work, read_catalogue(work))
    publish_entry(work, an_entry(3, title="New title", generation=2))
    publish_entry(work, an_entry(7))
    counting = CountingStore(work)
    titles = {entry.title for entry in read_catalogue(counting).catalogue()}
    assert titles == {"Episode 0", "Episode 1", "Episode 2", "New title", "Episode 4", "Episode 7"}
    assert sorted(counting.reads) == [
        workspace.catalogue_key("episode-3"),
        workspace.catalogue_key("episode-7"),
        workspace.CATALOGUE_SNAPSHOT,
    ]


def test_an_entry_that_is_gone_is_gone_although_the_snapshot_knows_it(tmp_path):
    work = local_settings(tmp_path).work
    publish_entry(work, an_entry(1))
    keep_snapshot(work, read_catalogue(work))
    work.delete(workspace.catalogue_key("episode-1"))
    assert read_catalogue(work).catalogue() == []


def test_a_snapshot_that_cannot_be_read_costs_time_and_nothing_else(tmp_path):
    work = local_settings(tmp_path).work
    publish_entry(work, an_entry(1))
    work.write(workspace.CATALOGUE_SNAPSHOT, b'{"entries": 7}')
    assert read_catalogue(work).catalogue() == [an_entry(1)]
