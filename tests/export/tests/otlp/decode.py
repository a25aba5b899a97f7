"""Reads requests of OTLP with OpenTelemetry's own messages, and writes what is in them as JSON: one list of points, or of spans."""

import gzip
import json
import sys

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(pairs):
    keys = [pair.key for pair in pairs]
    assert len(keys) == len(set(keys)), f"an attribute is there twice: {keys}"
    return {pair.key: value(pair.value) for pair in pairs}


def read(path, message):
    with open(path, "rb") as file:
        body = file.read()
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    message.ParseFromString(body)
    unknown = message.SerializeToString(deterministic=True)
    again = type(message)()
    again.ParseFromString(unknown)
    assert again == message
    return message


def quantile(point, share):
    """As receivers estimate it: the geometric middle of the bucket."""
    base = 2 ** (2 ** -point.scale)
    rank, seen = max(1, -(-share * point.count // 1)), point.zero_count
    for at, count in enumerate(point.positive.bucket_counts):
        seen += count
        if seen >= rank:
            return base ** (point.positive.offset + at + 0.5)
    return 0.0


def points(metric):
    kind = metric.WhichOneof("data")
    data = getattr(metric, kind)
    for point in data.data_points:
        told = {
            "name": metric.name,
            "unit": metric.unit,
            "description": metric.description,
            "kind": kind,
            "temporality": getattr(data, "aggregation_temporality", 0),
            "monotonic": getattr(data, "is_monotonic", False),
            "attributes": attributes(point.attributes),
            "start": point.start_time_unix_nano,
            "time": point.time_unix_nano,
        }
        if kind == "exponential_histogram":
            counts = list(point.positive.bucket_counts)
            assert sum(counts) + point.zero_count == point.count, "a histogram's count is that of its buckets"
            assert not point.negative.bucket_counts
            told.update(count=point.count, sum=point.sum, min=point.min, max=point.max, scale=point.scale)
            told.update(quantiles=[quantile(point, share) for share in (0.5, 0.9, 0.95, 0.99, 1.0)])
            told.update(buckets={point.positive.offset + at: count for at, count in enumerate(counts) if count})
        else:
            told["value"] = getattr(point, point.WhichOneof("value"))
        yield told


def metrics(path):
    for resource in read(path, ExportMetricsServiceRequest()).resource_metrics:
        about = attributes(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in points(metric):
                    yield {"resource": about, "scope": scope.scope.name, **point}


def spans(path):
    for resource in read(path, ExportTraceServiceRequest()).resource_spans:
        about = attributes(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "resource": about,
                    "trace_id": span.trace_id.hex(),
                    "span_id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "name": span.name,
                    "kind": span.kind,
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "attributes": attributes(span.attributes),
                    "status": span.status.code,
                    "message": span.status.message,
                }


kind, *paths = sys.argv[1:]
json.dump([item for path in paths for item in {"metrics": metrics, "spans": spans}[kind](path)], sys.stdout)
