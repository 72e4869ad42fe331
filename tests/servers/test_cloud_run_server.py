"""The Cloud Run of the tests does what the real API documents: whoever trusts it can trust it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import urllib3
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud.run_v2 import Condition, ExecutionsClient, JobsClient, RunJobRequest
from google.oauth2.credentials import Credentials
from support_servers.cloud_run import PARENT, cloud_run_server

JOB = f"{PARENT}/jobs/fetch-job"
PROGRAM = """
import json, os, sys, time
print(json.dumps([sys.argv[1:], os.environ.get("OF_ALL"), os.environ.get("OF_ONE"), os.environ["CLOUD_RUN_EXECUTION"]]))
sys.stdout.flush()
if "wait" in sys.argv: time.sleep(60)
sys.exit("fail" in sys.argv)
"""


@pytest.fixture
def cloud_run(tmp_path):
    (tmp_path / "a_container.py").write_text(PROGRAM)
    environment = {"PYTHONPATH": str(tmp_path), "OF_ALL": "everywhere"}
    with cloud_run_server(tmp_path / "logs", {"fetch-job": "a_container"}, environment) as running:
        yield running


@pytest.fixture
def clients(cloud_run):
    options = ClientOptions(api_endpoint=cloud_run.address)
    jobs, executions = (
        client(credentials=Credentials("none"), transport="rest", client_options=options)
        for client in (JobsClient, ExecutionsClient)
    )
    yield jobs, executions
    for each in (jobs, executions):
        each.transport.close()


def run(jobs, *words: str, job: str = JOB, **override):
    container = RunJobRequest.Overrides.ContainerOverride(args=list(words), **override)
    request = RunJobRequest(name=job, overrides=RunJobRequest.Overrides(container_overrides=[container]))
    return jobs.run_job(request, retry=None).metadata


def test_an_execution_is_a_process_with_the_overridden_arguments_and_environment(cloud_run, clients) -> None:
    started = run(clients[0], "--a=1", env=[{"name": "OF_ONE", "value": "here"}])
    cloud_run.wait()
    number = started.name.rpartition("/")[2]
    assert started.name.startswith(f"{JOB}/executions/")
    printed = json.loads(Path(cloud_run.logs, f"{number}.out").read_text())
    assert printed == [["--a=1"], "everywhere", "here", number]


@pytest.mark.parametrize(
    ("word", "state", "count"),
    [
        ("succeed", Condition.State.CONDITION_SUCCEEDED, "succeeded_count"),
        ("fail", Condition.State.CONDITION_FAILED, "failed_count"),
    ],
)
def test_an_execution_ends_as_its_process_does(cloud_run, clients, word, state, count) -> None:
    name = run(clients[0], word).name
    cloud_run.wait()
    found = clients[1].get_execution(name=name, retry=None)
    (completed,) = (each for each in found.conditions if each.type_ == "Completed")
    assert (completed.state, getattr(found, count), found.running_count) == (state, 1, 0)
    assert found.completion_time


def test_what_runs_can_be_cancelled_and_what_has_ended_cannot(cloud_run, clients) -> None:
    name = run(clients[0], "wait").name
    assert clients[1].get_execution(name=name, retry=None).running_count == 1
    clients[1].cancel_execution(name=name, retry=None)
    assert clients[1].get_execution(name=name, retry=None).cancelled_count == 1
    with pytest.raises(BadRequest, match="has completed"):
        clients[1].cancel_execution(name=name, retry=None)


def test_executions_are_listed_page_by_page_the_newest_first(cloud_run, clients) -> None:
    names = [run(clients[0], str(number)).name for number in range(3)]
    pages = [
        [each.name for each in page.executions] for page in clients[1].list_executions(parent=JOB, retry=None).pages
    ]
    assert pages == [[names[2], names[1]], [names[0]]]
    cloud_run.hidden = True
    assert list(clients[1].list_executions(parent=JOB, retry=None)) == []


def test_what_has_ended_can_be_forgotten_and_is_not_found_then(cloud_run, clients) -> None:
    name = run(clients[0]).name
    cloud_run.wait()
    cloud_run.forget()
    with pytest.raises(NotFound):
        clients[1].get_execution(name=name, retry=None)


def test_a_job_that_does_not_exist_is_not_found(clients) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        run(clients[0], job=f"{PARENT}/jobs/another-job")
    with pytest.raises(NotFound):
        list(clients[1].list_executions(parent=f"{PARENT}/jobs/another-job", retry=None))


@pytest.mark.parametrize(
    "body",
    [
        {"override": {}},
        {"overrides": {"containers": []}},
        {"overrides": {"containerOverrides": [{"arguments": []}]}},
        {"overrides": {"containerOverrides": [{"args": []}, {"args": []}]}},
    ],
)
def test_a_field_that_the_api_does_not_know_is_refused_and_starts_nothing(cloud_run, body) -> None:
    answer = urllib3.request("POST", f"{cloud_run.address}/v2/{JOB}:run", json=body, retries=False)
    assert (answer.status, answer.json()["error"]["code"]) == (400, 400)
    assert cloud_run.executions == []
