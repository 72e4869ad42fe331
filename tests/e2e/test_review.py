"""A show that asks people first, on a laptop: real speech, real steps, and people who come through the door."""

from __future__ import annotations

import io
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from moonshine_voice.utils import get_assets_path
from mutagen.id3 import ID3
from support_published import Serving, eventually, serving

from controller.orchestrator.slots import Slots
from jobs.upload.mp3 import audio_range
from shared.storage import FolderStore

SHORT = Path(get_assets_path()) / "beckett.wav"


class Reviewer:
    """Somebody at the dashboard of a controller that serves."""

    def __init__(self, controller: Serving) -> None:
        self.controller = controller

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, str]:
        """Status, JSON and ETag of the answer."""
        content = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"{self.controller.url}/api/jobs/{path}",
            content,
            {"Content-Type": "application/json", **named},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read()), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), ""

    def order(self, job_id: str, what: str, body: object = None) -> None:
        status, told, _ = self.call("POST", f"{job_id}/{what}", {} if body is None else body)
        assert status == 202, told

    def edit(self, job_id: str, **changes: Any) -> None:
        """Changes what the draft says, as the editor does."""
        _, draft, version = self.call("GET", f"{job_id}/draft")
        status, told, _ = self.call("PUT", f"{job_id}/edits", draft["edits"] | changes, If_Match=version)
        assert status == 200, told

    def draft(self, job_id: str) -> dict[str, Any]:
        status, draft, _ = self.call("GET", f"{job_id}/draft")
        assert status == 200, draft
        return dict(draft)

    def record(self, job_id: str) -> dict[str, Any]:
        (record,) = [each for each in self.controller.records() if each["job_id"] == job_id]
        return record

    def until(self, job_id: str, state: str) -> dict[str, Any]:
        """The record, once it has this state."""

        def look() -> dict[str, Any] | None:
            record = self.record(job_id)
            return record if record["state"] == state else None

        return eventually(look)

    def public(self) -> dict[str, bytes]:
        folder = self.controller.data / "public"
        files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def titles(self) -> list[str]:
        return [item.title for item in feedparser.parse(self.controller.get("/site/feed.rss")).entries]


@pytest.fixture
def reviewer(tmp_path) -> Iterator[Reviewer]:
    (tmp_path / "show.toml").write_text('publish = "review"\n')
    with serving(tmp_path) as controller:
        yield Reviewer(controller)


def drop(reviewer: Reviewer, besides: str = "") -> str:
    """A recording that was listened to, and waits, `besides` an earlier one; returns its job's id."""
    shutil.copy(SHORT, reviewer.controller.data / "input" / "talk.wav")

    def look() -> str | None:
        waiting = {each["job_id"] for each in reviewer.controller.records() if each["state"] == "awaiting_review"}
        return next(iter(waiting - {besides}), None)

    return eventually(look)


def frames(audio: bytes) -> bytes:
    start, end = audio_range(io.BytesIO(audio))
    return audio[start:end]


