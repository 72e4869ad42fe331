"""`podcast publish --stack`: what is shown meanwhile, and what is said where the controller hears of nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from rich.console import Console
from support_gateway import Reached, reached
from support_servers.fixtures import Cloud

from controller.cli.publish_to_stack import GIVE_UP_AFTER, HINT_AFTER, await_arrival, publish_to_stack
from controller.cli.tell import tell
from shared.errors import Failure, TransientError
from shared.models import JobState, PodcastProcessingJob, Source
from shared.storage import GCSClient

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def job(job_id: str, state: JobState, **more: object) -> PodcastProcessingJob:
    source = Source(bucket="podcast-input-dev", object_name="talk.mp3", generation=1)
    made = PodcastProcessingJob(
        job_id=job_id, episode_id="e", source=source, state=state, created_at=NOW, updated_at=NOW
    )
    return made.but(**more)


@pytest.fixture
def there(gcs_cloud: Cloud) -> Iterator[Reached]:
    def bucket() -> GCSClient:
        return GCSClient.connect(gcs_cloud.bucket, endpoint=gcs_cloud.endpoint)

    with reached(bucket, bucket=gcs_cloud.bucket) as found:
        yield found


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=200)


def printed(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


class Clock:
    """A clock that waiting moves; `then` happens at its time."""

    def __init__(self, at: float = float("inf"), then: Callable[[], object] = lambda: None) -> None:
        self.time, self._at, self._then = 0.0, at, then

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds
        if self.time >= self._at:
            self._then()


def arrival(there: Reached, clock: Clock, on: Console) -> None:
    await_arrival(there.desk, {"1": "talk.mp3"}, on, clock=clock.now, wait=clock.wait)


def test_a_job_that_the_controller_knows_is_waited_for_no_longer(there: Reached) -> None:
    clock, on = Clock(10, lambda: there.upstream.records.update({"1": job("1", JobState.FETCHING)})), console()
    arrival(there, clock, on)
    assert 10 <= clock.time < HINT_AFTER
    assert printed(on) == ""


def test_after_a_while_it_is_said_where_to_look_once(there: Reached) -> None:
    late = HINT_AFTER * 3
    clock, on = Clock(late, lambda: there.upstream.records.update({"1": job("1", JobState.FETCHING)})), console()
    arrival(there, clock, on)
    (line,) = printed(on).splitlines()
    for word in ("talk.mp3", "podcast-recordings", "podcast doctor --stack dev"):
        assert word in line


def test_what_the_controller_never_hears_of_is_given_up_with_what_to_do(there: Reached) -> None:
    clock = Clock()
    with pytest.raises(TransientError, match=r"talk\.mp3: uploaded, but") as caught:
        arrival(there, clock, console())
    assert clock.time >= GIVE_UP_AFTER
    assert "podcast-recordings" in (caught.value.advice or "")


def test_a_terminal_sees_bytes_and_speed_while_a_recording_is_sent(there: Reached, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(bytes(20_000_000))
    on = console(terminal=True)
    there.desk.receive("talk.mp3", io.BytesIO(b"older"))

    class Everything(dict[str, PodcastProcessingJob]):
        def get(self, key: str, default: object = None) -> PodcastProcessingJob:
            return job(key, JobState.COMPLETED, episode_url="https://listen.example/1")

    there.upstream.records = Everything()
    assert publish_to_stack(there.desk, [path], on)
    shown = printed(on)
    for word in ("talk.mp3", "20.0 MB", "MB/s", "will be replaced", "https://listen.example/feed.rss"):
        assert word in shown


@pytest.mark.parametrize(
    ("state", "fine", "word"),
    [
        (JobState.COMPLETED, True, "https://listen.example/feed.rss"),
        (JobState.AWAITING_REVIEW, True, "podcast dashboard --stack dev"),
        (JobState.SCHEDULED, True, "2026-11-24 at 12:00"),
        (JobState.FAILED, False, "podcast retry 1 --stack dev"),
        (JobState.SUPERSEDED, False, "newer version"),
        (JobState.REJECTED, False, "rejected"),
    ],
)
def test_how_it_ended_is_told_with_the_exit_code_of_a_laptop(
    state: JobState, *, fine: bool, word: str, there: Reached, capsys: pytest.CaptureFixture[str]
) -> None:
    error = Failure(type="X", message="it is broken", retryable=False)
    on = console()
    ended = job("1", state, error=error if state is JobState.FAILED else None, release_at=NOW)
    assert tell(there.desk, ended, on) is fine
    assert word in (printed(on) if fine else capsys.readouterr().err)


def test_who_stops_before_anything_was_sent_is_told_that_nothing_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(b"sound")

    def stopped() -> GCSClient:
        raise KeyboardInterrupt

    with reached(stopped) as there, pytest.raises(typer.Exit) as caught:
        publish_to_stack(there.desk, [path], console())
    assert caught.value.exit_code == 130
    assert "nothing will be published" in capsys.readouterr().err
