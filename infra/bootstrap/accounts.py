"""The two accounts that workflows act as: one looks, one deploys. Neither has a key."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.bootstrap.federation import DEPLOY_DOOR, PREVIEW_DOOR, GitHub
from infra.bootstrap.rights import ACCOUNT_PERMISSIONS, DEPLOY_ROLES, PREVIEW_ROLES, may_grant_only
from infra.bootstrap.secret_keys import SecretKeys


@dataclass(frozen=True)
class AccountsArgs:
    """Where, and on what."""

    project: str
    state_bucket: str
    keys: SecretKeys
    github: GitHub


class Accounts(pulumi.ComponentResource):
    """Both accounts, who may act as them, and what they may do.

    Does not manage: rights outside of the project, such as roles/billing.costsManager on a billing account, which a
    stack with a budget needs.
    """

    def __init__(self, name: str, args: AccountsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:bootstrap:Accounts", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.preview = self._account("preview", "podcast-automator: previews pull requests", PREVIEW_DOOR)
        self.deploy = self._account("deploy", "podcast-automator: deploys what is on main", DEPLOY_DOOR)
        for role in PREVIEW_ROLES:
            self._on_project("preview", self.preview, role)
        # A preview takes no lock and writes nothing: it only reads the state.
        self._on_state("preview", self.preview, "roles/storage.objectViewer")
        self._decrypts("preview", self.preview, "previews", args.keys.previews)
        for role in DEPLOY_ROLES:
            self._on_project("deploy", self.deploy, role)
        self._manages_accounts()
        self._grants_what_the_program_grants()
        self._on_state("deploy", self.deploy, "roles/storage.objectUser")
        for key_name, key in (("stacks", args.keys.stacks), ("previews", args.keys.previews)):
            self._decrypts("deploy", self.deploy, key_name, key)
        self.register_outputs({})

    def _account(self, role: str, purpose: str, door: str) -> gcp.serviceaccount.Account:
        account = gcp.serviceaccount.Account(
            f"account-{role}", account_id=f"podcast-ci-{role}", display_name=purpose, opts=self._child
        )
        gcp.serviceaccount.IAMMember(
            f"{role}-door",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=self._args.github.member(door),
            opts=self._child,
        )
        return account

    def _on_project(self, who: str, account: gcp.serviceaccount.Account, role: str) -> None:
        gcp.projects.IAMMember(
            f"{who}-{role.removeprefix('roles/')}",
            project=self._args.project,
            role=role,
            member=account.member,
            opts=self._child,
        )

    def _on_state(self, who: str, account: gcp.serviceaccount.Account, role: str) -> None:
        gcp.storage.BucketIAMMember(
            f"{who}-state", bucket=self._args.state_bucket, role=role, member=account.member, opts=self._child
        )

    def _decrypts(self, who: str, account: gcp.serviceaccount.Account, key_name: str, key: gcp.kms.CryptoKey) -> None:
        # Pulumi asks the key only to open a stack's own data key: whoever runs a stack never encrypts with it.
        gcp.kms.CryptoKeyIAMMember(
            f"{who}-decrypts-{key_name}",
            crypto_key_id=key.id,
            role="roles/cloudkms.cryptoKeyDecrypter",
            member=account.member,
            opts=self._child,
        )

    def _manages_accounts(self) -> None:
        role = gcp.projects.IAMCustomRole(
            "manages-accounts",
            role_id="podcastAccountManager",
            title="podcast-automator: makes service accounts",
            description="Makes, changes and deletes service accounts, without a say in who may act as them.",
            permissions=list(ACCOUNT_PERMISSIONS),
            opts=self._child,
        )
        gcp.projects.IAMMember(
            "deploy-manages-accounts",
            project=self._args.project,
            role=role.name,
            member=self.deploy.member,
            opts=self._child,
        )

    def _grants_what_the_program_grants(self) -> None:
        gcp.projects.IAMMember(
            "deploy-grants-a-few-roles",
            project=self._args.project,
            role="roles/resourcemanager.projectIamAdmin",
            member=self.deploy.member,
            condition={
                "title": "Only the roles that the program grants",
                "expression": may_grant_only(),
            },
            opts=self._child,
        )
