"""The sweep: every minute the controller goes over all open episodes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.controller_service import ControllerService
from infra.identities import SCHEDULER, Identities
from infra.naming import Names
from shared.deployment import SWEEP_NAME, SWEEP_PATH


@dataclass(frozen=True)
class SweepArgs:
    """Whom to call, as whom."""

    config: StackConfig
    names: Names
    identities: Identities
    controller: ControllerService


class Sweep(pulumi.ComponentResource):
    """The Cloud Scheduler job and its account's right to call the controller.

    Does not manage: retries; the next minute is the retry.
    """

    def __init__(self, name: str, args: SweepArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Sweep", name, None, opts)
        service = args.controller.service
        invoker = gcp.cloudrunv2.ServiceIamMember(
            "scheduler-may-invoke-controller",
            name=service.name,
            location=service.location,
            role="roles/run.invoker",
            member=args.identities.member(SCHEDULER),
            opts=pulumi.ResourceOptions(parent=self),
        )
        gcp.cloudscheduler.Job(
            "sweep",
            name=args.names.of_stack(SWEEP_NAME),
            region=args.config.region,
            description="Has the podcast controller go over all open episodes",
            schedule="* * * * *",
            time_zone="Etc/UTC",
            attempt_deadline="180s",
            retry_config={"retry_count": 0},
            http_target={
                "uri": pulumi.Output.concat(args.controller.url, SWEEP_PATH),
                "http_method": "POST",
                "oidc_token": {
                    "service_account_email": args.identities.e_mail(SCHEDULER),
                    "audience": args.controller.url,
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[invoker]),
        )
        self.register_outputs({})
