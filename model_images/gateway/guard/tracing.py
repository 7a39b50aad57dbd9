"""Traces without content: which guards a request met, how long each took, how it ended. Spans are lines on stdout.

The gateway opens no connection for them: the cluster's collector reads the lines, as it reads Envoy's. A caller's
`traceparent` is followed, so that its own traces go on here (w3.org/TR/trace-context).
"""

import json
import sys
import time
from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused

SHARE = 0.05
"""Of requests whose caller does not trace them."""


class Lines(SpanExporter):
    """One line of JSON for each span."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write them."""
        for span in spans:
            context = span.get_span_context()
            told = {
                "trace": f"{context.trace_id:032x}" if context else "",
                "span": f"{context.span_id:016x}" if context else "",
                "parent": f"{span.parent.span_id:016x}" if span.parent else "",
                "name": span.name,
                "begin": span.start_time,
                "end": span.end_time,
                "attributes": dict(span.attributes or {}),
                "events": {event.name: dict(event.attributes or {}) for event in span.events},
            }
            sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        return SpanExportResult.SUCCESS


class Tracing:
    """The tracer of one gateway."""

    def __init__(self, exporter: SpanExporter | None = None, *, share: float = SHARE) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "bailiwick-gateway"}), sampler=ParentBasedTraceIdRatio(share)
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter or Lines()))
        self._tracer = self._provider.get_tracer("bailiwick.gateway")
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, exchange: Exchange, headers: dict[str, str]) -> Span:
        """A request's span. Only `traceparent` is read: `tracestate` could hold anything."""
        told = headers.get("traceparent")
        parent = self._propagator.extract({"traceparent": told}) if told else None
        return self._tracer.start_span(f"gateway {exchange.endpoint.name}", parent, SpanKind.SERVER)

    def end(self, span: Span, exchange: Exchange, status: int, refused: Refused | None) -> None:
        """Say what became of it: names of the settings, codes and counts."""
        if span.is_recording():
            caller, route = exchange.caller, exchange.route
            span.set_attribute("bailiwick.use_case", caller.use_case if caller else "")
            span.set_attribute("bailiwick.variant", route.variant if route else "")
            span.set_attribute("http.response.status_code", status)
            span.set_attribute("bailiwick.identifiers", sum(exchange.found.values()))
            now = time.time_ns()
            for guard, spent in exchange.timings.items():
                span.add_event(guard, {"milliseconds": round(spent, 3)}, now)
            if refused is not None:
                span.set_status(Status(StatusCode.ERROR, refused.code))
                span.set_attribute("error.type", refused.code)
        span.end()

    def close(self) -> None:
        """Write what waits."""
        self._provider.shutdown()
