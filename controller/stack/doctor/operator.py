"""The operator and the project: whether anything can be asked at all."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from controller.stack.doctor.asking import CONSUMER, DISABLED, NOT_FOR_YOU, Unanswered
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault
from shared.google_errors import LOG_IN

LOG_IN_COMMAND = "gcloud auth application-default login"


def probes(google: Google) -> list[Probe]:
    """Who asks, and whether the project answers them."""
    return [Probe("Your account", lambda: _operator(google)), Probe("Project", lambda: _project(google))]


def _operator(google: Google) -> Finding:
    try:
        return account_finding(google.operator().email, None)
    except Unanswered as error:
        return account_finding(None, error)


def account_finding(email: str | None, error: Unanswered | None) -> Finding:
    """Whether somebody is logged in."""
    if error is None:
        return Finding(email or "logged in, without the right to tell the address")
    if error.advice == LOG_IN:
        return fault(error.message, LOG_IN_COMMAND)
    raise error


def _project(google: Google) -> Finding:
    try:
        found = google.operator().get(
            f"look at the project {google.project}", "cloudresourcemanager", f"v3/projects/{google.project}"
        )
    except Unanswered as error:
        return project_finding(google.project, None, error, google.grant)
    return project_finding(google.project, str(found.get("state")), None, google.grant)


def project_finding(project: str, state: str | None, error: Unanswered | None, grant: Callable[[str], str]) -> Finding:
    """Whether the project is there and open to the operator.

    Args:
        project: its id.
        state: of its life; https://cloud.google.com/resource-manager/reference/rest/v3/projects#State.
        error: instead of a state.
        grant: the command that gives the operator a role.
    """
    if error is not None:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and error.reason != DISABLED:
            # Google tells neither from the other to those who may not know.
            role = CONSUMER if error.reason == NOT_FOR_YOU else "roles/viewer"
            return fault(f"{project} is not there, or not open to you", f"Have an owner run: {grant(role)}")
        raise error
    if state != "ACTIVE":
        return fault(f"{project} is {state}", f"gcloud projects undelete {project}")
    return Finding(project)
