"""The service accounts: each is there, is enabled, and lets the operator act as it, so that access can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from controller.stack.doctor.asking import Unanswered
from controller.stack.doctor.google import Google
from controller.stack.doctor.probing import Finding, Probe, fault

CREATOR = "roles/iam.serviceAccountTokenCreator"


@dataclass(frozen=True)
class AccountFacts:
    """What is known of one account."""

    email: str
    exists: bool = True
    disabled: bool = False
    refused: bool = False
    """Whether the operator may not act as it."""


def probes(google: Google, stack: str) -> list[Probe]:
    """One look an account."""
    return [
        Probe(f"Account of {role}", partial(_look, google, role, stack), needs="roles/iam.serviceAccountViewer")
        for role in google.accounts
    ]


def _look(google: Google, role: str, stack: str) -> Finding:
    return account_finding(_facts(google, role), google.project, stack, google.member)


def _facts(google: Google, role: str) -> AccountFacts:
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get."""
    email = google.accounts[role]
    try:
        found = google.operator().get(
            f"look at the account {email}", "iam", f"v1/projects/{google.project}/serviceAccounts/{email}"
        )
    except Unanswered as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return AccountFacts(email, exists=False)
        raise
    if found.get("disabled"):
        return AccountFacts(email, disabled=True)
    try:
        google.acting_as[role]()
    except Unanswered as error:
        if error.status == HTTPStatus.FORBIDDEN and error.reason in (None, "IAM_PERMISSION_DENIED"):
            return AccountFacts(email, refused=True)
        raise
    return AccountFacts(email)


def account_finding(facts: AccountFacts, project: str, stack: str, member: str) -> Finding:
    """Whether programs can run as the account, and the operator act as it."""
    if not facts.exists:
        return fault(f"there is no {facts.email}", f"pulumi up --refresh --stack {stack}")
    if facts.disabled:
        return fault(
            f"{facts.email} is disabled", f"gcloud iam service-accounts enable {facts.email} --project={project}"
        )
    if facts.refused:
        return fault(
            f"you may not act as {facts.email}, so what it may do cannot be tested",
            f"gcloud iam service-accounts add-iam-policy-binding {facts.email} --member={member} --role={CREATOR} "
            f"--project={project}   (believed after some minutes)",
        )
    return Finding(facts.email)
