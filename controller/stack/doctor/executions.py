"""The jobs and their executions: whether a job is ready, what failed in a day and why, and what the runner needs.

Shapes: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs and ….jobs.executions, ….tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from google.cloud.run_v2 import Condition, Execution, Job, ListExecutionsRequest, ListTasksRequest

from controller.stack.doctor.asking import Once, Unanswered, asking
from controller.stack.doctor.causes import Cause, Run, cause_of
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from controller.stack.doctor.sizes import cpus, mebibytes, more_memory
from controller.stack.doctor.starting import Who, log_command, start_fix
from shared.deployment import DeployedStack

RECENT: Final = timedelta(days=1)
MOST: Final = 20
"""Executions of a job that are looked at, the newest first."""
MOST_TASKS: Final = 5
"""Failed executions of a job whose task is asked for, one call each."""
LONGEST_WORDS: Final = 300
"""Characters of Cloud Run's own words that fit a line."""
LONGEST: Final = 24 * 60
"""Minutes that the stack's settings allow a step."""


@dataclass(frozen=True)
class JobFacts:
    """What is known of one job."""

    step: str
    name: str
    account: str
    memory: str
    cpu: str
    timeout_seconds: int
    ready: bool | None
    """None while Cloud Run is still at it."""
    reasons: tuple[str, ...] = ()
    words: str = ""


class Jobs:
    """The stack's jobs and their executions, each asked for once."""

    def __init__(self, google: Google, deployed: DeployedStack, now: Callable[[], datetime]) -> None:
        self._google = google
        self._deployed = deployed
        self._now = now
        self._jobs = {step: Once(partial(self._job, step)) for step in deployed.jobs}
        self._runs = {step: Once(partial(self._newest, step)) for step in deployed.jobs}

    def probes(self) -> list[Probe]:
        """Two looks a job, and one at what the controller's runner relies on."""
        return [
            *(Probe(f"Job {name}", partial(self._look_at_job, step)) for step, name in self._deployed.jobs.items()),
            *(
                Probe(f"Executions of {name}", partial(self._look_at_runs, step))
                for step, name in self._deployed.jobs.items()
            ),
            Probe("Arguments of executions", self._look_at_arguments),
        ]

    def _look_at_job(self, step: str) -> Finding:
        try:
            facts = self._jobs[step]()
        except Unanswered as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return fault(
                    f"there is no {self._deployed.jobs[step]}", f"pulumi up --refresh --stack {self._deployed.stack}"
                )
            raise
        return job_finding(self._deployed, facts, self._who())

    def _look_at_runs(self, step: str) -> Finding:
        recent = [run for run in self._runs[step]() if run.created >= self._now() - RECENT]
        return runs_finding(self._deployed, self._jobs[step](), recent, self._who())

    def _look_at_arguments(self) -> Finding:
        runs = [run for step in self._deployed.jobs for run in self._runs[step]()]
        return arguments_finding(runs, self._deployed.accounts["controller"])

    def _who(self) -> Who:
        return Who(self._google.member, self._google.number())

    def _job(self, step: str) -> JobFacts:
        name = self._deployed.jobs[step]
        with asking(f"look at the job {name}"):
            job = self._google.operator().jobs().get_job(name=self._path(name), **self._options)
        return _job_facts(step, name, job)

    def _newest(self, step: str) -> list[Run]:
        name = self._deployed.jobs[step]
        request = ListExecutionsRequest(parent=self._path(name), page_size=MOST)
        with asking(f"list the executions of {name}"):
            page = next(iter(self._google.operator().executions().list_executions(request, **self._options).pages))
        runs = [_run(execution) for execution in list(page.executions)[:MOST]]
        failed = [run.name for run in runs if run.failed][:MOST_TASKS]
        return [self._with_task(run) if run.name in failed else run for run in runs]

    def _with_task(self, run: Run) -> Run:
        """The execution with what its only task says: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions.tasks."""
        with asking(f"look at the task of {run.name.rpartition('/')[2]}"):
            request = ListTasksRequest(parent=run.name, page_size=1)
            page = next(iter(self._google.operator().tasks().list_tasks(request, **self._options).pages))
        for task in page.tasks:
            last = task.last_attempt_result
            words = " ".join([run.words, last.status.message, *(each.message for each in task.conditions)])
            return Run(**{**vars(run), "words": words, "exit_code": last.exit_code, "signal": last.term_signal})
        return run

    def _path(self, name: str) -> str:
        return f"projects/{self._deployed.project}/locations/{self._deployed.region}/jobs/{name}"

    @property
    def _options(self) -> dict[str, Any]:
        return {"retry": None, "timeout": self._google.limit}


def job_finding(deployed: DeployedStack, facts: JobFacts, who: Who) -> Finding:
    """Whether the job could start an execution now."""
    if facts.ready is None:
        return untested(f"Cloud Run is still making {facts.name} ready", "Run the doctor again in a minute.")
    if not facts.ready:
        fix = start_fix(deployed, facts.name, facts.account, reasons=facts.reasons, words=facts.words, who=who)
        return fault(f"does not start: {_short(facts.words)}", fix)
    minutes = facts.timeout_seconds // 60
    return Finding(f"ready, with {facts.cpu} CPU, {facts.memory} and {minutes} minutes")


