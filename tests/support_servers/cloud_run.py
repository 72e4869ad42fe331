"""Cloud Run's jobs over REST: executions are real, each the subprocess that the job's container would be.

Shapes: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs and ….jobs.executions. What the
real API refuses is refused; what it forgets or hides can be forgotten and hidden on demand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from support_servers.faults import Faults, serving

PARENT = "projects/a-project/locations/asia-northeast1"
RUN = {"overrides", "validateOnly", "etag"}
OVERRIDES = {"containerOverrides", "taskCount", "timeout"}
CONTAINER_OVERRIDES = {"name", "args", "env", "clearArgs"}
REASONS = {400: "FAILED_PRECONDITION", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


@dataclass
class Running:
    """One execution."""

    job: str
    name: str
    arguments: list[str]
    created: datetime
    process: subprocess.Popen[bytes]
    completed: datetime | None = None
    cancelled: bool = False

    def resource(self) -> dict[str, Any]:
        code = self.process.poll()
        if code is not None and self.completed is None:
            self.completed = datetime.now(UTC)
        ended = self.completed is not None
        state = "CONDITION_RECONCILING" if not ended else "CONDITION_FAILED" if code else "CONDITION_SUCCEEDED"
        completed: dict[str, Any] = {"type": "Completed", "state": state}
        if ended and code:
            completed["executionReason"] = "CANCELLED" if self.cancelled else "NON_ZERO_EXIT_CODE"
        count = "cancelledCount" if self.cancelled else "failedCount" if code else "succeededCount"
        return {
            "name": f"{self.job}/executions/{self.name}",
            "uid": self.name,
            "job": self.job,
            "createTime": self.created.isoformat(),
            "startTime": self.created.isoformat(),
            "taskCount": 1,
            "template": {"containers": [{"image": "image@sha256:0", "args": self.arguments}], "maxRetries": 0},
            "conditions": [completed],
            **({"completionTime": self.completed.isoformat(), count: 1} if self.completed else {"runningCount": 1}),
        }


@dataclass
class CloudRun:
    """The jobs of one project in one region.

    `modules` says what `python -m` runs for each job; `environment` is the whole environment of its container.
    """

    modules: Mapping[str, str]
    environment: Mapping[str, str]
    logs: Path
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the container of one job is told beyond `environment`."""
    page: int = 2
    """Executions that a page holds at most, whatever was asked for."""
    hidden: bool = False
    """Whether lists miss the executions that were started last, as a list may that lags behind."""
    executions: list[Running] = field(default_factory=list)
    started: int = 0
    address: str = ""
    faults: Faults = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.faults = Faults(self._app())

    def wait(self) -> None:
        """Returns when no execution runs."""
        for each in list(self.executions):
            each.process.wait(60)

    def forget(self) -> None:
        """Forgets every execution that has ended, as Cloud Run does with old ones."""
        self.executions = [each for each in self.executions if each.process.poll() is None]

    def stop(self) -> None:
        """Ends what still runs."""
        for each in self.executions:
            if each.process.poll() is None:
                each.process.kill()
            each.process.wait()

    def _app(self) -> Flask:
        app = Flask(__name__)
        jobs = f"/v2/{PARENT}/jobs/<job>"
        app.post(f"{jobs}:run")(self._run)
        app.get(f"{jobs}/executions")(self._list)
        app.get(f"{jobs}/executions/<name>")(self._get)
        app.post(f"{jobs}/executions/<name>:cancel")(self._cancel)
        return app

    def _run(self, job: str) -> Any:
        if job not in self.modules:
            return _error(404, f"Resource '{job}' of kind 'JOB' in region does not exist.")
        asked = request.get_json()
        overrides = asked.get("overrides", {})
        containers = overrides.get("containerOverrides", [])
        unknown = (
            (asked.keys() - RUN)
            | (overrides.keys() - OVERRIDES)
            | {key for each in containers for key in each.keys() - CONTAINER_OVERRIDES}
        )
        if unknown or len(containers) > 1:
            return _error(400, f"Invalid overrides: {sorted(unknown)}")
        arguments = [word for each in containers for word in each.get("args", [])]
        extra = {each["name"]: each.get("value", "") for one in containers for each in one.get("env", [])}
        with self._lock:
            self.started += 1
            name = f"{job}-{self.started:05}"
            with (self.logs / f"{name}.log").open("wb") as log, (self.logs / f"{name}.out").open("wb") as out:
                process = subprocess.Popen(
                    [sys.executable, "-m", self.modules[job], *arguments],
                    env={**self.environment, **self.own.get(job, {}), **extra, "CLOUD_RUN_EXECUTION": name},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=log,
                )
            started = Running(f"{PARENT}/jobs/{job}", name, arguments, datetime.now(UTC), process)
            self.executions.insert(0, started)
        metadata = {"@type": "type.googleapis.com/google.cloud.run.v2.Execution", **started.resource()}
        return jsonify(name=f"{PARENT}/operations/{name}", metadata=metadata, done=False)

    def _list(self, job: str) -> Any:
        if job not in self.modules:
            return _error(404, f"Resource '{job}' of kind 'JOB' in region does not exist.")
        start = int(request.args.get("pageToken") or 0)
        asked = int(request.args.get("pageSize") or self.page)
        with self._lock:
            known = [each for each in self.executions if each.job.endswith(f"/{job}")]
        shown = [] if self.hidden else known[start : start + min(asked, self.page)]
        following = start + len(shown)
        token = {"nextPageToken": str(following)} if shown and following < len(known) else {}
        return jsonify(executions=[each.resource() for each in shown], **token)

    def _get(self, job: str, name: str) -> Any:
        found = self._found(job, name)
        return _error(404, f"Execution {name} not found") if found is None else jsonify(found.resource())

    def _cancel(self, job: str, name: str) -> Any:
        found = self._found(job, name)
        if found is None:
            return _error(404, f"Execution {name} not found")
        if found.process.poll() is not None:
            return _error(400, f"Execution {name} has completed and cannot be cancelled.")
        found.cancelled = True
        found.process.terminate()
        found.process.wait()
        metadata = {"@type": "type.googleapis.com/google.cloud.run.v2.Execution", **found.resource()}
        return jsonify(name=f"{PARENT}/operations/cancel-{name}", metadata=metadata, done=False)

    def _found(self, job: str, name: str) -> Running | None:
        return next((each for each in self.executions if (each.job, each.name) == (f"{PARENT}/jobs/{job}", name)), None)


def _error(code: int, message: str) -> Any:
    return jsonify(error={"code": code, "message": message, "status": REASONS[code]}), code


@contextmanager
def cloud_run_server(
    logs: Path, modules: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> Iterator[CloudRun]:
    """A Cloud Run that answers at its `address`. `logs` gets stdout and stderr of every execution."""
    logs.mkdir(parents=True, exist_ok=True)
    cloud_run = CloudRun(modules, dict(os.environ if environment is None else environment), logs)
    with serving(cloud_run.faults) as address:
        cloud_run.address = address
        try:
            yield cloud_run
        finally:
            cloud_run.stop()
