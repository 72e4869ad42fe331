"""The images: one a deployable, from one Dockerfile, pinned by the digest that was pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.naming import Names
from shared.contract import Step

CONTROLLER = "controller"

KEEP_UNTAGGED_SECONDS = 90 * 24 * 3600
KEEP_VERSIONS = 50
"""Of each image, whatever their age. The stack's tag moves to an image when it is pushed, before anything runs it:
where deployments fail, what runs has lost its tag, and is kept by being among these (docs/adr/0204)."""


@dataclass(frozen=True)
class ImagesArgs:
    """What is built from where."""

    config: StackConfig
    names: Names
    steps: Sequence[Step]
    context: str
    """The project's folder, as seen from the folder in which Pulumi runs the program: the same on every machine, or
    each machine would rebuild."""


class Images(pulumi.ComponentResource):
    """The repository, and an image for the controller and for each step.

    Does not manage: the Docker daemon and its builder. A preview builds nothing and needs no daemon.
    """

    def __init__(self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Images", name, None, opts)
        config, names = args.config, args.names
        server = f"{config.region}-docker.pkg.dev"
        repository = gcp.artifactregistry.Repository(
            "repository",
            repository_id=names.repository,
            format="DOCKER",
            location=config.region,
            description="Images of podcast-automator",
            # What was pushed last carries the stack's tag; what runs is that, or one of the newest.
            cleanup_policies=[
                {
                    "id": "delete-old-untagged",
                    "action": "DELETE",
                    "condition": {"tag_state": "UNTAGGED", "older_than": f"{KEEP_UNTAGGED_SECONDS}s"},
                },
                {"id": "keep-recent", "action": "KEEP", "most_recent_versions": {"keep_count": KEEP_VERSIONS}},
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        client = gcp.organizations.get_client_config_output(opts=pulumi.InvokeOutputOptions(parent=self))
        registry = docker.RegistryArgs(
            server=server,
            username="oauth2accesstoken",
            # Changes with every run; the provider takes that for no change.
            password=pulumi.Output.secret(client.access_token),
        )
        self._images = {
            target: docker.Image(
                f"image-{target}",
                image_name=pulumi.Output.concat(
                    server, "/", config.project, "/", repository.repository_id, "/", target, ":", config.stack
                ),
                build=docker.DockerBuildArgs(
                    context=args.context,
                    dockerfile=f"{args.context}/Dockerfile",
                    target=target,
                    platform="linux/amd64",
                    builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
                    args={"BASE": config.base_image} if config.base_image else {},
                ),
                registry=registry,
                build_on_preview=False,
                skip_push=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for target in (CONTROLLER, *(step.job_name for step in args.steps))
        }
        self.register_outputs({})

    def digest(self, target: str) -> pulumi.Output[str]:
        """The image by its digest: a name and tag would stay the same when the image changes."""
        return self._images[target].repo_digest
