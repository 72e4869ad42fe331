"""Alerts, each named after what it watches, and the people they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.config import StackConfig
from infra.log_metrics import LogMetrics
from infra.naming import Names
from infra.step_topics import StepTopics
from shared.contract import Step
from shared.deployment import SWEEP_NAME, podcast_command

MINUTE = 60
HOUR = 60 * MINUTE

Condition = gcp.monitoring.AlertPolicyConditionArgsDict

LOST_SWEEPS = 5
"""Within ten minutes, in which ten are due: one that Cloud Run answered with an error is no alarm."""


@dataclass(frozen=True)
class AlertsArgs:
    """What there is to watch, and whom to tell."""

    config: StackConfig
    names: Names
    steps: Sequence[Step]
    metrics: LogMetrics
    topics: StepTopics | None


class Alerts(pulumi.ComponentResource):
    """Alert policies and their e-mail channels.

    Does not manage: Discord, which hears of each episode from notify-job. An alert on a metric from the logs is
    refused until Cloud Monitoring knows the metric, up to ten minutes on a new stack: run `pulumi up` again then.
    """

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Alerts", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._stack = args.names.stack
        self.channels = [
            gcp.monitoring.NotificationChannel(
                f"e-mail-{address}",
                type="email",
                display_name=f"podcast-automator {args.names.stack}: {address}",
                labels={"email_address": address},
                opts=self._child,
            )
            for address in args.config.notification_emails
        ]
        jobs = ", ".join(f'"{args.names.job(step)}"' for step in args.steps)
        failed_executions = (
            'metric.type = "run.googleapis.com/job/completed_execution_count" AND metric.labels.result = "failed" AND '
            f'resource.type = "cloud_run_job" AND resource.labels.job_name = one_of({jobs})'
        )
        sweep = args.names.of_stack(SWEEP_NAME)
        lost_sweeps = (
            'metric.type = "logging.googleapis.com/log_entry_count" AND metric.labels.severity = "ERROR" AND '
            f'resource.type = "cloud_scheduler_job" AND resource.labels.job_id = "{sweep}"'
        )
        self._alert(
            "failed-executions",
            "An execution of a step failed",
            "It is tried again. If it goes on, read the execution's log; `podcast doctor` names the setting.",
            _above(0, failed_executions, over=5 * MINUTE),
        )
        self._alert(
            "failed-episodes",
            "An episode failed for good",
            f"Discord and the dashboard say why; `{podcast_command('retry JOB', args.names.stack)}` goes on from the "
            "step that failed.",
            _above(0, _metric(args.metrics.failed, "cloud_run_revision"), over=5 * MINUTE),
        )
        self._alert(
            "nothing-completes",
            "An episode is stuck: it waits for no person, and did not move for longer than its step may take",
            "The controller's log says which (`stuck`). Look at it on the dashboard: "
            + podcast_command("dashboard", args.names.stack),
            _above(0, _metric(args.metrics.stuck, "cloud_run_revision"), over=5 * MINUTE),
        )
        # Absence is noticed only of what was there once: before the first sweep only the scheduler knows.
        self._alert(
            "sweep-not-running",
            "The sweep does not run",
            f"Look at the Cloud Scheduler job {sweep} and at the controller's log.",
            _absent(_metric(args.metrics.sweeps, "cloud_run_revision"), 10 * MINUTE),
            _above(LOST_SWEEPS, lost_sweeps, over=10 * MINUTE),
        )
        self._alert(
            "controller-5xx",
            "The controller answers 5xx",
            "Events come again for 24 hours and are lost then. Read the controller's log.",
            _above(
                0,
                'metric.type = "run.googleapis.com/request_count" AND metric.labels.response_code_class = "5xx" AND '
                f'resource.type = "cloud_run_revision" AND resource.labels.service_name = "{args.names.controller}"',
                over=5 * MINUTE,
            ),
        )
        if args.topics:
            self._dead_letters(args.topics)
        self.register_outputs({})

    def _dead_letters(self, topics: StepTopics) -> None:
        names = pulumi.Output.all(*(kept.name for kept in topics.dead_subscriptions.values()))
        unread = pulumi.Output.concat(
            'metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND '
            'resource.type = "pubsub_subscription" AND resource.labels.subscription_id = one_of(',
            names.apply(lambda found: ", ".join(f'"{name}"' for name in sorted(found))),
            ")",
        )
        self._alert(
            "dead-letters",
            "A message could not be delivered",
            "The sweep moves its episode anyway; `podcast dead-letters` lists them and puts them back.",
            _above(0, unread, over=5 * MINUTE, aligner="ALIGN_MAX"),
        )

    def _alert(self, name: str, title: str, advice: str, *conditions: Condition) -> None:
        gcp.monitoring.AlertPolicy(
            name,
            display_name=f"podcast-automator {self._stack}: {name}",
            combiner="OR",
            conditions=list(conditions),
            documentation={"content": f"{title}. {advice}", "mime_type": "text/markdown"},
            notification_channels=[channel.name for channel in self.channels],
            alert_strategy={"auto_close": f"{24 * HOUR}s"},
            opts=self._child,
        )


def _metric(metric: gcp.logging.Metric, resource_type: str) -> pulumi.Output[str]:
    # The metric's own name, so that the alert waits for it.
    return pulumi.Output.concat(
        'metric.type = "logging.googleapis.com/user/', metric.name, f'" AND resource.type = "{resource_type}"'
    )


def _above(limit: int, query: pulumi.Input[str], *, over: int, aligner: str = "ALIGN_DELTA") -> Condition:
    return {
        "display_name": f"above {limit}",
        "condition_threshold": {
            "filter": query,
            "comparison": "COMPARISON_GT",
            "threshold_value": limit,
            "duration": "0s",
            "aggregations": [{"alignment_period": f"{over}s", "per_series_aligner": aligner}],
        },
    }


def _absent(query: pulumi.Input[str], seconds: int) -> Condition:
    return {
        "display_name": f"absent for {seconds // MINUTE} minutes",
        "condition_absent": {
            "filter": query,
            "duration": f"{seconds}s",
            "aggregations": [
                {
                    "alignment_period": f"{5 * MINUTE}s",
                    "per_series_aligner": "ALIGN_DELTA",
                    # A series belongs to one revision: those of the last one end with every deployment.
                    "cross_series_reducer": "REDUCE_SUM",
                    "group_by_fields": ["resource.label.service_name"],
                }
            ],
        },
    }