def runs_finding(deployed: DeployedStack, job: JobFacts, recent: Sequence[Run], who: Who) -> Finding:
    """How the job's executions of the last day ended.

    What a bad recording makes of an execution is no fault of the stack's; it is one where nothing else succeeded.
    """
    ended = [run for run in recent if run.ended]
    failed = [(run, cause_of(run)) for run in ended if run.failed]
    counts = Counter(cause for _, cause in failed if cause is not Cause.CANCELLED)
    told = ", ".join(f"{count} {cause}" for cause, count in counts.most_common())
    summary = f"{sum(counts.values())} of {len(ended)} since yesterday failed"
    fixes = list(dict.fromkeys(fix for run, cause in failed if (fix := _fix(deployed, job, run, cause, who))))
    if fixes:
        return fault(f"{summary}: {told}", "; ".join(fixes))
    if counts and all(run.failed for run in ended):
        fix = f"podcast jobs --stack {deployed.stack}; and what they said: {log_command(deployed, job.name)}"
        return fault(f"{summary}: {told}", fix)
    if counts:
        return Finding(f"{summary}: {told}; podcast jobs --stack {deployed.stack} tells which episodes")
    return Finding(f"none of {len(ended)} since yesterday failed" if ended else "none since yesterday")


def arguments_finding(runs: Sequence[Run], controller: str) -> Finding:
    """Whether executions show what the controller's runner finds them by (docs/adr/0502).

    Args:
        runs: the newest executions of all jobs.
        controller: the controller's account.
    """
    own = [run for run in runs if run.creator in ("", controller)]
    if not own:
        return untested("the controller has started no execution yet", "Drop a recording, then run the doctor again.")
    newest = max(own, key=lambda run: run.created)
    name = newest.name.rpartition("/")[2]
    report = "Report this line: a restarted controller would start copies, which leave by themselves (docs/adr/0502)."
    for word in ("--job-id=", "--attempt="):
        if not any(each.startswith(word) for each in newest.arguments):
            return fault(f"{name} shows no {word.rstrip('=')}, by which the controller finds it again", report)
    if newest.ended and not newest.completed_condition:
        return fault(f"{name} has ended without the condition Completed", report)
    return Finding(f"{name} shows its job and its attempt")


def _fix(deployed: DeployedStack, job: JobFacts, run: Run, cause: Cause, who: Who) -> str | None:  # noqa: PLR0911 - one way out a cause
    """What keeps this from happening again; None where it has been mended since, or nothing of the stack's can."""
    up = f"pulumi up --stack {deployed.stack}"
    key = f"pulumi config set --path steps.{job.step}"
    match cause:
        case Cause.MEMORY:
            if run.memory and mebibytes(run.memory) < mebibytes(job.memory):
                return None
            memory, cpu = more_memory(job.memory, job.cpu)
            if memory == job.memory:
                return f"{memory} is the most that Cloud Run gives: split the recording"
            # Of a number Pulumi would make a number, and the setting is a text.
            more = "" if cpu == job.cpu else f" && {key}.cpu {cpu} --type string --stack {deployed.stack}"
            return f"{key}.memory {memory} --stack {deployed.stack}{more} && {up}"
        case Cause.TIME:
            if 0 < run.timeout_seconds < job.timeout_seconds:
                return None
            minutes = min(2 * job.timeout_seconds // 60, LONGEST)
            return f"{key}.timeout_minutes {minutes} --stack {deployed.stack} && {up}"
        case Cause.START:
            return start_fix(deployed, job.name, job.account, reasons=run.reasons, words=run.words, who=who)
        case Cause.OTHER:
            return log_command(deployed, job.name)
        case Cause.CANCELLED | Cause.OWN:
            return None


def _job_facts(step: str, name: str, job: Job) -> JobFacts:
    template = job.template.template
    limits = dict(template.containers[0].resources.limits) if template.containers else {}
    conditions = [job.terminal_condition, *job.conditions]
    state = job.terminal_condition.state
    ready = None
    if state == Condition.State.CONDITION_SUCCEEDED:
        ready = True
    elif state == Condition.State.CONDITION_FAILED:
        ready = False
    return JobFacts(
        step=step,
        name=name,
        account=template.service_account,
        memory=limits.get("memory", "512Mi"),
        cpu=str(cpus(limits.get("cpu", "1"))),
        timeout_seconds=_seconds(template.timeout),
        ready=ready,
        reasons=reasons_in(conditions),
        words=words_in(conditions),
    )


def _run(execution: Execution) -> Run:
    template = execution.template
    completed = [each for each in execution.conditions if each.type_ == "Completed"]
    failed = any(each.state == Condition.State.CONDITION_FAILED for each in completed) or execution.failed_count > 0
    limits = dict(template.containers[0].resources.limits) if template.containers else {}
    return Run(
        name=execution.name,
        # The wrapper around the message turns its Timestamp into a datetime, which its annotation does not say.
        created=cast(datetime, execution.create_time),
        ended=bool(execution.completion_time) or failed,
        failed=failed,
        reasons=reasons_in(execution.conditions),
        words=words_in(execution.conditions),
        memory=limits.get("memory", ""),
        timeout_seconds=_seconds(template.timeout),
        arguments=tuple(word for container in template.containers for word in container.args),
        creator=execution.creator,
        completed_condition=bool(completed),
    )


def reasons_in(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """The names of the reasons that conditions which failed give."""
    found = []
    for each in conditions:
        if each.state == Condition.State.CONDITION_FAILED:
            given = (each.reason, each.revision_reason, each.execution_reason)
            found += [reason.name for reason in given if reason]
    return tuple(dict.fromkeys(found))


def words_in(conditions: Sequence[Condition]) -> str:
    """The messages of the conditions that failed."""
    failed = [each.message for each in conditions if each.state == Condition.State.CONDITION_FAILED and each.message]
    return " ".join(dict.fromkeys(failed))


def _seconds(duration: object) -> int:
    # The wrapper around the message turns its Duration into a timedelta, which its annotation does not say.
    return int(cast(timedelta, duration).total_seconds()) if duration else 0


def _short(words: str) -> str:
    return " ".join(words.split())[:LONGEST_WORDS]