def test_a_draft_waits_is_edited_published_corrected_withdrawn_and_brought_back(reviewer) -> None:
    job_id = drop(reviewer)
    assert reviewer.public() == {}
    assert Slots(FolderStore(reviewer.controller.data / "work"), 1).holders() == set(), "it takes nobody's place"

    first_line = reviewer.draft(job_id)["lines"][0]
    line = {**{key: first_line[key] for key in ("start", "end", "was")}, "text": "What people really said."}
    reviewer.edit(job_id, title="Read by a person", lines=[line])
    assert reviewer.public() == {}
    reviewer.order(job_id, "publish")
    record = reviewer.until(job_id, "completed")
    assert (record["title"], record["revision"], record["announced"]) == ("Read by a person", 1, True)
    folder = f"podcasts/{job_id}"
    published = reviewer.public()
    assert reviewer.titles() == ["Read by a person"]
    assert b"What people really said." in published[f"{folder}/transcript.vtt"]
    guid = feedparser.parse(published["feed.rss"]).entries[0].id

    # A title is mended: seconds, the same frames, the same length, and no need of the recording.
    shutil.rmtree(reviewer.controller.data / "work" / "audio")
    told = record["steps"]["notify"]["attempt"]
    reviewer.edit(job_id, title="Mended")
    reviewer.order(job_id, "publish")
    eventually(lambda: reviewer.record(job_id)["revision"] == 2)
    record = reviewer.until(job_id, "completed")
    assert record["steps"]["notify"]["attempt"] == told, "an edit is no news"
    assert record["steps"]["fetch"]["attempt"] == 1
    mended = reviewer.public()
    assert frames(mended[f"{folder}/audio.mp3"]) == frames(published[f"{folder}/audio.mp3"])
    assert len(mended[f"{folder}/audio.mp3"]) == len(published[f"{folder}/audio.mp3"])
    assert str(ID3(io.BytesIO(mended[f"{folder}/audio.mp3"]))["TIT2"]) == "Mended"
    assert reviewer.titles() == ["Mended"]

    reviewer.order(job_id, "withdraw")
    eventually(lambda: reviewer.record(job_id)["steps"]["upload"]["attempt"] == 3)
    assert reviewer.until(job_id, "completed")["withdrawn"]
    assert reviewer.titles() == []
    assert not [name for name in reviewer.public() if name.startswith("podcasts/")]

    # Its frames are gone and so is its pinned recording: that is fetched again, and nothing is listened to again.
    reviewer.order(job_id, "publish")
    eventually(lambda: reviewer.record(job_id)["steps"]["upload"]["attempt"] == 4)
    record = reviewer.until(job_id, "completed")
    assert (record["steps"]["fetch"]["attempt"], record["steps"]["process"]["attempt"]) == (2, 1)
    back = feedparser.parse(reviewer.public()["feed.rss"]).entries[0]
    assert (back.id, back.title) == (guid, "Mended")


def test_what_is_listened_to_anew_waits_anew_and_keeps_what_people_said(reviewer) -> None:
    job_id = drop(reviewer)
    reviewer.edit(job_id, title="Read by a person")
    reviewer.order(job_id, "reprocess")
    eventually(lambda: reviewer.record(job_id)["steps"]["process"]["attempt"] == 2)
    record = reviewer.until(job_id, "awaiting_review")
    assert record["title"] == "Read by a person"
    assert reviewer.draft(job_id)["edits"]["title"] == "Read by a person"
    assert reviewer.public() == {}

    reviewer.order(job_id, "reject")
    reviewer.until(job_id, "rejected")
    assert list((reviewer.controller.data / "work" / "open").glob("[0-9a-f]*")) == []
    status, told, _ = reviewer.call("POST", f"{job_id}/publish", {})
    assert status == 409
    assert told["error"]["advice"]
    reviewer.order(job_id, "review-again")
    hour = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    reviewer.order(job_id, "publish", {"at": hour})
    assert reviewer.record(job_id)["state"] == "scheduled"
    assert reviewer.public() == {}
    record = reviewer.until(job_id, "completed")
    assert datetime.fromisoformat(record["steps"]["upload"]["requested_at"]) >= datetime.fromisoformat(hour)
    assert reviewer.titles() == ["Read by a person"]


def test_a_newer_draft_takes_the_older_ones_place_and_the_newer_recording_the_older_ones_in_public(reviewer) -> None:
    first = drop(reviewer)
    reviewer.order(first, "publish")
    reviewer.until(first, "completed")
    second = drop(reviewer)
    third = drop(reviewer, besides=second)
    assert reviewer.until(second, "superseded")["replaced_by"] == third
    status, _, _ = reviewer.call("POST", f"{second}/publish", {})
    assert status == 409
    assert reviewer.record(first)["replaced_by"] is None, "listeners still hear it"

    reviewer.order(third, "publish")
    reviewer.until(third, "completed")
    eventually(lambda: reviewer.record(first)["replaced_by"] == third)
    assert reviewer.record(first)["state"] == "completed"
    assert list((reviewer.controller.data / "work" / "open").glob("[0-9a-f]*")) == []
    page = reviewer.controller.get(f"/jobs/{first}").decode()
    assert f'href="/jobs/{third}">Replaced by a newer recording</a>' in page
    assert f"/podcasts/{first}/" not in page
