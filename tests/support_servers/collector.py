"""An OTLP collector: takes spans as protobuf over HTTP and keeps them (https://opentelemetry.io/docs/specs/otlp/)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import decompress
from typing import Any

from flask import Flask, Response, request
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from support_servers.faults import Faults, serving


@dataclass(frozen=True)
class Recorded:
    """One span as it arrived."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    attributes: dict[str, Any]
    failed: bool
    seconds: float
    text: str


@dataclass
class Collector:
    spans: list[Recorded] = field(default_factory=list)
    address: str = ""
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        app.post("/v1/traces")(self._take)
        self.faults = Faults(app)

    @property
    def environment(self) -> dict[str, str]:
        """What makes OpenTelemetry in another process send its spans here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.address}

    def _take(self) -> Response:
        if request.content_type != "application/x-protobuf":
            return Response(status=415)
        body = request.get_data()
        if request.headers.get("Content-Encoding") == "gzip":
            body = decompress(body)
        try:
            exported = ExportTraceServiceRequest.FromString(body)
        except DecodeError:
            return Response(status=400)
        for resource in exported.resource_spans:
            service = next(
                each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
            )
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                attributes = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
                self.spans.append(
                    Recorded(
                        service=service,
                        name=span.name,
                        trace_id=span.trace_id.hex(),
                        span_id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        attributes=attributes,
                        failed=span.status.code == 2,
                        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                        text=str(span),
                    )
                )
        return Response(ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf")


@contextmanager
def collector_server() -> Iterator[Collector]:
    collector = Collector()
    with serving(collector.faults) as address:
        collector.address = address
        yield collector
