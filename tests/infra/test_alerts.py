"""Alerts fire when they should and at no other time: tried over what real code says while hours go by."""

from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support_alerts import Said, holds
from support_graph import Graph
from support_jobs import START, Clock, ScriptedRunner, source, success_of
from support_log_query import entry
from support_settings import declare, dev_settings

from controller.app import create_app
from controller.desk import FrontDesk
from controller.guard import install_guard
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from shared.config import LocalSettings
from shared.contract import FETCH, STEPS, Step
from shared.logger import configure_logging

HOUR = 60


@dataclasses.dataclass
class Deployed:
    """The controller with its sweep, and what its revisions said minute by minute."""

    orchestrator: Orchestrator
    runner: ScriptedRunner
    sweep: Callable[[], int]
    lines: io.StringIO
    clock: Clock
    revision: str = "podcast-controller-00001-abc"
    said: list[Said] = dataclasses.field(default_factory=list)

    @property
    def minute(self) -> int:
        return int((self.clock() - START) / timedelta(minutes=1))

    def pass_minutes(self, minutes: int, *, sweeping: bool = True) -> None:
        for _ in range(minutes):
            if sweeping:
                assert self.sweep() == 204
            self.clock.forward(60)

    def sweep_and_listen(self, post: Callable[[], int]) -> int:
        self.lines.truncate(0)
        self.lines.seek(0)
        status = post()
        labels = {"service_name": "podcast-controller", "revision_name": self.revision}
        resource = {"type": "cloud_run_revision", "labels": labels}
        self.said += [Said(self.minute, entry(line, resource)) for line in self.lines.getvalue().splitlines()]
        return status

    def deploy(self) -> None:
        self.revision = "podcast-controller-00002-def"

    def end(self, step: Step, job_id: str) -> None:
        self.runner.end(step, job_id, 1, success_of(step, job_id))


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    settings = LocalSettings(data=tmp_path)
    runner, clock, lines = ScriptedRunner(settings.work), Clock(), io.StringIO()
    orchestrator = Orchestrator(settings.work, runner, slots=9, now=clock, jitter=lambda: 0.5, reviewed=lambda: False)
    intake = Intake(settings.input, orchestrator)
    app = create_app(
        input_bucket="input",
        intake=intake,
        orchestrator=orchestrator,
        desk=FrontDesk(settings, orchestrator, intake, clock),
        public_folder=Path(settings.public.root),
        guard=partial(install_guard, port=8080),
    )
    configure_logging(stream=lines, project="my-project-123456")
    client = app.test_client()
    made = Deployed(orchestrator, runner, lambda: 0, lines, clock)
    made.sweep = lambda: made.sweep_and_listen(
        lambda: client.post("/sweep", base_url="http://127.0.0.1:8080").status_code
    )
    return made


@pytest.fixture(scope="module")
def graph() -> Graph:
    return declare(dev_settings())


def condition(graph: Graph, alert: str, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any]
    (found,) = [each for each in graph.one("AlertPolicy", alert)["conditions"] if kind in each]
    return found


def fires(graph: Graph, alert: str, kind: str, deployed: Deployed) -> list[int]:
    wanted = condition(graph, alert, kind)
    (metric,) = [
        node for node in graph.of("gcp:logging/metric:Metric") if f'/{node["name"]}"' in wanted[kind]["filter"]
    ]
    return holds(wanted, metric["filter"], deployed.said, deployed.minute)


def test_a_deployment_is_no_sweep_that_does_not_run(graph: Graph, deployed: Deployed) -> None:
    deployed.pass_minutes(20)
    deployed.deploy()
    deployed.pass_minutes(HOUR)
    assert len({each.entry["resource"]["labels"]["revision_name"] for each in deployed.said}) == 2
    assert fires(graph, "sweep-not-running", "conditionAbsent", deployed) == []


def test_a_sweep_that_stays_away_is_noticed_within_a_quarter_of_an_hour_and_until_it_is_back(
    graph: Graph, deployed: Deployed
) -> None:
    deployed.pass_minutes(20)
    deployed.pass_minutes(30, sweeping=False)
    deployed.pass_minutes(30)
    found = fires(graph, "sweep-not-running", "conditionAbsent", deployed)
    assert 20 + 10 <= found[0] <= 20 + 15
    assert found[-1] == 49


