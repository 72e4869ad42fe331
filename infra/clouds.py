"""The three clouds, spoken to through explicit providers, and the Google APIs that must be on first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_cloudflare as cloudflare
import pulumi_docker as docker
import pulumi_gcp as gcp

from infra.config import StackConfig
from shared.deployment import GOOGLE_APIS


@dataclass(frozen=True)
class CloudsArgs:
    """Whose project and account."""

    config: StackConfig
    apis: Sequence[str] = GOOGLE_APIS


class Clouds(pulumi.ComponentResource):
    """Enables the APIs and holds the providers through which everything else is declared.

    Does not manage: the project itself, its billing link and the operator's own rights. APIs stay on when the stack is
    destroyed: other things in the project may use them.
    """

    def __init__(self, name: str, args: CloudsArgs) -> None:
        super().__init__("podcast:infra:Clouds", name)
        config = args.config
        child = pulumi.ResourceOptions(parent=self)
        self.first = self._google("google-first", config, child)
        apis = [*args.apis, *(["billingbudgets"] if config.billing_account else [])]
        self.services = [
            gcp.projects.Service(
                f"api-{api}",
                service=f"{api}.googleapis.com",
                disable_on_destroy=False,
                disable_dependent_services=False,
                opts=pulumi.ResourceOptions(parent=self, provider=self.first),
            )
            for api in apis
        ]
        # Whatever is declared through this provider waits until the APIs are on.
        after = pulumi.ResourceOptions(parent=self, depends_on=self.services)
        self.google = self._google("google", config, after)
        token = config.cloudflare_api_token
        self.cloudflare = cloudflare.Provider(
            "cloudflare", api_token=pulumi.Output.secret(token.get_secret_value()) if token else None, opts=child
        )
        # Without this even a preview would look for a daemon; a build still needs one.
        self.docker = docker.Provider("docker", disable_docker_daemon_check=True, opts=child)
        self.register_outputs({})

    @property
    def options(self) -> pulumi.ResourceOptions:
        """For a component: its children use these providers."""
        return pulumi.ResourceOptions(providers=[self.google, self.cloudflare, self.docker])

    @staticmethod
    def _google(name: str, config: StackConfig, options: pulumi.ResourceOptions) -> gcp.Provider:
        return gcp.Provider(
            name,
            project=config.project,
            region=config.region,
            # Otherwise calls with an operator's own credentials count against no project, and some APIs refuse them.
            user_project_override=True,
            billing_project=config.project,
            default_labels={"app": "podcast-automator", "stack": config.stack},
            opts=options,
        )
