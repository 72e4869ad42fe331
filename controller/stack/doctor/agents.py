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
from shared.deployment import DeployedStack

AGENTS: Final[Mapping[str, tuple[str, str]]] = {
    "eventarc": ("gcp-sa-eventarc", "recordings reach nobody"),
    "pubsub": ("gcp-sa-pubsub", "no push carries a token that the controller takes"),
    "aiplatform": ("gcp-sa-aiplatform", "the model cannot read a recording"),
}
"""The domain of each service's agent (https://cloud.google.com/iam/docs/service-agents), and what fails without it."""


def probes(google: Google, deployed: DeployedStack) -> list[Probe]:
    """One line for all three."""
    return [Probe("Google's agents", partial(_look, google, deployed), needs="roles/iam.securityReviewer")]


def _look(google: Google, deployed: DeployedStack) -> Finding:
    """https://cloud.google.com/resource-manager/reference/rest/v3/projects/getIamPolicy."""
    policy = google.operator().post(
        "read who may do what in the project",
        "cloudresourcemanager",
        f"v3/projects/{deployed.project}:getIamPolicy",
        {"options": {"requestedPolicyVersion": 3}},
    )
    return agents_finding(deployed, google.number(), policy.get("bindings", []))


def agents_finding(deployed: DeployedStack, number: str, bindings: Iterable[Mapping[str, Any]]) -> Finding:
    """Whether each agent has its role.

    Args:
        deployed: the stack.
        number: of its project.
        bindings: of the project's policy.
    """
    held = {(binding["role"], member) for binding in bindings for member in binding.get("members", [])}
    missing = [
        (service, consequence)
        for service, (domain, consequence) in AGENTS.items()
        if (f"roles/{service}.serviceAgent", f"serviceAccount:service-{number}@{domain}.iam.gserviceaccount.com")
        not in held
    ]
    if not missing:
        return Finding("each has its role")
    said = "; ".join(f"that of {service} lacks roles/{service}.serviceAgent: {what}" for service, what in missing)
    return fault(said, f"pulumi up --refresh --stack {deployed.stack}")
