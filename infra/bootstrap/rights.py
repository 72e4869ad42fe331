"""What the two accounts may do, and why."""

from __future__ import annotations

from typing import Final

from shared.contract import STEPS, Resource
from shared.deployment import DEPLOYABLE_GRANTS, SERVICE_AGENTS, agent_role

PREVIEW_ROLES: Final[dict[str, str]] = {
    "roles/browser": "asks for the project, to learn the name of Cloud Storage's own account",
    "roles/serviceusage.serviceUsageConsumer": "that question counts against the project",
}
"""By role, the reason. A preview compares the program with the state: it asks no service about its resources."""

DEPLOY_ROLES: Final[dict[str, str]] = {
    "roles/artifactregistry.admin": "the repository and its clean-up, and to push the images",
    "roles/cloudscheduler.admin": "the sweep",
    "roles/eventarc.admin": "the trigger",
    "roles/iam.serviceAccountUser": "attaches accounts to jobs, service, trigger and schedule",
    "roles/logging.configWriter": "log-based metrics, and the exclusion of transcripts",
    "roles/monitoring.alertPolicyEditor": "alerts",
    "roles/monitoring.dashboardEditor": "the dashboard",
    "roles/monitoring.notificationChannelEditor": "who gets the alerts",
    "roles/pubsub.admin": "topics and subscriptions, and who may use them",
    "roles/run.admin": "jobs and service, and who may run them",
    "roles/secretmanager.admin": "secrets, their values, and who may read them",
    "roles/serviceusage.serviceUsageAdmin": "switches APIs on, and makes their agents",
    "roles/storage.admin": "buckets and the show's settings, and who may use them",
}
"""By role, what of the program needs it. Buckets, jobs and the rest do not exist yet, so the project is the place."""

ACCOUNT_PERMISSIONS: Final = (
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.delete",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.list",
    "iam.serviceAccounts.update",
)
"""A role of our own: Google's account admin could also let itself act as any account, or make keys of them."""

ROLES_OF_CALLERS: Final = frozenset({"roles/eventarc.eventReceiver", "roles/pubsub.publisher"})
"""What infra/events.py grants on the project beside the contract's own grants."""


def granted_on_project() -> list[str]:
    """The roles that the program grants on the project, and no other."""
    of_contract = {
        grant.role
        for grants in (*(step.grants for step in STEPS), DEPLOYABLE_GRANTS)
        for grant in grants
        if grant.on is Resource.PROJECT
    }
    return sorted(of_contract | ROLES_OF_CALLERS | {agent_role(service) for service in SERVICE_AGENTS})


def may_grant_only() -> str:
    """The condition under which an administrator of rights is none.

    Source: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles.
    """
    listed = ", ".join(f"'{role}'" for role in granted_on_project())
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"
