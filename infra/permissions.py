"""What each identity may do: the contract's grants, each on the single resource that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.buckets import Buckets
from infra.config import StackConfig
from infra.controller_service import ControllerService
from infra.identities import CONTROLLER, Identities
from infra.secret_store import SecretStore
from infra.step_jobs import StepJobs
from infra.step_topics import StepTopics
from shared.contract import Grant, Resource, Step
from shared.deployment import CONTROLLER_GRANTS, DEPLOYABLE_GRANTS


@dataclass(frozen=True)
class PermissionsArgs:
    """Who, and on what."""

    config: StackConfig
    steps: Sequence[Step]
    identities: Identities
    buckets: Buckets
    secrets: SecretStore
    controller: ControllerService
    jobs: StepJobs
    topics: StepTopics | None


class Permissions(pulumi.ComponentResource):
    """Bindings of their own, added to what others granted: nothing here takes a right away from somebody else.

    Does not manage: the rights of the callers (events.py, sweep.py, step_topics.py), each made with its caller.
    """

    def __init__(self, name: str, args: PermissionsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Permissions", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        for step in args.steps:
            for grant in (*step.grants, *DEPLOYABLE_GRANTS):
                self._grant(step.name, args.identities.member(step.name), grant)
        if args.topics:
            self._publishers(args.topics)
        for grant in (*CONTROLLER_GRANTS, *DEPLOYABLE_GRANTS):
            self._grant(CONTROLLER, args.identities.member(CONTROLLER), grant)
        # Gemini reads the pinned source by its URI, as Vertex AI's own agent.
        reads_work = Grant("roles/storage.objectViewer", Resource.WORK_BUCKET)
        self._grant("vertex-agent", args.identities.vertex_agent.member, reads_work)
        for operator in args.config.operators:
            self._grant(operator, operator, Grant("roles/run.invoker", Resource.CONTROLLER))
            self._grant(operator, operator, Grant("roles/storage.objectUser", Resource.INPUT_BUCKET))
            if args.topics:
                self._may_put_dead_letters_back(operator, args.topics)
        self.register_outputs({})

    def _publishers(self, topics: StepTopics) -> None:
        for step, following in zip(self._args.steps, self._args.steps[1:], strict=False):
            gcp.pubsub.TopicIAMMember(
                f"{step.name}-may-publish-to-{following.name}",
                topic=topics.topics[following.name].name,
                role="roles/pubsub.publisher",
                member=self._args.identities.member(step.name),
                opts=self._child,
            )

    def _may_put_dead_letters_back(self, operator: str, topics: StepTopics) -> None:
        self._grant(operator, operator, Grant("roles/pubsub.publisher", Resource.STEP_TOPICS))
        for step, dead in topics.dead_subscriptions.items():
            gcp.pubsub.SubscriptionIAMMember(
                f"{operator}-may-take-dead-{step}",
                subscription=dead.name,
                role="roles/pubsub.subscriber",
                member=operator,
                opts=self._child,
            )

    def _grant(self, who: str, member: pulumi.Input[str], grant: Grant) -> None:
        args = self._args
        name = f"{who}-{grant.role.removeprefix('roles/')}-on-{grant.on.value.replace('_', '-')}"
        match grant.on:
            case Resource.PROJECT:
                gcp.projects.IAMMember(
                    name, project=args.config.project, role=grant.role, member=member, opts=self._child
                )
            case Resource.INPUT_BUCKET | Resource.WORK_BUCKET:
                bucket = args.buckets.input if grant.on is Resource.INPUT_BUCKET else args.buckets.work
                gcp.storage.BucketIAMMember(name, bucket=bucket.name, role=grant.role, member=member, opts=self._child)
            case Resource.R2_KEYS_SECRET | Resource.DISCORD_WEBHOOK_SECRET:
                is_r2 = grant.on is Resource.R2_KEYS_SECRET
                secret = args.secrets.r2_keys if is_r2 else args.secrets.discord_webhook
                gcp.secretmanager.SecretIamMember(
                    name, secret_id=secret.id, role=grant.role, member=member, opts=self._child
                )
            case Resource.CONTROLLER:
                service = args.controller.service
                gcp.cloudrunv2.ServiceIamMember(
                    name,
                    name=service.name,
                    location=service.location,
                    role=grant.role,
                    member=member,
                    opts=self._child,
                )
            case Resource.STEP_JOBS:
                for step, job in args.jobs.jobs.items():
                    gcp.cloudrunv2.JobIamMember(
                        f"{name}-{step}",
                        name=job.name,
                        location=job.location,
                        role=grant.role,
                        member=member,
                        opts=self._child,
                    )
            case Resource.STEP_TOPICS:
                for step, topic in (args.topics.topics if args.topics else {}).items():
                    gcp.pubsub.TopicIAMMember(
                        f"{name}-{step}", topic=topic.name, role=grant.role, member=member, opts=self._child
                    )
