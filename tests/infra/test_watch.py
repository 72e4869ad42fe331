"""Alerts watch what the programs really say: every filter is tried on lines that real code has written."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support_graph import Graph, Node
from support_jobs import Clock, ScriptedRunner, failure_of, source, success_of
from support_log_query import entry, selects
from support_settings import declare, dev_settings

from controller.app import create_app
from controller.desk import FrontDesk
from controller.guard import install_guard
from controller.intake import Intake
from controller.orchestrator import Orchestrator
from jobs.job import main
from shared.config import LocalSettings
from shared.contract import FETCH, STEPS
from shared.errors import PermanentError
from shared.logger import configure_logging

CONTROLLER = {"type": "cloud_run_revision", "labels": {"service_name": "podcast-controller"}}
JOB = {"type": "cloud_run_job", "labels": {"job_name": "fetch-job"}}

# https://cloud.google.com/monitoring/api/metrics_gcp_p_z: metrics that Google makes itself, and where they come from.
GOOGLES_OWN = {
    "run.googleapis.com/job/completed_execution_count": "cloud_run_job",
    "run.googleapis.com/request_count": "cloud_run_revision",
    "pubsub.googleapis.com/subscription/num_undelivered_messages": "pubsub_subscription",
    # https://cloud.google.com/logging/docs/logs-based-metrics#system-defined
    "logging.googleapis.com/log_entry_count": "cloud_scheduler_job",
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return declare(dev_settings(orchestration="pubsub", notification_emails=["you@example.com"]))


def the_filter(graph: Graph, name: str) -> str:
    return str(graph.one("gcp:logging/metric:Metric", name)["filter"])


@pytest.fixture(scope="module")
def said_by_the_controller(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the controller writes while one episode completes, one fails and one is under way."""
    settings = LocalSettings(data=tmp_path_factory.mktemp("data"))
    runner = ScriptedRunner(settings.work)
    clock = Clock()
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
    lines = io.StringIO()
    configure_logging(stream=lines, project="my-project-123456")
    completes, fails = orchestrator.receive(source("one.mp3")), orchestrator.receive(source("two.mp3"))
    orchestrator.receive(source("three.mp3"))
    for step in STEPS:
        runner.end(step, completes, 1, success_of(step, completes))
        orchestrator.advance(completes)
    runner.end(FETCH, fails, 1, failure_of(fails, retryable=False))
    orchestrator.advance(fails)
    runner.end(STEPS[-1], fails, 1, success_of(STEPS[-1], fails))
    orchestrator.advance(fails)
    assert app.test_client().post("/sweep", base_url="http://127.0.0.1:8080").status_code == 204
    return lines.getvalue().splitlines()


def said_by_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd, error: Exception | None) -> list[str]:
    monkeypatch.setenv("PODCAST_DATA", str(tmp_path))
    monkeypatch.setenv("PODCAST_PROJECT_ID", "my-project-123456")

    def run(arguments, context):
        if error:
            raise error
        return success_of(FETCH, arguments.job_id)

    main(FETCH, run, ["--job-id=j", "--bucket=input", "--object-name=one.mp3", "--output-path=out"])
    return [line for line in capfd.readouterr().err.splitlines() if line.startswith("{")]


def selected(lines: list[str], resource: Mapping[str, Any], query: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines if selects(query, entry(line, resource))]


@pytest.mark.parametrize(("metric", "state"), [("episodes-completed", "completed"), ("episodes-failed", "failed")])
def test_an_episode_that_ends_is_counted_once(
    metric: str, state: str, graph: Graph, said_by_the_controller: list[str]
) -> None:
    found = selected(said_by_the_controller, CONTROLLER, the_filter(graph, metric))
    assert [line["to"] for line in found] == [state]


def test_a_round_of_the_sweep_is_counted_and_says_what_is_under_way(
    graph: Graph, said_by_the_controller: list[str]
) -> None:
    (swept,) = selected(said_by_the_controller, CONTROLLER, the_filter(graph, "sweeps"))
    under_way = graph.one("gcp:logging/metric:Metric", "under-way")
    field = re.fullmatch(r"EXTRACT\(jsonPayload\.(\w+)\)", under_way["valueExtractor"])
    assert field
    assert swept[field[1]] == 1
    assert selected(said_by_the_controller, CONTROLLER, under_way["filter"]) == [swept]


@pytest.mark.parametrize("error", [PermanentError("the file is gone"), ValueError("a bug")], ids=["failed", "crashed"])
def test_a_failed_attempt_is_counted_with_its_step(graph: Graph, error, monkeypatch, tmp_path, capfd) -> None:
    lines = said_by_a_job(monkeypatch, tmp_path, capfd, error)
    metric = graph.one("gcp:logging/metric:Metric", "attempts-failed")
    (found,) = selected(lines, JOB, metric["filter"])
    assert found["step"] == "fetch"
    assert metric["labelExtractors"]["step"] == "EXTRACT(jsonPayload.step)"


def test_an_attempt_that_succeeds_is_not_counted(graph: Graph, monkeypatch, tmp_path, capfd) -> None:
    lines = said_by_a_job(monkeypatch, tmp_path, capfd, None)
    assert lines
    assert selected(lines, JOB, the_filter(graph, "attempts-failed")) == []


