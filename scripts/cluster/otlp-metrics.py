"""Receives the metrics of the policy server (OTLP over gRPC) and writes them as Prometheus names them, after each export.

    python otlp-metrics.py PORT FILE

It takes the place of the OpenTelemetry collector of Kubewarden's chart. The names of metrics and labels of the policy server
are valid in Prometheus, so the collector's exporter does not change them either.
"""

import os
import sys
from concurrent import futures

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as service_grpc


def value(any_value):
    kind = any_value.WhichOneof("value")
    found = getattr(any_value, kind)
    return str(found).lower() if kind == "bool_value" else str(found)


def labels(point, **others):
    pairs = {attribute.key: value(attribute.value) for attribute in point.attributes} | others
    return "{" + ", ".join(f'{key}="{text}"' for key, text in sorted(pairs.items())) + "}"


def lines(metric):
    if metric.HasField("sum"):
        for point in metric.sum.data_points:
            number = point.as_int if point.HasField("as_int") else point.as_double
            yield f"{metric.name}{labels(point)} {number}"
    if metric.HasField("histogram"):
        for point in metric.histogram.data_points:
            total = 0
            bounds = [f"{bound:g}" for bound in point.explicit_bounds] + ["+Inf"]
            for bound, count in zip(bounds, point.bucket_counts):
                total += count
                yield f"{metric.name}_bucket{labels(point, le=bound)} {total}"
            yield f"{metric.name}_sum{labels(point)} {point.sum:g}"
            yield f"{metric.name}_count{labels(point)} {point.count}"


class Receiver(service_grpc.MetricsServiceServicer):
    def __init__(self, file):
        self.file = file

    def Export(self, request, context):
        found = [
            line
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for line in lines(metric)
        ]
        with open(f"{self.file}.new", "w", encoding="utf-8") as output:
            output.write("\n".join(found) + "\n")
        os.replace(f"{self.file}.new", self.file)
        return service.ExportMetricsServiceResponse()


def main():
    port, file = sys.argv[1:]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    service_grpc.add_MetricsServiceServicer_to_server(Receiver(file), server)
    if not server.add_insecure_port(f"127.0.0.1:{port}"):
        sys.exit(f"cannot listen on port {port}")
    server.start()
    server.wait_for_termination()


main()
