"""The whole doctor of a deployed stack: all its probes, in the order in which one thing rests on another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from google.auth.credentials import Credentials

from controller.check import Check
from controller.stack.doctor import accounts, agents, apis, controller_service, discord, events, model, operator, topics
from controller.stack.doctor.access import Access
from controller.stack.doctor.asking import LIMIT
from controller.stack.doctor.buckets import Buckets
from controller.stack.doctor.executions import Jobs
from controller.stack.doctor.google import Endpoints, Google, logged_in
from controller.stack.doctor.probing import Probe, run
from controller.stack.doctor.public_bucket import PublicBucket
from controller.stack.doctor.secrets import Secrets
from shared.deployment import DeployedStack


def diagnose(
    deployed: DeployedStack,
    *,
    endpoints: Endpoints = Endpoints(),  # noqa: B008 - frozen data
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_name: Callable[[], str] = lambda: uuid4().hex,
    limit: float = LIMIT,
    log_in: Callable[[], Credentials] = logged_in,
) -> list[Check]:
    """Looks at everything that the stack needs, with the operator's credentials of this machine.

    Args:
        deployed: the stack, as its output says.
        endpoints: where Google's APIs are.
        now: the time.
        new_name: gives a text that no other doctor has.
        limit: seconds that one call may take.
        log_in: gives the operator's credentials.
    """
    google = Google(deployed.project, deployed.accounts, endpoints=endpoints, limit=limit, log_in=log_in)
    return run(_probes(google, deployed, now, new_name), grant=google.grant)


def _probes(
    google: Google, deployed: DeployedStack, now: Callable[[], datetime], new_name: Callable[[], str]
) -> list[Probe]:
    access = Access(google, deployed)
    buckets = Buckets(google, deployed)
    secrets = Secrets(google, access, deployed)
    return [
        *operator.probes(google),
        *apis.probes(google),
        *accounts.probes(google, deployed.stack),
        *agents.probes(google, deployed),
        *buckets.probes(),
        *access.probes(),
        *secrets.probes(),
        *PublicBucket(secrets, deployed, limit=google.limit, new_name=new_name).probes(),
        *model.probes(google, access, deployed),
        *discord.probes(secrets, deployed, google.limit),
        *Jobs(google, deployed, now).probes(),
        *controller_service.probes(google, access, deployed),
        *events.probes(google, buckets, deployed, now),
        *topics.probes(google, deployed, now),
    ]
