"""The front desk of a deployed stack, as the `podcast` command asks it: over HTTP, with the operator's identity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, Final, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from controller.stack.gateway import Gateway
from shared.deployment import DeployedStack, podcast_command
from shared.errors import NotFound, PermanentError, reasons_of
from shared.identity import job_id_of
from shared.models import PodcastProcessingJob, ProcessingMetadata
from shared.models.progress import StepNote
from shared.show import ShowSettings
from shared.storage import GCSClient

Model = TypeVar("Model", bound=BaseModel)

MOST: Final = 500
"""Records that the controller gives at once (controller/records_api.py)."""


class RemoteDesk:
    """Answers what the command asks, and takes recordings.

    Args:
        gateway: to the controller.
        deployed: the stack.
        open_input: a client of the input bucket, with the operator's own right; asked for once it is needed.
    """

    look_every = 2.0
    """Seconds between two looks at a record: each is a request, and a step takes a minute."""

    def __init__(self, gateway: Gateway, deployed: DeployedStack, open_input: Callable[[], GCSClient]) -> None:
        self._gateway = gateway
        self._deployed = deployed
        self._open_input = open_input
        self._input: GCSClient | None = None
        self._now: datetime | None = None
        self._notes: dict[str, StepNote | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._gateway.close()
        if self._input is not None:
            self._input.close()

    @property
    def deployed(self) -> DeployedStack:
        """The stack."""
        return self._deployed

    @property
    def stack(self) -> str:
        """As the operator named it."""
        return self._gateway.stack

    @property
    def gateway(self) -> Gateway:
        """To the controller."""
        return self._gateway

    @property
    def input(self) -> GCSClient:
        """The input bucket."""
        if self._input is None:
            self._input = self._open_input()
        return self._input

    def now(self) -> datetime:
        """The controller's own time, as of its last answer: what a step has taken is measured by one clock."""
        if self._now is None:
            self._get("/api/records", limit=1)
        assert self._now is not None  # noqa: S101 - every answer above carries it
        return self._now

    def show(self) -> ShowSettings:
        """The show's settings. Raises PermanentError when they are wrong."""
        return _parsed(ShowSettings, self._gateway.get("/api/show").get("show"))

    def jobs(self, limit: int, before: str | None) -> list[PodcastProcessingJob]:
        """At most `limit` jobs, the newest first; only those older than the job `before`, if one is given."""
        found: list[PodcastProcessingJob] = []
        while len(found) < limit:
            wanted = min(limit - len(found), MOST)
            page = self._records(limit=wanted, before=before)
            found += page
            if len(page) < wanted:
                break
            before = page[-1].job_id
        return found

    def job(self, job_id: str) -> PodcastProcessingJob | None:
        """The job, None where there is no such job (yet)."""
        try:
            answer = self._get(f"/api/records/{quote(job_id, safe='')}")
        except NotFound:
            return None
        note = answer.get("note")
        self._notes[job_id] = None if note is None else _parsed(StepNote, note)
        return _parsed(PodcastProcessingJob, answer.get("record"))

    def note(self, job_id: str) -> StepNote | None:
        """The newest word from the job's running step, as it came with the job."""
        return self._notes.get(job_id)

    def beginning_with(self, beginning: str) -> list[str]:
        """The ids of the jobs that begin so."""
        return [job.job_id for job in self._records(id=beginning, limit=MOST)]

    def heard(self, job: PodcastProcessingJob) -> ProcessingMetadata | None:
        """What was heard, as people want it and without the transcript; None where nothing was heard yet."""
        try:
            answer = self._get(f"/api/records/{job.job_id}/heard")
        except NotFound:
            return None
        return _parsed(ProcessingMetadata, answer.get("heard"))

    def retry(self, job_id: str) -> None:
        """Has the job resume from its failed step."""
        self._gateway.post(f"/jobs/{quote(job_id, safe='')}/retry")

    def places(self, job: PodcastProcessingJob) -> list[tuple[str, str]]:
        """Where a published episode is."""
        return [("Feed", self._deployed.feed_url), ("Open", job.episode_url or "")]

    def logs(self, job_id: str) -> str:
        """Where the job's logs are."""
        query = quote(f'labels.job_id="{job_id}"', safe="")
        return f"https://console.cloud.google.com/logs/query;query={query}?project={self._deployed.project}"

    def reviewing(self) -> str:
        """The command that opens the dashboard."""
        return self.command("dashboard")

    def command(self, words: str) -> str:
        """The `podcast` command that people are told to run."""
        return podcast_command(words, self.stack)

    def holds(self, name: str) -> bool:
        """Whether the input bucket has a recording of this name already."""
        try:
            self.input.stat(name)
        except NotFound:
            return False
        return True

    def receive(self, name: str, content: BinaryIO) -> str:
        """Puts a recording into the input bucket, whole or not at all; Eventarc tells the controller of it."""
        info = self.input.write(name, content)
        return self.job_of(name, info.version)

    def job_of(self, name: str, version: str) -> str:
        """The id of the job for this version of a recording, known before the controller has heard of it."""
        return job_id_of(self._deployed.input_bucket, name, int(version))

    def _records(self, **query: str | int | None) -> list[PodcastProcessingJob]:
        records = self._get("/api/records", **query).get("records")
        return [_parsed(PodcastProcessingJob, each) for each in records or []]

    def _get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        answer = self._gateway.get(path, **query)
        if "now" in answer:
            self._now = datetime.fromisoformat(answer["now"])
        return answer


def _parsed(model: type[Model], answer: object) -> Model:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise PermanentError(
            f"the controller speaks of a {model.__name__} that this command does not know: {reasons_of(error)}",
            advice="It runs another version: bring the stack up to date with `pulumi up`, or this checkout.",
        ) from error
