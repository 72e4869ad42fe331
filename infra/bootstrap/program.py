"""All that a project needs once, as a table of contents."""

from __future__ import annotations

from typing import Any

import pulumi
from pydantic import ValidationError

from infra.bootstrap.accounts import Accounts, AccountsArgs
from infra.bootstrap.federation import GitHub, GitHubArgs
from infra.bootstrap.google_project import GoogleProject, GoogleProjectArgs
from infra.bootstrap.secret_keys import SecretKeys, SecretKeysArgs
from shared.bootstrap import Bootstrapped, BootstrapSettings, Federation
from shared.errors import reasons_of


def define(settings: BootstrapSettings) -> None:
    """Declares everything that the project needs."""
    use = GoogleProject("project", GoogleProjectArgs(settings.project, settings.region)).options
    keys = SecretKeys("keys", SecretKeysArgs(settings.region), use)
    github = None
    if settings.repository and settings.repository_id:
        pool = GitHub("github", GitHubArgs(settings.repository, settings.repository_id), use)
        accounts = Accounts("accounts", AccountsArgs(settings.project, settings.bucket, keys, pool), use)
        github = pulumi.Output.all(
            repository=settings.repository,
            repository_id=settings.repository_id,
            workload_identity_provider=pool.provider_name,
            preview_service_account=accounts.preview.email,
            deploy_service_account=accounts.deploy.email,
        )
    made = pulumi.Output.all(keys.stacks.id, keys.previews.id, github)
    pulumi.export("bootstrapped", made.apply(lambda values: _output(*values).model_dump(mode="json")))


def main() -> None:
    """Reads the settings that the command wrote, and declares."""
    config = pulumi.Config()
    given = {name: config.get(name) for name in BootstrapSettings.model_fields}
    try:
        settings = BootstrapSettings.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise pulumi.RunError(f"{reasons_of(error)}. Run: podcast bootstrap --help") from None
    define(settings)


def _output(stacks: str, previews: str, github: dict[str, Any] | None) -> Bootstrapped:
    return Bootstrapped(
        secrets_provider=f"gcpkms://{stacks}",
        preview_secrets_provider=f"gcpkms://{previews}",
        github=Federation.model_validate(github) if github else None,
    )
