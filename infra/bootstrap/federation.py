"""GitHub's tokens are exchanged for Google's: for one repository, through two doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from shared.bootstrap import DEPLOY_BRANCH, ENVIRONMENTS

ISSUER: Final = "https://token.actions.githubusercontent.com"
PREVIEW_DOOR: Final = "preview"
DEPLOY_DOOR: Final = "deploy"


@dataclass(frozen=True)
class GitHubArgs:
    """Which repository may come in."""

    repository: str
    repository_id: int


class GitHub(pulumi.ComponentResource):
    """The pool and its one provider. A token of another repository is refused before any account is looked at.

    Does not manage: GitHub's side, its variables and environments (`podcast bootstrap` prints the commands), and what
    whoever comes in may do (accounts.py). Google keeps a deleted pool's name for 30 days.
    """

    def __init__(self, name: str, args: GitHubArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:bootstrap:GitHub", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._pool = gcp.iam.WorkloadIdentityPool(
            "pool",
            workload_identity_pool_id="podcast-github",
            display_name="podcast-automator: GitHub",
            description="Workflows of one repository",
            opts=child,
        )
        provider = gcp.iam.WorkloadIdentityPoolProvider(
            "provider",
            workload_identity_pool_id=self._pool.workload_identity_pool_id,
            workload_identity_pool_provider_id="github-actions",
            display_name="GitHub Actions",
            oidc={"issuer_uri": ISSUER},
            attribute_mapping=attribute_mapping(),
            attribute_condition=attribute_condition(args.repository, args.repository_id),
            opts=child,
        )
        self.provider_name = provider.name
        self.register_outputs({})

    def member(self, door: str) -> pulumi.Output[str]:
        """Whoever comes in through this door, as IAM writes it."""
        return pulumi.Output.concat("principalSet://iam.googleapis.com/", self._pool.name, "/attribute.door/", door)


def attribute_condition(repository: str, repository_id: int) -> str:
    """Which tokens are taken at all.

    By the repository's number, which nobody can take over, and by its name, so that people see which one it is.
    Source: https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines.
    """
    return f"assertion.repository_id == '{repository_id}' && assertion.repository == '{repository}'"


def attribute_mapping() -> dict[str, str]:
    """What Google learns from GitHub's token.

    The subject names the run, so that Google's audit log does; GitHub's own can be longer than the 127 bytes that
    Google takes. `sub` has two forms since June 2026, with and without numbers in it, but both end with the
    environment, whose colons are escaped. Source: https://docs.github.com/en/actions/reference/openid-connect-reference.
    """
    in_an_environment = " || ".join(f"assertion.sub.endsWith(':environment:{each}')" for each in ENVIRONMENTS)
    deploys = (
        f"assertion.event_name == 'push' && assertion.ref == 'refs/heads/{DEPLOY_BRANCH}' && ({in_an_environment})"
    )
    previews = "assertion.event_name == 'pull_request'"
    return {
        "google.subject": "'repository:' + assertion.repository_id + ':run:' + assertion.run_id",
        "attribute.door": f"{deploys} ? '{DEPLOY_DOOR}' : ({previews} ? '{PREVIEW_DOOR}' : 'none')",
    }
