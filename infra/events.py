"""Events: a recording that is whole in the input bucket becomes a request to the controller."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.buckets import Buckets
from infra.config import StackConfig
from infra.controller_service import ControllerService
from infra.identities import TRIGGER, Identities
from infra.naming import Names
from shared.deployment import EVENTS_PATH, TRIGGER_NAME


@dataclass(frozen=True)
class RecordingEventsArgs:
    """From where to where."""

    config: StackConfig
    names: Names
    buckets: Buckets
    identities: Identities
    controller: ControllerService


class RecordingEvents(pulumi.ComponentResource):
    """The Eventarc trigger, its account's rights, and those of the agents that carry the event.

    Does not manage: which objects count; the controller ignores what is no recording. Eventarc delivers at least once
    for 24 hours and has no dead letters of its own: the alert on 5xx answers says when that runs out.
    """

    def __init__(self, name: str, args: RecordingEventsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:RecordingEvents", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        project = args.config.project
        member = args.identities.member(TRIGGER)
        service = args.controller.service
        storage_agent = gcp.storage.get_project_service_account_output(
            project=project, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        grants = [
            gcp.projects.IAMMember(
                "trigger-receives-events",
                project=project,
                role="roles/eventarc.eventReceiver",
                member=member,
                opts=child,
            ),
            gcp.cloudrunv2.ServiceIamMember(
                "trigger-may-invoke-controller",
                name=service.name,
                location=service.location,
                role="roles/run.invoker",
                member=member,
                opts=child,
            ),
            # Cloud Storage's agent publishes the event, and Google has no narrower place to allow that.
            gcp.projects.IAMMember(
                "storage-agent-publishes",
                project=project,
                role="roles/pubsub.publisher",
                member=storage_agent.member,
                opts=child,
            ),
        ]
        gcp.eventarc.Trigger(
            "recordings",
            name=args.names.of_stack(TRIGGER_NAME),
            location=args.config.region,
            matching_criterias=[
                {"attribute": "type", "value": "google.cloud.storage.object.v1.finalized"},
                {"attribute": "bucket", "value": args.buckets.input.name},
            ],
            destination={
                "cloud_run_service": {
                    "service": service.name,
                    "region": service.location,
                    "path": EVENTS_PATH,
                }
            },
            service_account=args.identities.e_mail(TRIGGER),
            # Made too early, the trigger is refused: it checks these rights itself. Pub/Sub's agent makes the tokens
            # of the subscription that the trigger stands on.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.identities.eventarc_agent.able, args.identities.pubsub_agent.able, *grants],
            ),
        )
        self.register_outputs({})
