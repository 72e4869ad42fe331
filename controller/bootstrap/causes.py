"""What Google and Pulumi say when a project cannot be prepared, and what to do about it."""

from __future__ import annotations

import re
from typing import Final

_CAUSES: Final[tuple[tuple[str, str], ...]] = (
    (
        r"billing (account|to be enabled|is disabled)|BILLING_DISABLED|UREQ_PROJECT_BILLING",
        "Link {project} to a billing account: https://console.cloud.google.com/billing/linkedaccount?project={project}",
    ),
    (
        r"could not find default credentials|no credentials loaded|invalid_grant|reauth",
        "Log in with `gcloud auth application-default login`.",
    ),
    (
        r"Unknown project|project .* (was not found|not found)|CONSUMER_INVALID|USER_PROJECT_DENIED",
        "Is {project} the project's id, and may your account see it? `gcloud projects list` shows those that it may.",
    ),
    (
        r"API has not been used in project|SERVICE_DISABLED|accessNotConfigured",
        (
            "An API that was just switched on takes a few minutes in a new project: run it again then. If it stays: "
            "gcloud services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com --project={project}"
        ),
    ),
    (
        r"Requested entity already exists|already exists.*(workloadIdentityPool|serviceAccount)",
        (
            "It was made by other hands, or deleted less than 30 days ago and can be had back: `gcloud iam "
            "workload-identity-pools undelete podcast-github --location=global --project={project}`. "
            "Then `pulumi import` it in infra/bootstrap. Or was it prepared before, with another --state-bucket?"
        ),
    ),
    (
        r"PERMISSION_DENIED|permission .* denied|does not have .* access|403",
        (
            "Your account needs the role Owner on {project}, or all of Project IAM Admin, Role Administrator, Service "
            "Usage Admin, Service Account Admin, Workload Identity Pool Admin, Cloud KMS Admin and Storage Admin."
        ),
    ),
    (
        r"the stack is currently locked",
        "Somebody else prepares it just now. If nobody does: pulumi cancel --stack {project} --cwd infra/bootstrap",
    ),
    (
        r"no language plugin|failed to load language plugin",
        "Install Pulumi whole, with its language hosts: https://www.pulumi.com/docs/install/",
    ),
)
"""What is said, as a pattern, and the advice; the first that fits is taken."""


def advice_for(said: str, project: str) -> str | None:
    """What to do about what was said; None where nothing is known."""
    for pattern, advice in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return advice.format(project=project)
    return None
