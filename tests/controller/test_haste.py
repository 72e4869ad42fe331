"""Whoever calls the controller waits a few seconds at most: a store that hangs is a 5xx, and the event comes again."""

from __future__ import annotations

import json

import pytest
from support_cloud import IMPATIENT
from support_servers.metadata import stripped, token_for
from support_servers.proxy import Proxy, behaves, does_the_work_and_hangs

from controller.cloud import HASTE, build_cloud
from controller.runner.cloud_run import BRIEF
from shared.deployment import Callers
from shared.models import JobState
from shared.retries import PUSH_DEADLINE, Patience

CALLER = "podcast-trigger@p.x"
EVENT = {"bucket": "podcast-input", "name": "talk.mp3", "generation": "1"}


@pytest.fixture
def controller(gcs_cloud):
    return build_cloud(
        {
            "PODCAST_BACKEND": "cloud",
            "PODCAST_PROJECT_ID": "a-project",
            "PODCAST_INPUT_BUCKET": "podcast-input",
            "PODCAST_WORK_BUCKET": gcs_cloud.bucket,
            "PODCAST_PUBLIC_URL": "https://listen.example",
            "PODCAST_STACK": "dev",
            "PODCAST_REGION": "asia-northeast1",
            "PODCAST_ORCHESTRATION": "sequential",
            "PODCAST_SLOTS": "1",
            "PODCAST_STEP_TIMEOUTS": "{}",
            "PODCAST_CALLERS": Callers(events=(CALLER,), sweep=(CALLER,), signals=(CALLER,)).model_dump_json(),
            "PODCAST_GCS_ENDPOINT": gcs_cloud.endpoint,
            "PODCAST_RUN_ENDPOINT": "http://127.0.0.1:9",
        },
        patience=IMPATIENT,
    )


@pytest.fixture
def post(controller):
    """Posts as the account that may; gives the status."""
    client = controller.app().test_client()
    headers = {"Authorization": f"Bearer {stripped(token_for(CALLER, 'https://controller.example'))}"}

    def send(path: str, body: object) -> int:
        answer = client.post(path, data=json.dumps(body), headers=headers, content_type="application/json")
        return int(answer.status_code)

    return send


def hang_after(proxy: Proxy, calls: int) -> None:
    proxy.misbehave(*[behaves] * calls)
    proxy.misbehave(does_the_work_and_hangs, for_ever=True)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/events", EVENT), ("/signals", {"job_id": "job-1", "step": "fetch"}), ("/sweep", {})],
)
def test_a_store_that_hangs_is_answered_with_5xx_after_the_tries_of_one_call(gcs_cloud, post, path, body) -> None:
    hang_after(gcs_cloud.proxy, 0)
    assert post(path, body) == 503
    assert len(gcs_cloud.proxy.requests) == IMPATIENT.attempts


@pytest.mark.parametrize("calls", range(1, 8))
def test_a_store_that_hangs_half_way_costs_the_tries_of_one_call_and_loses_nothing(
    gcs_cloud, controller, post, calls
) -> None:
    hang_after(gcs_cloud.proxy, calls)
    status = post("/events", EVENT)
    # A write whose reply was lost is looked for before it is repeated: two exchanges a try at most.
    assert len(gcs_cloud.proxy.requests) <= calls + 2 * IMPATIENT.attempts
    gcs_cloud.proxy.behave()
    if status == 503:
        assert post("/events", EVENT) == 202
    else:
        assert status == 202
    (job,) = controller.orchestrator.records.newest_first()
    assert job.state in (JobState.RECEIVED, JobState.FETCHING)


def test_in_the_cloud_one_call_that_hangs_leaves_time_for_an_answer() -> None:
    assert HASTE.longest_call < PUSH_DEADLINE
    assert BRIEF.longest_call <= PUSH_DEADLINE


def test_without_another_word_the_controller_is_hasty_and_its_steps_are_patient() -> None:
    assert build_cloud.__kwdefaults__ == {"patience": HASTE}
    assert Patience().total > 60
