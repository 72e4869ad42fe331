"""The controller of a deployed stack, put together from the environment that infra fills."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support_servers.collector import collector_server
from support_servers.faults import ResetBefore
from support_servers.metadata import stripped, token_for

from controller.cloud import HASTE, build_cloud, load_controller_environment
from shared.deployment import Callers, ControllerEnvironment
from shared.errors import PermanentError
from shared.signals.posted import BRIEF

ENVIRONMENT = {
    "PODCAST_BACKEND": "cloud",
    "PODCAST_PROJECT_ID": "a-project",
    "PODCAST_INPUT_BUCKET": "podcast-input-dev",
    "PODCAST_WORK_BUCKET": "work",
    "PODCAST_PUBLIC_URL": "https://listen.example",
    "PODCAST_STACK": "dev",
    "PODCAST_REGION": "asia-northeast1",
    "PODCAST_ORCHESTRATION": "sequential",
    "PODCAST_SLOTS": "4",
    "PODCAST_STEP_TIMEOUTS": json.dumps({"fetch": 900, "process": 7200}),
    "PODCAST_CALLERS": Callers(events=("t@p.x",), sweep=("s@p.x",), signals=("f@p.x",)).model_dump_json(),
    # Nobody listens there, and nothing is asked of anybody.
    "PODCAST_GCS_ENDPOINT": "http://127.0.0.1:1",
    "PODCAST_RUN_ENDPOINT": "http://127.0.0.1:1",
}


def test_the_variables_are_those_that_infra_fills() -> None:
    told = load_controller_environment(ENVIRONMENT)
    assert told.podcast_step_timeouts == {"fetch": 900, "process": 7200}
    assert told.podcast_callers.signals == ("f@p.x",)
    needed = {name for name, _, required in ControllerEnvironment.variables() if required}
    assert needed == {name for name in ENVIRONMENT if not name.endswith("_ENDPOINT")}


@pytest.mark.parametrize("missing", ["PODCAST_REGION", "PODCAST_SLOTS", "PODCAST_CALLERS", "PODCAST_STEP_TIMEOUTS"])
def test_a_missing_variable_is_named(missing) -> None:
    with pytest.raises(PermanentError, match=missing):
        build_cloud({name: value for name, value in ENVIRONMENT.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODCAST_SLOTS", "many"),
        ("PODCAST_CALLERS", "{"),
        ("PODCAST_CALLERS", "[]"),
        ("PODCAST_ORCHESTRATION", "chaos"),
    ],
)
def test_a_wrong_variable_is_named(name, value) -> None:
    with pytest.raises(PermanentError, match=name):
        build_cloud({**ENVIRONMENT, name: value})


def test_the_application_lets_in_whom_the_stack_names() -> None:
    client = build_cloud(ENVIRONMENT).app().test_client()
    event = {"bucket": "another", "name": "one.mp3"}

    def status(path, email, method="POST"):
        headers = {"Authorization": f"Bearer {stripped(token_for(email, 'https://c'))}"} if email else {}
        return client.open(path, method=method, json=event, headers=headers).status_code

    assert status("/health", None, "GET") == 200
    assert status("/events", None) == 401
    assert status("/events", "f@p.x") == 403
    assert status("/events", "t@p.x") == 200  # another bucket's object is no episode
    assert status("/sweep", "t@p.x") == 403


def test_the_public_site_is_not_served_by_the_controller() -> None:
    client = build_cloud(ENVIRONMENT).app().test_client()
    headers = {"Authorization": f"Bearer {stripped(token_for('ann@example.com', 'https://c'))}"}
    assert client.get("/site/feed.rss", headers=headers).status_code == 404


def test_the_laptop_and_the_image_load_nothing_that_only_the_other_has() -> None:
    apart = {"controller.runner.subprocess", "watchfiles", "google.cloud.run_v2"}
    loads = f"import sys; print(sorted({apart} & sys.modules.keys()))"
    cloud = "from controller.wsgi import create; create()"
    laptop = "from controller.local import build_local; from shared.config import LocalSettings; "
    laptop += "build_local(LocalSettings(), serving=True).app()"
    loaded = [
        subprocess.run(
            [sys.executable, "-c", f"{program}; {loads}"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for program, environment in ((cloud, {**ENVIRONMENT, "NO_GCE_CHECK": "true"}), (laptop, {}))
    ]
    assert [each.stdout.splitlines()[-1] for each in loaded] == [
        "['google.cloud.run_v2']",
        "['controller.runner.subprocess', 'watchfiles']",
    ]


def test_what_gunicorn_serves_is_the_cloud_and_says_so_where_nothing_of_it_is_set() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from controller.wsgi import create; create()"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "PODCAST_BACKEND is not set" in done.stderr


ONE_REQUEST = """
import os
from controller.wsgi import create
from shared.telemetry import episode_span
app = create()
def moves():
    with episode_span("start fetch-job", "00000000-0000-0000-0000-000000000001"):
        return "", 204
app.add_url_rule("/health/moves", view_func=moves)
headers = {"Authorization": "Bearer " + os.environ["TOKEN"]}
print(app.test_client().get("/health/moves", headers=headers).status_code, flush=True)
# Cloud Run takes the CPU away: nothing runs any more, not even what a process does at its end.
os._exit(0)
"""


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "refused"])
def test_spans_are_sent_within_the_request_and_no_request_fails_for_them(taken) -> None:
    with collector_server() as collector:
        if not taken:
            collector.faults.forever = ResetBefore()
        never = {"OTEL_BSP_SCHEDULE_DELAY": "3600000", "TOKEN": stripped(token_for("ann@example.com", "https://c"))}
        done = subprocess.run(
            [sys.executable, "-c", ONE_REQUEST],
            env={**os.environ, **ENVIRONMENT, **collector.environment, **never},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["204"]
        assert [span.name for span in collector.spans] == (["start fetch-job"] if taken else [])


def test_whoever_signals_waits_longer_than_the_controller_may_take_for_a_call() -> None:
    """It makes some twenty of them, and one or two may be slow; who hangs up asks for all of them again."""
    assert BRIEF.read >= 3 * HASTE.longest_call
