"""One trace an episode, across the controller and all steps.

The trace's number is the job's own, so nothing has to be carried from one program to the next: whoever knows the job
knows its trace. Its root span, from arrival to end, is written when the episode has ended; until then the spans of the
steps stand under a parent that is yet to come.

In the cloud spans go to Cloud Trace through its OTLP endpoint; everywhere they go to a collector of one's own where
OpenTelemetry's usual variable names one. Without either they are not even made.

Source: https://cloud.google.com/trace/docs/migrate-to-otlp-endpoints, https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    format_span_id,
    format_trace_id,
)

from shared.identity import NAMESPACE

TRACER: Final = "podcast-automator"
COLLECTOR_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROJECT_VARIABLE: Final = "PODCAST_PROJECT_ID"
BACKEND_VARIABLE: Final = "PODCAST_BACKEND"
LONGEST_SENDING: Final = 5.0
"""Seconds for one batch of spans: a trace is not worth a step's time."""

__all__ = [
    "chosen_ids",
    "configure_tracing",
    "current_span_id",
    "episode_span",
    "failed",
    "format_trace_id",
    "root_span_id_of",
    "trace_id_of",
    "write_again",
    "write_episode",
]


def trace_id_of(job_id: str) -> int:
    """The trace of a job: the 128 bits of its UUID. A name that somebody made up by hand gets 128 bits of its own."""
    try:
        return UUID(job_id).int
    except ValueError:
        return uuid5(NAMESPACE, job_id).int


def root_span_id_of(job_id: str) -> int:
    """The span that all others of the job are under: 64 bits, never zero."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8], "big") | 1


def current_span_id(trace_id: int) -> str | None:
    """The span that is being recorded here and now in this trace; None without one."""
    span = trace.get_current_span()
    context = span.get_span_context()
    return format_span_id(context.span_id) if span.is_recording() and context.trace_id == trace_id else None


@contextmanager
def episode_span(name: str, job_id: str, **attributes: str | int) -> Iterator[Span]:
    """A span in the episode's trace, for the length of the block; an exception that passes marks it as failed."""
    tracer = trace.get_tracer(TRACER)
    with tracer.start_as_current_span(
        name,
        context=_under_root(job_id),
        attributes={"job_id": job_id, **attributes},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except Exception as error:
            # What went wrong stands in the log; its words may hold what a trace should not.
            failed(span, type(error).__name__)
            raise


def failed(span: Span, error_type: str) -> None:
    """Marks the span as failed, by the kind of error alone."""
    span.set_status(Status(StatusCode.ERROR, error_type))


def write_episode(name: str, job_id: str, *, began: datetime, ended: datetime, **attributes: str) -> None:
    """Writes the root span of an episode that has ended. Nothing happens where spans are not made."""
    with _chosen_ids(trace_id_of(job_id), root_span_id_of(job_id)):
        span = trace.get_tracer(TRACER).start_span(
            name,
            context=Context(),
            start_time=_nanoseconds(began),
            attributes={"job_id": job_id, **attributes},
        )
    span.end(_nanoseconds(ended))


def write_again(name: str, job_id: str, *, began: datetime, ended: datetime, **attributes: str) -> None:
    """Writes a span under the root: of the time in which an episode that had ended was taken up again.

    The root is written already, and a trace has one.
    """
    span = trace.get_tracer(TRACER).start_span(
        name,
        context=_under_root(job_id),
        start_time=_nanoseconds(began),
        attributes={"job_id": job_id, **attributes},
    )
    span.end(_nanoseconds(ended))


def _under_root(job_id: str) -> Context:
    parent = SpanContext(
        trace_id=trace_id_of(job_id),
        span_id=root_span_id_of(job_id),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())


_chosen: ContextVar[tuple[int, int] | None] = ContextVar("chosen", default=None)


@contextmanager
def _chosen_ids(trace_id: int, span_id: int) -> Iterator[None]:
    token = _chosen.set((trace_id, span_id))
    try:
        yield
    finally:
        _chosen.reset(token)


def chosen_ids() -> tuple[int, int] | None:
    """The numbers of trace and span that the span which is being started is to bear; None where any will do."""
    return _chosen.get()


def configure_tracing(
    service: str, environment: Mapping[str, str], *, longest: float = LONGEST_SENDING
) -> Callable[[], None]:
    """Has this process make spans, if there is somewhere to send them. Called once, by a program's entry point.

    Args:
        service: what the spans are told to come from, such as `fetch-job`.
        environment: the process's variables.
        longest: seconds that sending one batch may take, retries included.

    Returns:
        A function that sends what is still to be sent; it takes a few seconds at most and never raises.
    """
    # A project may be named on a laptop too, for Vertex: that is no wish to send anything there.
    in_the_cloud = environment.get(BACKEND_VARIABLE) == "cloud"
    project = environment.get(PROJECT_VARIABLE) if in_the_cloud else None
    collector = any(environment.get(name) for name in COLLECTOR_VARIABLES)
    if not project and not collector:
        return _nothing
    from shared.tracing import install  # noqa: PLC0415 - the SDK takes its time to load

    return install(service, project, to_google=not collector, longest=longest)


def _nothing() -> None:
    """What is to be sent where nothing is made."""


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
