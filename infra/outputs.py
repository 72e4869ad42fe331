"""What the stack tells the world about itself: a few outputs for people, one for their tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.buckets import Buckets
from infra.config import StackConfig
from infra.controller_service import ControllerService
from infra.identities import account_roles
from infra.naming import Names
from infra.public_bucket import PublicBucket
from shared.contract import Step
from shared.deployment import DeployedStack


@dataclass(frozen=True)
class OutputsArgs:
    """What the outputs are made from."""

    config: StackConfig
    names: Names
    steps: Sequence[Step]
    buckets: Buckets
    public: PublicBucket
    controller: ControllerService


def export_outputs(args: OutputsArgs) -> None:
    """Declares the outputs. None of them holds a secret."""
    bucket, public_url, controller_url = args.buckets.input.name, args.public.url, args.controller.url
    pulumi.export("input_bucket", bucket)
    pulumi.export("feed_url", pulumi.Output.concat(public_url, "/feed.rss"))
    pulumi.export("site_url", pulumi.Output.concat(public_url, "/index.html"))
    pulumi.export("controller_url", controller_url)
    pulumi.export("upload_command", pulumi.Output.concat("gcloud storage cp EPISODE.mp3 gs://", bucket, "/"))
    pulumi.export(
        "deployed",
        pulumi.Output.all(public_url, controller_url).apply(
            lambda urls: _deployed(args, *urls).model_dump(mode="json")
        ),
    )


def _deployed(args: OutputsArgs, public_url: str, controller_url: str) -> DeployedStack:
    config, names = args.config, args.names
    return DeployedStack(
        stack=names.stack,
        project=names.project,
        region=config.region,
        orchestration=config.orchestration,
        input_bucket=names.input_bucket,
        work_bucket=names.work_bucket,
        public_bucket=names.public_bucket,
        r2_endpoint=args.public.endpoint,
        controller=names.controller,
        controller_url=controller_url,
        feed_url=f"{public_url}/feed.rss",
        site_url=f"{public_url}/index.html",
        public_url=public_url,
        jobs={step.name: names.job(step) for step in args.steps},
        accounts={role: names.e_mail(role) for role in account_roles(args.steps, config.orchestration)},
        r2_keys_secret=names.r2_keys_secret,
        discord_webhook_secret=names.discord_webhook_secret if config.discord_webhook else None,
        ai_model=config.ai_model,
        ai_fallback_model=config.ai_fallback_model,
        ai_location=config.ai_location,
    )
