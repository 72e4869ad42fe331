"""Looks up what a decision about a job is made from (facts.py), and no more than its state calls for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from pydantic import ValidationError

from controller.orchestrator.command_line import pinned_key
from controller.orchestrator.facts import Facts, Results
from controller.orchestrator.slots import Slots
from controller.runner import Runner
from shared import workspace
from shared.contract import FETCH, PROCESS, STEPS, ProcessResult, Step, step_named
from shared.drafts import read_edits, read_published
from shared.errors import Failure, NotFound, PermanentError, TransientError, reasons_of
from shared.models import JobState, PodcastProcessingJob, StepState
from shared.storage import ObjectStore


class FactFinder:
    """Asks the work bucket, the runner and the show's settings; takes a slot for a job that is about to start.

    Args:
        work: the work bucket.
        runner: knows the executions.
        slots: the limit on episodes under way.
        jitter: a number between 0 and 1, anew at each call.
        reviewed: whether the show wants its episodes read before they are public; raises PermanentError where its
            settings are wrong.
        time_limits: seconds that an attempt may take, by step, where they are not the contract's.
    """

    def __init__(
        self,
        work: ObjectStore,
        runner: Runner,
        slots: Slots,
        *,
        jitter: Callable[[], float],
        reviewed: Callable[[], bool],
        time_limits: Mapping[str, float],
    ) -> None:
        self._work = work
        self._runner = runner
        self._slots = slots
        self._jitter = jitter
        self._reviewed = reviewed
        self._time_limits = time_limits

    def facts_about(self, job: PodcastProcessingJob) -> Facts:
        """The world as far as this job goes.

        Raises:
            TransientError: it could not be found out just now, or a result cannot be read.
        """
        if job.ended:
            return Facts()
        if job.waits:
            published = read_published(self._work, job.episode_id)
            return Facts(published_generation=published.generation if published else None)
        if job.state is JobState.RECEIVED:
            return self._before_a_start(job)
        return self._during(job, next(step for step in STEPS if step.state is job.state))

    def _during(self, job: PodcastProcessingJob, step: Step) -> Facts:
        # Before the results: see Facts.
        execution = self._runner.state(step, job.job_id, job.step(step.name).attempt)
        results = self._results(job.job_id)
        heard = step is PROCESS and any(isinstance(result, ProcessResult) for result in results.values())
        return Facts(
            results=results,
            execution=execution,
            # An upload may follow fetch-job too, where the recording had expired and what was heard in it stays.
            reviewed=(heard or step is FETCH) and self._asks_people(job),
            edited_title=self._edited_title(job.episode_id) if heard else None,
            time_limit=self._time_limits.get(step.name),
            jitter=self._jitter(),
        )

    def _before_a_start(self, job: PodcastProcessingJob) -> Facts:
        published = read_published(self._work, job.episode_id)
        outdated = published is not None and published.generation > job.source.generation
        heard = job.step(PROCESS.name).state is StepState.SUCCEEDED
        return Facts(
            results=self._results(job.job_id),
            has_slot=not outdated and self._slots.take(job.job_id),
            published_generation=published.generation if published else None,
            public_job=published.job_id if published and published.state == "published" else None,
            source_gone=job.step(FETCH.name).state is StepState.SUCCEEDED and not self._holds(pinned_key(job)),
            reviewed=heard and self._asks_people(job),
            jitter=self._jitter(),
        )

    def _asks_people(self, job: PodcastProcessingJob) -> bool | Failure:
        if job.approved:
            return False
        try:
            return self._reviewed()
        except PermanentError as error:
            return error.to_failure()

    def _edited_title(self, episode_id: str) -> str | None:
        edits, _ = read_edits(self._work, episode_id)
        return edits.title if edits else None

    def _holds(self, key: str) -> bool:
        try:
            self._work.stat(key)
        except NotFound:
            return False
        return True

    def _results(self, job_id: str) -> Results:
        results = {}
        for info in self._work.list(workspace.results_prefix(job_id)):
            name, attempt, _ = PurePosixPath(info.name).name.split(".")
            content, _ = self._work.read(info.name)
            try:
                results[name, int(attempt)] = step_named(name).parse_result_json(content)
            except ValidationError as error:
                raise TransientError(
                    f"{info.name} is not a result of {name}-job: {reasons_of(error)}",
                    advice="Remove that file; the step runs again.",
                ) from error
        return results
