"""The project itself: the APIs that must be on before anything can be deployed, and the provider to go through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

PROJECTS_API: Final = "cloudresourcemanager"
"""The provider asks it about the project whenever it has switched an API on, so it comes before the others."""

APIS: Final = (
    "cloudkms",
    "iam",
    "iamcredentials",
    "serviceusage",
    "storage",
    "sts",
)
"""What encrypts, what exchanges GitHub's token, and what a stack needs to switch on the rest."""


@dataclass(frozen=True)
class GoogleProjectArgs:
    """Which project."""

    project: str
    region: str


class GoogleProject(pulumi.ComponentResource):
    """Enables the APIs and holds the provider through which everything else is declared.

    Does not manage: the project, its billing link, the operator's own rights, and the state bucket, in which this
    program's own state lies. APIs stay on when the stack is destroyed.
    """

    def __init__(self, name: str, args: GoogleProjectArgs) -> None:
        super().__init__("podcast:bootstrap:GoogleProject", name)
        first = self._through("google-first", args, pulumi.ResourceOptions(parent=self))
        projects = self._service(PROJECTS_API, first, ())
        services = [projects, *(self._service(api, first, [projects]) for api in APIS)]
        # Whatever is declared through this provider waits until the APIs are on (docs/adr/0105).
        self._google = self._through("google", args, pulumi.ResourceOptions(parent=self, depends_on=services))
        self.register_outputs({})

    def _service(self, api: str, provider: gcp.Provider, after: Sequence[gcp.projects.Service]) -> gcp.projects.Service:
        return gcp.projects.Service(
            f"api-{api}",
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,
            disable_dependent_services=False,
            opts=pulumi.ResourceOptions(parent=self, provider=provider, depends_on=after),
        )

    @property
    def options(self) -> pulumi.ResourceOptions:
        """For a component: its children use this provider."""
        return pulumi.ResourceOptions(providers=[self._google])

    @staticmethod
    def _through(name: str, args: GoogleProjectArgs, options: pulumi.ResourceOptions) -> gcp.Provider:
        return gcp.Provider(
            name,
            project=args.project,
            region=args.region,
            user_project_override=True,
            billing_project=args.project,
            default_labels={"app": "podcast-automator"},
            opts=options,
        )
