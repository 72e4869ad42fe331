"""The collector of the tests, as OpenTelemetry's own exporter meets it."""

from __future__ import annotations

import pytest
import urllib3
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode, format_span_id, format_trace_id
from support_servers.collector import collector_server


@pytest.fixture
def collector():
    with collector_server() as running:
        yield running


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_arrive_as_they_were_made(collector, compression) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "fetch-job"}))
    exporter = OTLPSpanExporter(endpoint=f"{collector.address}/v1/traces", compression=compression)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("outer") as outer, tracer.start_as_current_span("inner") as inner:
        inner.set_attributes({"step": "fetch", "attempt": 2})
        inner.set_status(Status(StatusCode.ERROR, "NotFound"))
    provider.shutdown()
    found = {each.name: each for each in collector.spans}
    assert found["inner"].parent == found["outer"].span_id == format_span_id(outer.get_span_context().span_id)
    assert {each.trace_id for each in collector.spans} == {format_trace_id(outer.get_span_context().trace_id)}
    assert (found["inner"].service, found["inner"].attributes) == ("fetch-job", {"step": "fetch", "attempt": 2})
    assert (found["inner"].failed, found["outer"].failed, found["outer"].parent) == (True, False, "")
    assert "NotFound" in found["inner"].text


@pytest.mark.parametrize(
    ("content_type", "body", "status"), [("application/json", b"{}", 415), ("application/x-protobuf", b"\xff", 400)]
)
def test_what_is_no_export_is_refused(collector, content_type, body, status) -> None:
    headers = {"Content-Type": content_type}
    answer = urllib3.request("POST", f"{collector.address}/v1/traces", body=body, headers=headers, retries=False)
    assert (answer.status, collector.spans) == (status, [])
