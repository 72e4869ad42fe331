"""What a stack with `orchestration: pubsub` has beside: dead letters that wait, and Pub/Sub's right to make them.

Dead letters are counted by Cloud Monitoring and not pulled: a pull would count as a delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from controller.stack.doctor.agents import agent_of
from controller.stack.doctor.asking import asking
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from shared.deployment import DeployedStack, dead_letter_name

WAITING: Final = "pubsub.googleapis.com/subscription/num_undelivered_messages"
"""https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-pubsub."""
BEHIND: Final = timedelta(minutes=15)
"""How old a figure may be: Monitoring tells it every minute, some minutes late."""


def probes(google: Google, deployed: DeployedStack, now: Callable[[], datetime]) -> list[Probe]:
    """Two looks, where there are topics."""
    if deployed.orchestration != "pubsub":
        return []
    return [
        Probe("Dead letters", partial(_look_at_dead, google, deployed, now), needs="roles/monitoring.viewer"),
        Probe("Pub/Sub's agent", partial(_look_at_agent, google, deployed), needs="roles/iam.securityReviewer"),
    ]


def _look_at_dead(google: Google, deployed: DeployedStack, now: Callable[[], datetime]) -> Finding:
    """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list: the newest point comes first."""
    names = [dead_letter_name(topic) for topic in deployed.jobs.values()]
    end = now()
    listed = ", ".join(f'"{name}"' for name in names)
    params = {
        "filter": f'metric.type = "{WAITING}" AND resource.labels.subscription_id = one_of({listed})',
        "interval.startTime": (end - BEHIND).isoformat(),
        "interval.endTime": end.isoformat(),
    }
    path = f"v3/projects/{deployed.project}/timeSeries"
    answer = google.operator().get("count the dead letters", "monitoring", path, params)
    waiting = {
        str(each["resource"]["labels"]["subscription_id"]): int(each["points"][0]["value"].get("int64Value", 0))
        for each in answer.get("timeSeries", [])
        if each.get("points")
    }
    return dead_finding(deployed, {name: waiting.get(name) for name in names})


def dead_finding(deployed: DeployedStack, waiting: Mapping[str, int | None]) -> Finding:
    """Whether signals could not be delivered.

    Args:
        deployed: the stack.
        waiting: how many wait, by subscription; None where there is no figure.
    """
    some = {name: count for name, count in waiting.items() if count}
    if some:
        told = ", ".join(f"{count} in {name}" for name, count in some.items())
        return fault(
            f"{told}; the sweep has moved those episodes already",
            f"Look at the controller's log, then: podcast dead-letters --stack {deployed.stack} --put-back",
        )
    if all(count is None for count in waiting.values()):
        return untested(
            "Cloud Monitoring has no figure yet", f"Count them yourself: podcast dead-letters --stack {deployed.stack}"
        )
    return Finding("none waits")


def _look_at_agent(google: Google, deployed: DeployedStack) -> Finding:
    """https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions."""
    agent = agent_of("pubsub", google.number())
    operator = google.operator()
    options: dict[str, Any] = {"retry": None, "timeout": google.limit}
    missing = []
    for topic in deployed.jobs.values():
        dead, push = dead_letter_name(topic), f"{topic}-push"
        with asking(f"read who may use {dead}"):
            to_dead = operator.publisher().get_iam_policy(
                {"resource": f"projects/{deployed.project}/topics/{dead}"}, **options
            )
        with asking(f"read who may use {push}"):
            from_push = operator.subscriber().get_iam_policy(
                {"resource": f"projects/{deployed.project}/subscriptions/{push}"}, **options
            )
        if not _holds(agent, "roles/pubsub.publisher", to_dead.bindings):
            missing.append(f"publish to {dead}")
        if not _holds(agent, "roles/pubsub.subscriber", from_push.bindings):
            missing.append(f"take from {push}")
    return agent_finding(deployed, missing)


def agent_finding(deployed: DeployedStack, missing: Iterable[str]) -> Finding:
    """Whether Pub/Sub may move what cannot be delivered to the dead letters.

    Args:
        deployed: the stack.
        missing: what it may not do.
    """
    told = ", ".join(missing)
    if told:
        return fault(
            f"may not {told}, so a signal that fails is tried for ever", f"pulumi up --refresh --stack {deployed.stack}"
        )
    return Finding("may move what cannot be delivered to the dead letters")


def _holds(agent: str, role: str, bindings: Iterable[Any]) -> bool:
    return any(each.role == role and agent in each.members for each in bindings)
