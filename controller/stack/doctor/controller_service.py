"""The controller: it runs, it answers those whom IAM lets in, and the operator is one of them.

`/health` is the only door that is knocked at; it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import requests
from google.cloud.run_v2 import Condition, Service

from controller.stack.doctor.access import USED, Access
from controller.stack.doctor.asking import Unanswered, asking
from controller.stack.doctor.executions import reasons_in, words_in
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from controller.stack.doctor.starting import Who, log_command, start_fix
from shared.contract import SIGNAL
from shared.deployment import HEALTH_PATH, DeployedStack
from shared.http_errors import reason_of


@dataclass(frozen=True)
class ServiceFacts:
    """What is known of the service."""

    ready: bool | None
    """None while Cloud Run is still at it."""
    latest_ready: str
    latest_created: str
    reasons: tuple[str, ...] = ()
    words: str = ""


def probes(google: Google, access: Access, deployed: DeployedStack) -> list[Probe]:
    """The service, its health as the scheduler sees it, and the operator's own way in."""
    return [
        Probe("Controller", partial(_look, google, deployed)),
        Probe("Controller's health", partial(_look_at_health, google, access, deployed)),
        Probe("You and the controller", partial(_look_at_operator, google, deployed)),
    ]


def _look(google: Google, deployed: DeployedStack) -> Finding:
    try:
        with asking(f"look at the service {deployed.controller}"):
            service = google.operator().services().get_service(name=_path(deployed), retry=None, timeout=google.limit)
    except Unanswered as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return fault(f"there is no {deployed.controller}", f"pulumi up --refresh --stack {deployed.stack}")
        raise
    return service_finding(deployed, _facts(service), Who(google.member, google.number()))


def service_finding(deployed: DeployedStack, facts: ServiceFacts, who: Who) -> Finding:
    """Whether the newest revision serves."""
    if facts.ready is None:
        return untested(f"Cloud Run is still making {deployed.controller} ready", "Run the doctor again in a minute.")
    newest = facts.latest_created.rpartition("/")[2]
    if not facts.ready:
        account = deployed.accounts["controller"]
        fix = start_fix(deployed, deployed.controller, account, reasons=facts.reasons, words=facts.words, who=who)
        return fault(f"{newest} does not start: {' '.join(facts.words.split())[:300]}", fix)
    if facts.latest_ready != facts.latest_created:
        ready = facts.latest_ready.rpartition("/")[2]
        return fault(f"{newest} was made, but {ready} still serves", log_command(deployed, deployed.controller))
    return Finding(f"{newest} serves")


def _look_at_health(google: Google, access: Access, deployed: DeployedStack) -> Finding:
    if access.lacks("scheduler", SIGNAL):
        return untested("the scheduler's account may not call it: see its own line")
    token = google.identity_token("scheduler", deployed.controller_url)
    try:
        answer = requests.get(
            deployed.controller_url + HEALTH_PATH,
            headers={"Authorization": f"Bearer {token}"},
            timeout=(min(google.limit, 5.0), google.limit),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Unanswered(f"{deployed.controller_url} did not answer: {reason_of(error)}") from None
    return health_finding(deployed, answer.status_code)


def health_finding(deployed: DeployedStack, status: int) -> Finding:
    """Whether it lets the scheduler in and is well. https://cloud.google.com/run/docs/troubleshooting#unauthorized-client."""
    if status == HTTPStatus.OK:
        return Finding(f"{deployed.controller_url} answers the scheduler's account")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return fault(
            f"IAM keeps the scheduler's account out, with {status}", f"pulumi up --refresh --stack {deployed.stack}"
        )
    if status == HTTPStatus.NOT_FOUND:
        return fault(
            f"nothing of ours answers at {deployed.controller_url}", f"pulumi up --refresh --stack {deployed.stack}"
        )
    return fault(f"it answers {status}", log_command(deployed, deployed.controller))


def _look_at_operator(google: Google, deployed: DeployedStack) -> Finding:
    operator = google.operator()
    wanted = list(USED[SIGNAL.role])
    with asking("test whether you may use the controller"):
        allowed = (
            operator.services()
            .test_iam_permissions(
                {"resource": _path(deployed), "permissions": wanted}, retry=None, timeout=google.limit
            )
            .permissions
        )
    return operator_finding(deployed, operator.member, may=set(wanted) <= set(allowed))


def operator_finding(deployed: DeployedStack, member: str, *, may: bool) -> Finding:
    """Whether the operator may use the dashboard."""
    if may:
        return Finding("you may use the dashboard")
    return fault(
        "you may not use the dashboard",
        f"Add {member} to `operators` in Pulumi.{deployed.stack}.yaml, then: pulumi up --stack {deployed.stack}",
    )


def _facts(service: Service) -> ServiceFacts:
    conditions = [service.terminal_condition, *service.conditions]
    state = service.terminal_condition.state
    ready = None
    if state == Condition.State.CONDITION_SUCCEEDED:
        ready = True
    elif state == Condition.State.CONDITION_FAILED:
        ready = False
    return ServiceFacts(
        ready,
        service.latest_ready_revision,
        service.latest_created_revision,
        reasons_in(conditions),
        words_in(conditions),
    )


def _path(deployed: DeployedStack) -> str:
    return f"projects/{deployed.project}/locations/{deployed.region}/services/{deployed.controller}"
