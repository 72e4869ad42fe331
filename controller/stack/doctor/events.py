"""What sets the controller going: the trigger on the input bucket, and the sweep of every minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from controller.stack.doctor.asking import Unanswered, asking
from controller.stack.doctor.buckets import Buckets
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from controller.stack.doctor.starting import log_command
from shared.deployment import EVENTS_PATH, SWEEP_NAME, SWEEP_PATH, TRIGGER_NAME, DeployedStack, name_suffix

FINALIZED: Final = "google.cloud.storage.object.v1.finalized"
PUBLISHER: Final = "roles/pubsub.publisher"
LATE: Final = timedelta(minutes=5)
"""After which a job of every minute is called late."""
REFUSED: Final = frozenset({7, 16})
"""PERMISSION_DENIED and UNAUTHENTICATED: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto."""


def probes(google: Google, buckets: Buckets, deployed: DeployedStack, now: Callable[[], datetime]) -> list[Probe]:
    """The trigger, Cloud Storage's right to feed it, and the sweep."""
    return [
        Probe("Trigger", partial(_look_at_trigger, google, buckets, deployed)),
        Probe("Cloud Storage's agent", partial(_look_at_agent, google, deployed), needs="roles/iam.securityReviewer"),
        Probe("Sweep", partial(_look_at_sweep, google, deployed, now)),
    ]


def _look_at_trigger(google: Google, buckets: Buckets, deployed: DeployedStack) -> Finding:
    """https://cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers."""
    name = TRIGGER_NAME + name_suffix(deployed.stack)
    path = f"v1/projects/{deployed.project}/locations/{deployed.region}/triggers/{name}"
    trigger: Mapping[str, Any] | None = None
    try:
        trigger = google.operator().get(f"look at the trigger {name}", "eventarc", path)
    except Unanswered as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
    location = buckets.input_location()
    if location is None:
        return untested("its bucket is not there: see its own line")
    return trigger_finding(deployed, trigger, location)


def trigger_finding(deployed: DeployedStack, trigger: Mapping[str, Any] | None, location: str) -> Finding:
    """Whether a recording that is dropped becomes a request to the controller.

    Args:
        deployed: the stack.
        trigger: as Eventarc tells it; None where there is none.
        location: of the input bucket, as Cloud Storage writes it.
    """
    up = f"pulumi up --refresh --stack {deployed.stack}"
    if trigger is None:
        return fault("there is none, so nobody hears of a recording", up)
    if location.lower() != deployed.region:
        return fault(
            f"it is in {deployed.region}, its bucket {deployed.input_bucket} in {location.lower()}: it hears nothing",
            f"pulumi config set region {location.lower()} --stack {deployed.stack}, or make the bucket anew: {up}",
        )
    run = trigger.get("destination", {}).get("cloudRun", {})
    filters = {each.get("attribute"): each.get("value") for each in trigger.get("eventFilters", [])}
    expected = {
        "service": (run.get("service"), deployed.controller),
        "region": (run.get("region"), deployed.region),
        "path": (run.get("path"), EVENTS_PATH),
        "bucket": (filters.get("bucket"), deployed.input_bucket),
        "event": (filters.get("type"), FINALIZED),
        "account": (trigger.get("serviceAccount"), deployed.accounts["trigger"]),
    }
    wrong = [f"its {what} is {found}, not {wanted}" for what, (found, wanted) in expected.items() if found != wanted]
    if wrong:
        return fault("; ".join(wrong), up)
    troubles = [
        f"{name}: {each.get('message') or each['code']}"
        for name, each in trigger.get("conditions", {}).items()
        if each.get("code", "OK") not in ("OK", 0)
    ]
    if troubles:
        return fault("; ".join(troubles), up)
    return Finding(f"recordings in {deployed.input_bucket} reach {deployed.controller}")


def _look_at_agent(google: Google, deployed: DeployedStack) -> Finding:
    """https://cloud.google.com/eventarc/docs/run/route-trigger-cloud-storage says who must be allowed to publish."""
    operator = google.operator()
    with asking("ask who Cloud Storage's agent is"):
        agent = operator.storage().get_service_account_email(timeout=google.limit, retry=None)
    return storage_agent_finding(deployed, f"serviceAccount:{agent}", google.project_bindings())


def storage_agent_finding(deployed: DeployedStack, agent: str, bindings: Iterable[Mapping[str, Any]]) -> Finding:
    """Whether Cloud Storage may tell Eventarc of a new object."""
    for binding in bindings:
        if binding["role"] == PUBLISHER and agent in binding.get("members", []):
            return Finding("may tell the trigger of recordings")
    return fault("may not tell the trigger of recordings", f"pulumi up --refresh --stack {deployed.stack}")


def _look_at_sweep(google: Google, deployed: DeployedStack, now: Callable[[], datetime]) -> Finding:
    """https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job."""
    name = SWEEP_NAME + name_suffix(deployed.stack)
    path = f"v1/projects/{deployed.project}/locations/{deployed.region}/jobs/{name}"
    try:
        job = google.operator().get(f"look at the scheduler's job {name}", "cloudscheduler", path)
    except Unanswered as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return sweep_finding(deployed, None, now())
        raise
    return sweep_finding(deployed, job, now())


def sweep_finding(deployed: DeployedStack, job: Mapping[str, Any] | None, now: datetime) -> Finding:  # noqa: PLR0911 - one way out a finding
    """Whether all open episodes are looked at every minute.

    Args:
        deployed: the stack.
        job: as Cloud Scheduler tells it; None where there is none.
        now: the time.
    """
    up = f"pulumi up --refresh --stack {deployed.stack}"
    name = SWEEP_NAME + name_suffix(deployed.stack)
    if job is None:
        return fault("there is none, so an episode whose signal is lost stays where it is", up)
    if job.get("state") != "ENABLED":
        resume = f"gcloud scheduler jobs resume {name} --location={deployed.region} --project={deployed.project}"
        return fault(f"it is {str(job.get('state')).lower()}", resume)
    uri = job.get("httpTarget", {}).get("uri")
    if uri != deployed.controller_url + SWEEP_PATH:
        return fault(f"it calls {uri}, not the controller", up)
    code = int(job.get("status", {}).get("code", 0))
    if code in REFUSED:
        return fault("IAM keeps it out of the controller", up)
    if code:
        return fault(
            f"its last call failed ({job['status'].get('message') or f'code {code}'})",
            log_command(deployed, deployed.controller),
        )
    if "lastAttemptTime" not in job:
        return untested("it has not run yet", "Run the doctor again in two minutes.")
    last = datetime.fromisoformat(str(job["lastAttemptTime"]))
    if now - last > LATE:
        return fault(f"it ran last at {last:%Y-%m-%d %H:%M} UTC, though it should every minute", up)
    return Finding("ran within the last minutes, and the controller was content")