def test_a_result_with_its_transcript_is_excluded_and_logs_are_not(graph: Graph) -> None:
    (exclusion,) = graph.of("ProjectExclusion")
    line = '{"status":"completed","job_id":"j"}'
    assert selects(exclusion["filter"], entry(line, JOB, "run.googleapis.com/stdout"))
    assert not selects(exclusion["filter"], entry(line, JOB))
    assert not selects(exclusion["filter"], entry(line, CONTROLLER, "run.googleapis.com/stdout"))


def test_another_stack_in_the_same_project_counts_for_itself() -> None:
    prod = declare(dev_settings(), "prod")
    line = '{"message": "failed", "step": "fetch"}'
    theirs = {"type": "cloud_run_job", "labels": {"job_name": "fetch-job-prod"}}
    assert selects(the_filter(prod, "attempts-failed"), entry(line, theirs))
    assert not selects(the_filter(prod, "attempts-failed"), entry(line, JOB))
    assert not selects(the_filter(declare(dev_settings()), "attempts-failed"), entry(line, theirs))


@pytest.mark.parametrize("name", ["transcode-job", "prefetch-job", "fetch-job-prod", "fetch-jobs"])
def test_another_job_in_the_same_project_keeps_its_logs_and_counts_for_nothing(graph: Graph, name: str) -> None:
    theirs = {"type": "cloud_run_job", "labels": {"job_name": name}}
    (exclusion,) = graph.of("ProjectExclusion")
    line = '{"message": "failed", "step": "fetch"}'
    assert not selects(exclusion["filter"], entry(line, theirs, "run.googleapis.com/stdout"))
    assert not selects(the_filter(graph, "attempts-failed"), entry(line, theirs))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_of_every_step_results_are_excluded_and_failures_are_counted_in_every_stack(step) -> None:
    for stack, suffix in (("dev", ""), ("prod", "-prod")):
        made = declare(dev_settings(), stack)
        ours = {"type": "cloud_run_job", "labels": {"job_name": step.job_name + suffix}}
        line = '{"message": "failed"}'
        assert selects(made.of("ProjectExclusion")[0]["filter"], entry(line, ours, "run.googleapis.com/stdout"))
        assert selects(the_filter(made, "attempts-failed"), entry(line, ours))
        listed = re.search(r"job_name = one_of\(([^)]*)\)", conditions(made.one("AlertPolicy", "failed-executions"))[0])
        assert listed
        assert re.findall(r'"([^"]+)"', listed[1]) == [each.job_name + suffix for each in STEPS]
        assert f'\\"{step.job_name}{suffix}\\"' in made.of("gcp:monitoring/dashboard:Dashboard")[0]["dashboardJson"]


def conditions(policy: Node) -> list[str]:
    return [(each.get("conditionThreshold") or each.get("conditionAbsent"))["filter"] for each in policy["conditions"]]


def test_every_alert_watches_a_metric_that_exists(graph: Graph) -> None:
    ours = {f"logging.googleapis.com/user/{node['name']}" for node in graph.of("gcp:logging/metric:Metric")}
    for policy in graph.of("AlertPolicy"):
        for query in conditions(policy):
            metric, resource = re.findall(r'(?:metric|resource)\.type = "([^"]+)"', query)
            assert metric in ours or GOOGLES_OWN[metric] == resource, policy.name


def test_what_an_alert_names_exists(graph: Graph) -> None:
    names = {node.inputs.get("name") for node in graph.nodes}
    for policy in graph.of("AlertPolicy"):
        for query in conditions(policy):
            listed = re.findall(r"one_of\(([^)]*)\)", query)
            named = re.findall(r'labels\.\w+ = "([^"]+)"', query.replace("metric.labels", "")) + [
                name for each in listed for name in re.findall(r'"([^"]+)"', each)
            ]
            assert set(named) <= names, policy.name


def test_everything_that_should_wake_somebody_has_an_alert_that_reaches_the_people(graph: Graph) -> None:
    assert {policy.name for policy in graph.of("AlertPolicy")} == {
        "failed-executions",
        "failed-episodes",
        "nothing-completes",
        "sweep-not-running",
        "controller-5xx",
        "dead-letters",
    }
    (channel,) = graph.of("NotificationChannel")
    for policy in graph.of("AlertPolicy"):
        assert policy["notificationChannels"] == [channel.outputs["name"]]
        assert policy["displayName"] == f"podcast-automator dev: {policy.name}"


def test_the_dashboard_shows_metrics_that_exist(graph: Graph) -> None:
    ours = {f"logging.googleapis.com/user/{node['name']}" for node in graph.of("gcp:logging/metric:Metric")}
    (dashboard,) = graph.of("gcp:monitoring/dashboard:Dashboard")
    shown = set(re.findall(r'metric\.type = \\"([^"\\]+)\\"', dashboard["dashboardJson"]))
    assert len(shown) == 6
    assert shown <= ours | set(GOOGLES_OWN)
    tiles = json.loads(dashboard["dashboardJson"])["mosaicLayout"]["tiles"]
    places = {(tile["xPos"], tile["yPos"]) for tile in tiles}
    assert len(places) == len(tiles)
