"""The fields of a log line that Cloud Logging lifts out of its JSON.

Source: https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
"""

from __future__ import annotations

from typing import Final

from structlog.typing import EventDict, Processor, WrappedLogger

from shared.telemetry import current_span_id, format_trace_id, trace_id_of

LABELS: Final = ("job_id", "episode_id", "step")
"""What one can filter by without knowing where in the line it stands; it stays where it stands, too."""
LABELS_FIELD: Final = "logging.googleapis.com/labels"
TRACE_FIELD: Final = "logging.googleapis.com/trace"
SPAN_FIELD: Final = "logging.googleapis.com/spanId"
SAMPLED_FIELD: Final = "logging.googleapis.com/trace_sampled"


def cloud_fields(project: str) -> Processor:
    """Adds labels and the episode's trace to each line that is about a job.

    Args:
        project: the Google Cloud project that the traces are in.
    """

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        labels = {name: str(event[name]) for name in LABELS if event.get(name) is not None}
        if labels:
            event[LABELS_FIELD] = labels
        job_id = labels.get("job_id")
        if job_id is not None:
            trace_id = trace_id_of(job_id)
            event[TRACE_FIELD] = f"projects/{project}/traces/{format_trace_id(trace_id)}"
            event[SAMPLED_FIELD] = True
            span_id = current_span_id(trace_id)
            if span_id is not None:
                event[SPAN_FIELD] = span_id
        return event

    return add
