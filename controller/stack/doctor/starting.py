"""Why something of Cloud Run's does not start, and what mends that: one table for jobs, executions and the controller.

The reasons are those of https://cloud.google.com/run/docs/reference/rest/v2/Condition; the words are matched too, since
many messages come without a reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shared.deployment import REPOSITORY_NAME, DeployedStack, name_suffix

IMAGE_MISSING: Final = frozenset({"CONTAINER_MISSING"})
IMAGE_REFUSED: Final = frozenset(
    {"CONTAINER_PERMISSION_DENIED", "CONTAINER_IMAGE_UNAUTHORIZED", "CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED"}
)
SECRETS: Final = frozenset({"SECRETS_ACCESS_CHECK_FAILED"})
UNHEALTHY: Final = frozenset({"HEALTH_CHECK_CONTAINER_ERROR"})
REASONS: Final = IMAGE_MISSING | IMAGE_REFUSED | SECRETS | UNHEALTHY

_ACT_AS = re.compile(r"iam\.serviceaccounts\.actas", re.IGNORECASE)
_IMAGE_REFUSED = re.compile(
    r"artifactregistry\.repositories\.downloadartifacts|must have permission to read the image|pull access",
    re.IGNORECASE,
)
_IMAGE_MISSING = re.compile(r"image\b.*\bnot found|failed to (?:pull|fetch) image|manifest unknown", re.IGNORECASE)
_PORT = re.compile(r"failed to (?:start and )?listen on the port|failed startup probe|startup probe", re.IGNORECASE)
_WORDS = (_ACT_AS, _IMAGE_REFUSED, _IMAGE_MISSING, _PORT)


@dataclass(frozen=True)
class Who:
    """Whom the commands below name."""

    operator: str
    """As IAM writes them."""
    number: str
    """The project's."""


def keeps_from_starting(reasons: Collection[str], words: str) -> bool:
    """Whether the reasons or the words are of something that never began to run."""
    return bool(REASONS & set(reasons)) or any(each.search(words) for each in _WORDS)


def start_fix(
    deployed: DeployedStack, name: str, account: str, *, reasons: Collection[str], words: str, who: Who
) -> str:
    """What mends it.

    Args:
        deployed: the stack.
        name: of the job or the service that does not start.
        account: that it runs as.
        reasons: Cloud Run's, if it gave any.
        words: what it said.
        who: whom commands name.
    """
    found = set(reasons)
    if _ACT_AS.search(words):
        return (
            f"gcloud iam service-accounts add-iam-policy-binding {account} --member={who.operator} "
            f"--role=roles/iam.serviceAccountUser --project={deployed.project}"
        )
    if found & IMAGE_REFUSED or _IMAGE_REFUSED.search(words):
        agent = f"serviceAccount:service-{who.number}@serverless-robot-prod.iam.gserviceaccount.com"
        return (
            f"gcloud artifacts repositories add-iam-policy-binding {REPOSITORY_NAME}{name_suffix(deployed.stack)} "
            f"--location={deployed.region} --project={deployed.project} --member={agent} "
            "--role=roles/artifactregistry.reader"
        )
    if found & IMAGE_MISSING or _IMAGE_MISSING.search(words):
        return f"pulumi up --refresh --stack {deployed.stack}   (pushes the image again)"
    if found & SECRETS:
        return f"pulumi up --refresh --stack {deployed.stack}"
    return log_command(deployed, name)


def log_command(deployed: DeployedStack, name: str) -> str:
    """The command that shows what the job or the service said before it ended."""
    kind = "service_name" if name == deployed.controller else "job_name"
    return (
        f"gcloud logging read 'resource.labels.{kind}=\"{name}\" AND severity>=ERROR' --project={deployed.project} "
        "--freshness=1d --limit=20 --format='value(timestamp,textPayload,jsonPayload.message)'"
    )
