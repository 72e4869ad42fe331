"""Topics, with `orchestration: pubsub`: a message on a step's topic has the controller start that step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.controller_service import ControllerService
from infra.identities import PUSH, Identities
from infra.naming import Names
from shared.contract import Step
from shared.deployment import dead_letter_name

MOST_DELIVERIES = 5
DAY = 24 * 3600


@dataclass(frozen=True)
class StepTopicsArgs:
    """For which steps, and to whom messages go."""

    names: Names
    steps: Sequence[Step]
    identities: Identities
    controller: ControllerService


class StepTopics(pulumi.ComponentResource):
    """A topic a step, its push subscription, and behind it a topic for what could not be delivered.

    Does not manage: who publishes (permissions.py), and what becomes of dead letters: they are an alarm, and
    `podcast dead-letters` puts them back.
    """

    def __init__(self, name: str, args: StepTopicsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:StepTopics", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        invoker = gcp.cloudrunv2.ServiceIamMember(
            "push-may-invoke-controller",
            name=args.controller.service.name,
            location=args.controller.service.location,
            role="roles/run.invoker",
            member=args.identities.member(PUSH),
            opts=child,
        )
        self.topics: dict[str, gcp.pubsub.Topic] = {}
        self.dead_subscriptions: dict[str, gcp.pubsub.Subscription] = {}
        for step in args.steps:
            self._step(step, args, invoker)
        self.register_outputs({})

    def path(self, step: Step) -> pulumi.Output[str]:
        """The topic's full name: projects/PROJECT/topics/NAME."""
        return self.topics[step.name].id

    def _step(self, step: Step, args: StepTopicsArgs, invoker: pulumi.Resource) -> None:
        child = pulumi.ResourceOptions(parent=self)
        topic_name = args.names.job(step)
        topic = gcp.pubsub.Topic(f"topic-{step.name}", name=topic_name, opts=child)
        dead = gcp.pubsub.Topic(f"dead-{step.name}", name=dead_letter_name(topic_name), opts=child)
        agent = args.identities.pubsub_agent.member
        to_dead = gcp.pubsub.TopicIAMMember(
            f"agent-may-bury-{step.name}", topic=dead.name, role="roles/pubsub.publisher", member=agent, opts=child
        )
        # Without a subscription a dead letter is lost at once.
        kept = gcp.pubsub.Subscription(
            f"dead-{step.name}-kept",
            name=dead_letter_name(topic_name),
            topic=dead.id,
            message_retention_duration=f"{7 * DAY}s",
            expiration_policy={"ttl": ""},
            opts=child,
        )
        push = gcp.pubsub.Subscription(
            f"push-{step.name}",
            name=f"{topic_name}-push",
            topic=topic.id,
            ack_deadline_seconds=60,
            message_retention_duration=f"{DAY}s",
            expiration_policy={"ttl": ""},
            push_config={
                "push_endpoint": args.controller.signal_url,
                # The body is the signal itself, as a job would post it.
                "no_wrapper": {"write_metadata": True},
                "oidc_token": {
                    "service_account_email": args.identities.e_mail(PUSH),
                    "audience": args.controller.url,
                },
            },
            retry_policy={"minimum_backoff": "10s", "maximum_backoff": "600s"},
            dead_letter_policy={"dead_letter_topic": dead.id, "max_delivery_attempts": MOST_DELIVERIES},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[invoker, to_dead, args.identities.pubsub_agent.able]),
        )
        gcp.pubsub.SubscriptionIAMMember(
            f"agent-may-take-{step.name}",
            subscription=push.name,
            role="roles/pubsub.subscriber",
            member=agent,
            opts=child,
        )
        self.topics[step.name] = topic
        self.dead_subscriptions[step.name] = kept
