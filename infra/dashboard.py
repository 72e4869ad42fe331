"""Cloud Monitoring's dashboard of the stack."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

from infra.log_metrics import LogMetrics
from infra.naming import Names
from shared.contract import Step

COLUMNS = 48
WIDTH, HEIGHT = 24, 16
"""Of a tile, in the grid of Cloud Monitoring's mosaic layout."""


@dataclass(frozen=True)
class DashboardArgs:
    """What it shows."""

    names: Names
    steps: Sequence[Step]
    metrics: LogMetrics


class Dashboard(pulumi.ComponentResource):
    """Six charts: what is published, what fails, what waits, what runs, what answers.

    Does not manage: the dashboard of the episodes themselves, which is the controller's (`podcast dashboard`).
    """

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Dashboard", name, None, opts)
        metrics, names = args.metrics, args.names
        listed = ", ".join(f'"{names.job(step)}"' for step in args.steps)
        of_jobs = f'resource.type = "cloud_run_job" AND resource.labels.job_name = one_of({listed})'
        of_controller = f'resource.type = "cloud_run_revision" AND resource.labels.service_name = "{names.controller}"'
        own = pulumi.Output.all(
            metrics.completed.name, metrics.failed.name, metrics.under_way.name, metrics.attempts_failed.name
        )
        gcp.monitoring.Dashboard(
            "overview",
            dashboard_json=own.apply(
                lambda found: json.dumps(
                    _mosaic(
                        f"podcast-automator {names.stack}",
                        [
                            _chart("Episodes published", _user(found[0], "cloud_run_revision"), "ALIGN_DELTA"),
                            _chart("Episodes failed", _user(found[1], "cloud_run_revision"), "ALIGN_DELTA"),
                            # The mean is exact; a percentile is guessed from the buckets of a distribution.
                            _chart("Episodes under way", _user(found[2], "cloud_run_revision"), "ALIGN_MEAN"),
                            _chart("Attempts failed", _user(found[3], "cloud_run_job"), "ALIGN_DELTA"),
                            _chart(
                                "Executions",
                                f'metric.type = "run.googleapis.com/job/completed_execution_count" AND {of_jobs}',
                                "ALIGN_DELTA",
                            ),
                            _chart(
                                "Requests to the controller",
                                f'metric.type = "run.googleapis.com/request_count" AND {of_controller}',
                                "ALIGN_RATE",
                            ),
                        ],
                    ),
                    sort_keys=True,
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _user(name: str, resource_type: str) -> str:
    return f'metric.type = "logging.googleapis.com/user/{name}" AND resource.type = "{resource_type}"'


def _chart(title: str, query: str, aligner: str) -> dict[str, Any]:
    aggregation = {"alignmentPeriod": "300s", "perSeriesAligner": aligner}
    return {
        "title": title,
        "xyChart": {
            "dataSets": [
                {
                    "plotType": "LINE",
                    "timeSeriesQuery": {"timeSeriesFilter": {"filter": query, "aggregation": aggregation}},
                }
            ]
        },
    }


def _mosaic(title: str, charts: list[dict[str, Any]]) -> dict[str, Any]:
    across = COLUMNS // WIDTH
    tiles = [
        {
            "xPos": (number % across) * WIDTH,
            "yPos": (number // across) * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "widget": chart,
        }
        for number, chart in enumerate(charts)
    ]
    return {"displayName": title, "mosaicLayout": {"columns": COLUMNS, "tiles": tiles}}
