"""What each account may do, tested as that account on the very resource: the contract's grants, one line each.

What is tested is not the whole role but what our programs use of it (`USED`); a role that has lost one of these, or a
binding that somebody took away, is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import pairwise
from typing import Any, Final

from google.cloud.run_v2 import ListExecutionsRequest

from controller.stack.doctor.asking import Once, Unanswered, asking
from controller.stack.doctor.google import Caller, Google
from controller.stack.doctor.probing import Finding, Probe, fault
from shared.contract import SIGNAL, STEPS, Grant, Resource, step_named
from shared.deployment import CONTROLLER_GRANTS, DEPLOYABLE_GRANTS, DeployedStack

USED: Final[Mapping[str, tuple[str, ...]]] = {
    # https://cloud.google.com/storage/docs/access-control/iam-roles
    "roles/storage.objectViewer": ("storage.objects.get",),
    "roles/storage.objectUser": (
        "storage.objects.create",
        # Overwriting counts as deleting: https://cloud.google.com/storage/docs/access-control/iam-permissions.
        "storage.objects.delete",
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.update",
    ),
    # https://cloud.google.com/secret-manager/docs/access-control
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access",),
    # https://cloud.google.com/run/docs/reference/iam/permissions
    "roles/run.invoker": ("run.routes.invoke",),
    "roles/run.jobsExecutorWithOverrides": ("run.jobs.run", "run.jobs.runWithOverrides"),
    # https://cloud.google.com/vertex-ai/docs/general/iam-permissions
    "roles/aiplatform.user": ("aiplatform.endpoints.predict",),
    # https://cloud.google.com/iam/docs/roles-permissions/telemetry
    "roles/telemetry.tracesWriter": ("telemetry.traces.write",),
    # https://cloud.google.com/pubsub/docs/access-control
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    # https://cloud.google.com/eventarc/docs/access-control
    "roles/eventarc.eventReceiver": ("eventarc.events.receiveEvent",),
}
"""Role → the permissions of it that our programs use and that can be tested on the resource it is granted on."""

READS_EXECUTIONS: Final = "roles/run.viewer"
"""Not tested but used: its permissions lie on what is below a job, where only reading tells whether they hold."""

CALLER_GRANTS: Final[Mapping[str, tuple[Grant, ...]]] = {
    "trigger": (Grant("roles/eventarc.eventReceiver", Resource.PROJECT), SIGNAL),
    "scheduler": (SIGNAL,),
    "push": (SIGNAL,),
}
"""What those who call the controller may do; infra grants it where it makes them."""


@dataclass(frozen=True)
class Held:
    """A grant that an account should hold, on these single resources (full names)."""

    role: str
    grant: Grant
    resources: tuple[str, ...]

    @property
    def subject(self) -> str:
        """How the line begins."""
        kind = self.grant.on.value.replace("_", " ")
        return f"{self.role}: {self.grant.role.removeprefix('roles/')} on {kind}"


def held(deployed: DeployedStack) -> list[Held]:
    """Every grant that the stack's accounts should hold."""
    found = [
        Held("controller", grant, resources_of(deployed, grant.on))
        for grant in (*CONTROLLER_GRANTS, *DEPLOYABLE_GRANTS)
    ]
    for name in deployed.jobs:
        grants = (*step_named(name).grants, *DEPLOYABLE_GRANTS)
        found += [Held(name, grant, resources_of(deployed, grant.on)) for grant in grants]
    if deployed.orchestration == "pubsub":
        steps = [step.name for step in STEPS if step.name in deployed.jobs]
        for name, following in pairwise(steps):
            topic = f"projects/{deployed.project}/topics/{deployed.jobs[following]}"
            found.append(Held(name, Grant("roles/pubsub.publisher", Resource.STEP_TOPICS), (topic,)))
    for role, grants in CALLER_GRANTS.items():
        if role in deployed.accounts:
            found += [Held(role, grant, resources_of(deployed, grant.on)) for grant in grants]
    return [each for each in found if each.resources]