def test_before_the_first_sweep_the_scheduler_is_listened_to(graph: Graph) -> None:
    """Absence is noticed only of what was there once."""
    lost = condition(graph, "sweep-not-running", "conditionThreshold")
    watched = lost["conditionThreshold"]["filter"]
    (job,) = graph.of("gcp:cloudscheduler/job:Job")
    assert f'resource.labels.job_id = "{job["name"]}"' in watched
    assert job["schedule"] == "* * * * *"
    resource = {"type": "cloud_scheduler_job", "labels": {"job_id": job["name"]}}
    failed = [Said(minute, {"resource": resource, "severity": "ERROR"}) for minute in range(40)]
    assert holds(lost, "severity = ERROR", failed, 39)[0] <= 10
    assert holds(lost, "severity = ERROR", failed[::10], 39) == []
    assert graph.one("AlertPolicy", "sweep-not-running")["combiner"] == "OR"


def test_a_night_without_recordings_is_no_alarm(graph: Graph, deployed: Deployed) -> None:
    deployed.pass_minutes(4 * HOUR)
    assert fires(graph, "nothing-completes", "conditionThreshold", deployed) == []
    assert fires(graph, "sweep-not-running", "conditionAbsent", deployed) == []


def test_an_episode_that_takes_its_time_is_no_alarm_and_one_that_is_stuck_is(graph: Graph, deployed: Deployed) -> None:
    slow = deployed.orchestrator.receive(source("slow.mp3"))
    for step in STEPS:
        deployed.pass_minutes(int(step.resources.timeout_seconds / 60) - 5)
        deployed.end(step, slow)
    deployed.pass_minutes(2)
    assert fires(graph, "nothing-completes", "conditionThreshold", deployed) == []

    begun = deployed.minute
    hangs = deployed.orchestrator.receive(source("hangs.mp3"))
    # Cloud Run forgets it again and again, and says so to nobody.
    deployed.runner.states = Forgetful()
    deployed.pass_minutes(3 * HOUR)
    found = fires(graph, "nothing-completes", "conditionThreshold", deployed)
    assert found
    assert found[0] - begun <= FETCH.resources.timeout_seconds / 60 + HOUR + 2
    assert found[-1] == deployed.minute

    deployed.end(FETCH, hangs)
    deployed.pass_minutes(20)
    assert fires(graph, "nothing-completes", "conditionThreshold", deployed)[-1] < deployed.minute


class Forgetful(dict[Any, Any]):
    """Keeps no state of an execution."""

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return default


@functools.cache
def everybody() -> Graph:
    return declare(dev_settings(orchestration="pubsub", notification_emails=["you@example.com"]))


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        ("failed-executions", 0),
        ("failed-episodes", 0),
        ("nothing-completes", 0),
        ("controller-5xx", 0),
        ("dead-letters", 0),
    ],
)
def test_one_is_enough_to_wake_somebody_at_once(alert: str, limit: int) -> None:
    policy = everybody().one("AlertPolicy", alert)
    (condition,) = policy["conditions"]
    threshold: dict[str, Any] = condition["conditionThreshold"]
    assert (threshold["comparison"], threshold["thresholdValue"], threshold["duration"]) == (
        "COMPARISON_GT",
        limit,
        "0s",
    )
    assert threshold["aggregations"][0]["alignmentPeriod"] == "300s"
    # What is counted adds up; what waits in a queue is measured.
    aligner = "ALIGN_MAX" if alert == "dead-letters" else "ALIGN_DELTA"
    assert threshold["aggregations"][0]["perSeriesAligner"] == aligner


def test_what_failed_is_looked_for_and_not_what_went_well() -> None:
    query = everybody().one("AlertPolicy", "failed-executions")["conditions.0.conditionThreshold.filter"]
    assert 'metric.labels.result = "failed"' in query
    query = everybody().one("AlertPolicy", "controller-5xx")["conditions.0.conditionThreshold.filter"]
    assert 'metric.labels.response_code_class = "5xx"' in query
    assert 'resource.labels.service_name = "podcast-controller"' in query


def test_an_alert_goes_by_mail_to_whom_the_stack_names() -> None:
    channel = everybody().of("NotificationChannel")[0]
    assert (channel["type"], channel["labels"]) == ("email", {"email_address": "you@example.com"})
