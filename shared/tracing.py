"""The SDK behind shared/telemetry.py: where span numbers come from, and where spans go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from shared.logger import get_logger
from shared.telemetry import chosen_ids

GOOGLE: Final = "https://telemetry.googleapis.com/v1/traces"
SCOPE: Final = "https://www.googleapis.com/auth/trace.append"


class ChosenIds(RandomIdGenerator):
    """Random numbers, except where a root span's own were chosen."""

    def generate_trace_id(self) -> int:
        """128 bits."""
        chosen = chosen_ids()
        return chosen[0] if chosen else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """64 bits."""
        chosen = chosen_ids()
        return chosen[1] if chosen else super().generate_span_id()


def install(service: str, project: str | None, *, to_google: bool, longest: float) -> Callable[[], None]:
    """Makes spans from now on and returns what sends the rest of them."""
    exporter = _to_google(longest) if to_google else OTLPSpanExporter(timeout=longest)
    if exporter is None:
        return lambda: None
    resource = Resource.create({"service.name": service, **({"gcp.project_id": project} if project else {})})
    provider = TracerProvider(resource=resource, id_generator=ChosenIds())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    def flush() -> None:
        if not provider.force_flush(int(longest * 1000)):
            get_logger().warning("not all spans could be sent")

    return flush


def _to_google(longest: float) -> SpanExporter | None:
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except GoogleAuthError as error:
        get_logger().warning("no traces: there are no Google credentials here", reason=type(error).__name__)
        return None
    return OTLPSpanExporter(endpoint=GOOGLE, session=AuthorizedSession(credentials), timeout=longest)
