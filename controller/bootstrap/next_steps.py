"""What a person does once the project is prepared, as commands that can be copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.bootstrap import DEPLOY_BRANCH, PREVIEW_STACK, Bootstrapped, BootstrapSettings, Federation

CLOUDFLARE_RIGHTS: Final = (
    "Account API Tokens: Edit, Workers R2 Storage: Edit; with a domain of your own also Zone: Read and DNS: Edit on "
    "its zone"
)
"""What a stack's token must be allowed: https://developers.cloudflare.com/fundamentals/api/reference/permissions."""

PREVIEW_RIGHTS: Final = "Account API Tokens: Read, and nothing else"
ACCOUNT_EXAMPLE: Final = "0123456789abcdef0123456789abcdef"
DEFAULT_REGION: Final = "asia-northeast1"


def next_steps(settings: BootstrapSettings, made: Bootstrapped) -> str:
    """All of it: the first stack, and GitHub where a repository was named."""
    lines = [
        f"{settings.project} is prepared. What comes next:",
        "",
        "The first stack",
        f"  pulumi login {settings.backend}",
        *_stack("dev", settings, made.secrets_provider, CLOUDFLARE_RIGHTS),
        "  pulumi up --stack dev",
    ]
    if made.github:
        lines += [
            "",
            "The stack that pull requests preview: it is never brought up, and its secrets open nothing",
            *_stack(PREVIEW_STACK, settings, made.preview_secrets_provider, PREVIEW_RIGHTS),
            f"  git add Pulumi.dev.yaml Pulumi.{PREVIEW_STACK}.yaml   # secrets in them are encrypted",
            "",
            "GitHub: where workflows come in, and as whom",
            *_variables(settings, made.github),
            "",
            f"GitHub: what is on {DEPLOY_BRANCH} is deployed",
            *_environment("dev", made.github, approved=False),
            "",
            "GitHub: production, once it has a stack of its own; prod waits until YOU approve",
            *_environment("prod", made.github, approved=True),
            f"  gh variable set PROD_STACK --repo {made.github.repository} --body prod",
        ]
    return "\n".join(lines)


def _stack(name: str, settings: BootstrapSettings, provider: str, rights: str) -> Iterator[str]:
    yield f'  pulumi stack init {name} --secrets-provider="{provider}"'
    yield f"  pulumi config set project {settings.project} --stack {name}"
    if settings.region != DEFAULT_REGION:
        yield f"  pulumi config set region {settings.region} --stack {name}"
    yield "  # The 32 digits in the address of Cloudflare's dashboard:"
    yield f"  pulumi config set cloudflare_account_id {ACCOUNT_EXAMPLE} --stack {name}"
    yield f"  # A token of Cloudflare's that is allowed {rights}:"
    yield f"  pulumi config set --secret cloudflare_api_token --stack {name}"


def _variables(settings: BootstrapSettings, github: Federation) -> Iterator[str]:
    values = {
        "GCP_WORKLOAD_IDENTITY_PROVIDER": github.workload_identity_provider,
        "GCP_PREVIEW_SERVICE_ACCOUNT": github.preview_service_account,
        "PULUMI_BACKEND_URL": settings.backend,
        "PREVIEW_STACK": PREVIEW_STACK,
    }
    for name, value in values.items():
        yield f"  gh variable set {name} --repo {github.repository} --body {value}"


def _environment(name: str, github: Federation, *, approved: bool) -> Iterator[str]:
    address = f"repos/{github.repository}/environments/{name}"
    yield f"  gh api --method PUT {address} \\"
    if approved:
        yield "    -F 'reviewers[][type]=User' -F \"reviewers[][id]=$(gh api users/YOU --jq .id)\" \\"
    yield "    -F 'deployment_branch_policy[protected_branches]=false' \\"
    yield "    -F 'deployment_branch_policy[custom_branch_policies]=true'"
    yield f"  gh api --method POST {address}/deployment-branch-policies -f name={DEPLOY_BRANCH}"
    yield (
        f"  gh variable set GCP_DEPLOY_SERVICE_ACCOUNT --env {name} --repo {github.repository} "
        f"--body {github.deploy_service_account}"
    )
