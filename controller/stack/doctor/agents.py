"""Google's own agents for a project: each can do its work only with the role that Google made for it.

An agent that is made on request, as `pulumi up` makes them, is given no role by Google:
https://cloud.google.com/iam/docs/create-service-agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault
from shared.deployment import SERVICE_AGENTS, DeployedStack, agent_role

FAILS_WITHOUT: Final[Mapping[str, str]] = {
    "eventarc": "recordings reach nobody",
    "pubsub": "no push carries a token that the controller takes",
    "aiplatform": "the model cannot read a recording",
}
"""What a stack lacks whose agent of the service may not do its work."""


def probes(google: Google, deployed: DeployedStack) -> list[Probe]:
    """One line for all three."""
    return [Probe("Google's agents", partial(_look, google, deployed), needs="roles/iam.securityReviewer")]


def _look(google: Google, deployed: DeployedStack) -> Finding:
    return agents_finding(deployed, google.number(), google.project_bindings())


def agent_of(service: str, number: str) -> str:
    """The service's agent as IAM writes it: https://cloud.google.com/iam/docs/service-agents.

    Args:
        service: one of `SERVICE_AGENTS`.
        number: of the project.
    """
    return f"serviceAccount:service-{number}@gcp-sa-{service}.iam.gserviceaccount.com"


def agents_finding(deployed: DeployedStack, number: str, bindings: Iterable[Mapping[str, Any]]) -> Finding:
    """Whether each agent has its role.

    Args:
        deployed: the stack.
        number: of its project.
        bindings: of the project's policy.
    """
    held = {(binding["role"], member) for binding in bindings for member in binding.get("members", [])}
    missing = [service for service in SERVICE_AGENTS if (agent_role(service), agent_of(service, number)) not in held]
    if not missing:
        return Finding("each has its role")
    said = "; ".join(f"that of {each} lacks {agent_role(each)}: {FAILS_WITHOUT[each]}" for each in missing)
    return fault(said, f"pulumi up --refresh --stack {deployed.stack}")
