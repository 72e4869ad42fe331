"""The steps: one Cloud Run Job each, made from the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.controller_service import ControllerService
from infra.environment import Values, variables
from infra.identities import Identities
from infra.images import Images
from infra.naming import Names
from infra.step_topics import StepTopics
from shared.contract import Step, ValueSource
from shared.deployment import JobEnvironment


@dataclass(frozen=True)
class StepJobsArgs:
    """What they run as, and what they are told."""

    config: StackConfig
    names: Names
    steps: Sequence[Step]
    images: Images
    identities: Identities
    controller: ControllerService
    topics: StepTopics | None
    values: Values


class StepJobs(pulumi.ComponentResource):
    """One job a step, with the contract's limits, or the stack's own.

    Does not manage: executions; the controller starts them with their arguments, and it alone owns retries.
    """

    def __init__(self, name: str, args: StepJobsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:StepJobs", name, None, opts)
        following = dict(zip(args.steps, [*args.steps[1:], None], strict=True))
        self.jobs = {step.name: self._job(step, following[step], args) for step in args.steps}
        self.register_outputs({})

    def _job(self, step: Step, following: Step | None, args: StepJobsArgs) -> gcp.cloudrunv2.Job:
        limits = args.config.limits(step)
        values = {
            **args.values,
            ValueSource.SIGNAL_URL: args.controller.signal_url,
            # The last step has no next one: it tells the controller itself.
            ValueSource.SIGNAL_TOPIC: args.topics.path(following) if args.topics and following else None,
        }
        return gcp.cloudrunv2.Job(
            f"job-{step.name}",
            name=args.names.job(step),
            location=args.config.region,
            deletion_protection=False,
            template={
                "task_count": 1,
                "template": {
                    "service_account": args.identities.e_mail(step.name),
                    "timeout": f"{limits.timeout_seconds}s",
                    # A retry is an attempt of its own, with its own number: the orchestrator decides about it.
                    "max_retries": 0,
                    "containers": [
                        {
                            "image": args.images.digest(step.job_name),
                            "envs": [
                                {"name": name, "value": value}
                                for name, value in variables([step.environment, JobEnvironment], values)
                            ],
                            "resources": {"limits": {"cpu": limits.cpu, "memory": limits.memory}},
                        }
                    ],
                },
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
