"""Metrics made from log lines, and the lines that are kept out of the logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.naming import Names
from shared.contract import Step
from shared.log_events import MOVED, STEP_CRASHED, STEP_FAILED, STUCK, SWEPT
from shared.models.job import JobState


@dataclass(frozen=True)
class LogMetricsArgs:
    """Whose logs."""

    names: Names
    steps: Sequence[Step]


class LogMetrics(pulumi.ComponentResource):
    """Counters of what the programs say in their logs (shared/log_events.py), and the exclusion of transcripts.

    Does not manage: how long logs are kept. A metric counts from the moment it exists; it sees no older line.
    """

    def __init__(self, name: str, args: LogMetricsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:LogMetrics", name, None, opts)
        self._names = args.names
        controller = _fields(
            {"resource.type": "cloud_run_revision", "resource.labels.service_name": args.names.controller}
        )
        moved = controller + _fields({"jsonPayload.message": MOVED})
        # By their full names: the project may hold other jobs, and other stacks of ours.
        names = " OR ".join(f'"{args.names.job(step)}"' for step in args.steps)
        jobs = ["resource.type = cloud_run_job", f"resource.labels.job_name = ({names})"]
        self.completed = self._counter(
            "episodes-completed",
            "Episodes that were published",
            moved + _fields({"jsonPayload.to": JobState.COMPLETED}),
        )
        self.failed = self._counter(
            "episodes-failed", "Episodes that ended in failure", moved + _fields({"jsonPayload.to": JobState.FAILED})
        )
        self.attempts_failed = self._counter(
            "attempts-failed",
            "Attempts of a step that failed; most are tried again",
            [*jobs, f'jsonPayload.message = ("{STEP_FAILED}" OR "{STEP_CRASHED}")'],
            labels={"step": "EXTRACT(jsonPayload.step)", "error_type": "EXTRACT(jsonPayload.error_type)"},
        )
        self.stuck = self._counter(
            "episodes-stuck",
            "Sweeps that found an episode stuck, one by one",
            controller + _fields({"jsonPayload.message": STUCK}),
        )
        swept = controller + _fields({"jsonPayload.message": SWEPT})
        self.sweeps = self._counter("sweeps", "Rounds of the sweep", swept)
        self.under_way = self._gauge("under-way", "Episodes that wait for no person", swept, "jsonPayload.under_way")
        gcp.logging.ProjectExclusion(
            "no-transcripts",
            name=args.names.of_stack("podcast-no-transcripts"),
            description="A job's stdout is its result, which holds the transcript",
            filter=" AND ".join([*jobs, 'log_id("run.googleapis.com/stdout")']),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _counter(
        self, name: str, description: str, conditions: list[str], labels: dict[str, str] | None = None
    ) -> gcp.logging.Metric:
        return gcp.logging.Metric(
            name,
            name=self._names.of_stack(f"podcast-{name}"),
            description=description,
            filter=" AND ".join(conditions),
            metric_descriptor={
                "metric_kind": "DELTA",
                "value_type": "INT64",
                "unit": "1",
                "labels": [{"key": key, "value_type": "STRING"} for key in labels or {}],
            },
            label_extractors=labels or {},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _gauge(self, name: str, description: str, conditions: list[str], field: str) -> gcp.logging.Metric:
        # A log-based metric that carries a number is a distribution; a gauge is not offered.
        return gcp.logging.Metric(
            name,
            name=self._names.of_stack(f"podcast-{name}"),
            description=description,
            filter=" AND ".join(conditions),
            value_extractor=f"EXTRACT({field})",
            metric_descriptor={"metric_kind": "DELTA", "value_type": "DISTRIBUTION", "unit": "1"},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _fields(values: dict[str, str]) -> list[str]:
    return [f'{field} = "{value}"' for field, value in values.items()]
