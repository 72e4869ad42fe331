"""The records as JSON, read by the desk that the command uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support_operator import deployed_stack
from support_servers.faults import Faults, patience_with, serving
from support_servers.metadata import token_for
from support_upload import a_metadata

from controller.cli.desk import Desk, LocalDesk
from controller.local import LocalController, build_local
from controller.stack import desk as remote
from controller.stack.desk import RemoteDesk
from controller.stack.gateway import Gateway
from controller.stack.identity import Identity
from shared import workspace
from shared.config import LocalSettings
from shared.contract import PROCESS, ProcessResult
from shared.errors import NotFound
from shared.identity import episode_id_of
from shared.models import EpisodeEdits, JobState, LineEdit, PodcastProcessingJob, Source

START = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class World:
    here: LocalController
    app: Flask
    desk: RemoteDesk

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def record(self, number: int, **more: object) -> PodcastProcessingJob:
        at = START + timedelta(minutes=number)
        job = PodcastProcessingJob(
            job_id=f"{number:08}-0000-4000-8000-000000000000",
            episode_id=episode_id_of("input", "a.mp3"),
            source=Source(bucket="input", object_name="a.mp3", generation=number),
            state=JobState.COMPLETED,
            created_at=at,
            updated_at=at,
        ).but(**more)
        self.here.orchestrator.records.create(job)
        return job


@contextmanager
def standing(folder: Path) -> Iterator[World]:
    here = build_local(LocalSettings(data=folder), serving=False)
    app = here.app()
    served = here.app()
    served.before_request_funcs.clear()  # the guard of a laptop knows another port; in the cloud IAM stands here
    with serving(Faults(served)) as address:
        identity = Identity(lambda: token_for("you@example.com", address))
        gateway = Gateway(address, identity, stack="dev", patience=patience_with())

        def never() -> object:
            raise AssertionError("nobody asked for the bucket")

        with RemoteDesk(gateway, deployed_stack(), never) as desk:  # type: ignore[arg-type]  # it raises
            yield World(here, app, desk)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with standing(tmp_path) as made:
        yield made


def test_the_newest_come_first_and_the_rest_in_further_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [world.record(number) for number in range(1, 8)]
    monkeypatch.setattr(remote, "MOST", 3)
    assert world.desk.jobs(5, None) == made[:-6:-1]
    assert world.desk.jobs(50, None) == made[::-1]
    assert world.desk.jobs(2, made[3].job_id) == [made[2], made[1]]


def test_no_record_is_none_and_not_an_error(world: World) -> None:
    assert world.desk.jobs(20, None) == []
    assert world.desk.job("nobody knows it?") is None
    assert world.desk.heard(world.record(1)) is None


def test_a_record_comes_whole_by_its_id_or_by_its_first_letters(world: World) -> None:
    job = world.record(1, title="第1回", cost_usd=0.25)
    world.record(2)
    assert world.desk.job(job.job_id) == job
    assert world.desk.beginning_with("00000001") == [job.job_id]
    assert len(world.desk.beginning_with("0000")) == 2
    assert world.desk.beginning_with("zz") == []


def test_the_time_is_the_controllers_own(world: World) -> None:
    assert abs(world.desk.now() - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_shows_settings_are_those_of_the_stack(world: World, tmp_path: Path) -> None:
    (tmp_path / "show.toml").write_text('title = "番組"\nlanguage = "ja"\n', "utf-8")
    assert (world.desk.show().title, world.desk.show().language) == ("番組", "ja")


def test_a_retry_of_what_does_not_exist_is_told_in_the_controllers_words(world: World) -> None:
    with pytest.raises(NotFound):
        world.desk.retry("nothing")


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5", "٣", ""])
def test_a_limit_out_of_bounds_is_refused_with_the_bounds(limit: str, world: World) -> None:
    answer = world.client.get(f"/api/records?limit={limit}", headers={"Host": "127.0.0.1:8080"})
    assert answer.status_code == 400
    assert "from 1 to 500" in answer.json["error"]["advice"]  # type: ignore[index]  # it is an object


def test_no_answer_is_kept_by_a_browser(world: World) -> None:
    answer = world.client.get("/api/records", headers={"Host": "127.0.0.1:8080"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_desk_asks_for_no_more_at_once_than_the_controller_gives(world: World) -> None:
    assert world.client.get(f"/api/records?limit={remote.MOST}", headers={"Host": "127.0.0.1:8080"}).status_code == 200


@pytest.mark.parametrize("where", ["laptop", "stack"])
def test_what_was_heard_is_told_as_people_corrected_it(where: str, world: World) -> None:
    job = world.record(1).with_step(PROCESS.name, attempt=1)
    records, work = world.here.orchestrator.records, world.here.settings.work
    records.swap(job, records.load(job.job_id)[1])  # type: ignore[index]  # it was just made
    heard = ProcessResult(job_id=job.job_id, metadata=a_metadata())
    work.write(workspace.result_key(job.job_id, PROCESS.name, 1), heard.model_dump_json().encode())
    desk: Desk = LocalDesk(world.here) if where == "laptop" else world.desk
    assert desk.heard(job).title == a_metadata().title  # type: ignore[union-attr]  # it was heard
    line = LineEdit(start=2, end=4, was="Mind the hive.", text="Mind the wasps.")
    edits = EpisodeEdits(episode_id=job.episode_id, generation=1, revision=1, title="Wasps", lines=(line,))
    work.write(workspace.edits_key(job.episode_id), edits.model_dump_json().encode())
    told = desk.heard(job)
    assert told is not None
    assert (told.title, told.summary) == ("Wasps", a_metadata().summary)
    if where == "stack":
        assert (told.transcript, told.segments) == ("", [])
    else:
        assert "Mind the wasps." in told.transcript