def resources_of(deployed: DeployedStack, on: Resource) -> tuple[str, ...]:
    """The full names of what a grant is on; none where the stack has no such thing."""
    project, place = f"projects/{deployed.project}", f"projects/{deployed.project}/locations/{deployed.region}"
    secrets = {
        Resource.R2_KEYS_SECRET: deployed.r2_keys_secret,
        Resource.DISCORD_WEBHOOK_SECRET: deployed.discord_webhook_secret,
    }
    topics = deployed.jobs.values() if deployed.orchestration == "pubsub" else ()
    return {
        Resource.PROJECT: (project,),
        Resource.INPUT_BUCKET: (deployed.input_bucket,),
        Resource.WORK_BUCKET: (deployed.work_bucket,),
        **{kind: (f"{project}/secrets/{name}",) if name else () for kind, name in secrets.items()},
        Resource.CONTROLLER: (f"{place}/services/{deployed.controller}",),
        Resource.STEP_JOBS: tuple(f"{place}/jobs/{name}" for name in deployed.jobs.values()),
        Resource.STEP_TOPICS: tuple(f"{project}/topics/{name}" for name in topics),
    }[on]


class Access:
    """What every account may do, each asked for once."""

    def __init__(self, google: Google, deployed: DeployedStack) -> None:
        self._google = google
        self._stack = deployed.stack
        self._held = held(deployed)
        self._missing = {(each.role, each.grant): Once(partial(_missing, google, each)) for each in self._held}

    def probes(self) -> list[Probe]:
        """One look a grant."""
        return [Probe(each.subject, partial(self._look, each)) for each in self._held]

    def lacks(self, role: str, grant: Grant) -> bool:
        """Whether the account is known to lack the grant, so that what rests on it cannot be tested."""
        return bool(self._missing[role, grant]())

    def _look(self, each: Held) -> Finding:
        email = self._google.accounts[each.role]
        return access_finding(each, self._missing[each.role, each.grant](), email, self._stack)


def access_finding(each: Held, missing: Sequence[str], email: str, stack: str) -> Finding:
    """Whether the account holds the grant.

    Args:
        each: the grant.
        missing: what it may not do, in words.
        email: of the account.
        stack: its name.
    """
    if missing:
        # Without --refresh Pulumi believes that what it once granted is still granted.
        return fault(f"{email} lacks {', '.join(missing)}", f"pulumi up --refresh --stack {stack}")
    names = {resource.rpartition("/")[2] for resource in each.resources}
    return Finding(", ".join(sorted(names)))


def _missing(google: Google, each: Held) -> list[str]:
    caller = google.as_account(each.role)
    if each.grant.role == READS_EXECUTIONS:
        return [f"the reading of {_short(name)}'s executions" for name in each.resources if not _reads(caller, name)]
    used = USED[each.grant.role]
    found = []
    for resource in each.resources:
        with asking(f"test what {google.accounts[each.role]} may do with {_short(resource)}"):
            allowed = _allowed(caller, each.grant.on, resource, used)
        found += [f"{permission} on {_short(resource)}" for permission in used if permission not in allowed]
    return found


def _allowed(caller: Caller, on: Resource, resource: str, permissions: Sequence[str]) -> Sequence[str]:
    """Those of the permissions that the caller has, as the service itself says (testIamPermissions)."""
    request = {"resource": resource, "permissions": list(permissions)}
    options: dict[str, Any] = {"retry": None, "timeout": caller.limit}
    if on is Resource.PROJECT:
        path = f"v3/{resource}:testIamPermissions"
        body = {"permissions": list(permissions)}
        answer = caller.post("test rights in the project", "cloudresourcemanager", path, body)
        return [str(each) for each in answer.get("permissions", [])]
    if on in (Resource.INPUT_BUCKET, Resource.WORK_BUCKET):
        allowed = caller.storage().bucket(resource).test_iam_permissions(list(permissions), **options)
        return [str(each) for each in allowed]
    clients: dict[Resource, Callable[[], Any]] = {
        Resource.R2_KEYS_SECRET: caller.secrets,
        Resource.DISCORD_WEBHOOK_SECRET: caller.secrets,
        Resource.CONTROLLER: caller.services,
        Resource.STEP_JOBS: caller.jobs,
        Resource.STEP_TOPICS: caller.publisher,
    }
    return list(clients[on]().test_iam_permissions(request, **options).permissions)


def _reads(caller: Caller, job: str) -> bool:
    try:
        with asking(f"list the executions of {_short(job)}"):
            request = ListExecutionsRequest(parent=job, page_size=1)
            caller.executions().list_executions(request, retry=None, timeout=caller.limit)
    except Unanswered as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return False
        raise
    return True


def _short(resource: str) -> str:
    return resource.rpartition("/")[2]
