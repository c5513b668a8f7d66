"""Export metrics as Prometheus text or over OTLP, and write logs as JSON lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import open_regular, replacing
from pmcmine.release.metrics import Metrics
from pmcmine.text.clean import json_line
from pmcmine.text.redact import hide

_PREFIX: Final = "pmcmine"
_OTLP_SECONDS: Final = 10
_LOOKED_AT: Final = 64  # bytes read of a file that may be from an earlier run


class JsonLines(logging.Formatter):
    """Format each record as one JSON object: time, level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a log record as one JSON line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hide(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = hide(self.formatException(record.exc_info))
        return json_line(line)


def samples(metrics: Metrics) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield (name, labels, value) of every number in `metrics.json`, following Prometheus' naming rules."""
    yield "run_seconds", {}, metrics.seconds
    for step, seconds in metrics.seconds_by_step.items():
        yield "step_seconds", {"step": step}, seconds
    for stage in metrics.stages:
        labels = {"stage": stage.stage, "unit": stage.unit}
        yield "stage_in", labels, float(stage.n_in)
        yield "stage_out", labels, float(stage.n_out)
        yield "stage_rejected", labels, float(stage.rejected)
    for reject in metrics.rejects:
        yield "rejects", {"stage": reject.stage, "unit": reject.unit, "reason": reject.reason}, float(reject.n)
    for what, n in metrics.bytes.items():
        yield "bytes", {"what": what}, float(n)
    for name in ("articles_per_second", "images_per_second", "cpu_seconds", "peak_memory_bytes"):
        value = getattr(metrics, name)
        if value is not None:
            yield name, {}, float(value)


def export(metrics: Metrics, where: str) -> None:
    """Write the metrics as a Prometheus text file (for node_exporter's textfile collector), or send them by OTLP.

    Args:
        metrics: the metrics.
        where: a path, or `http://HOST:4318`.

    Raises:
        PmcmineError: one line, if they can't be written or sent.
    """
    if where.startswith(("http://", "https://")):
        _send(metrics, where)
    else:
        _write(metrics, Path(where))


def check_ours(path: Path) -> None:
    """Check that a metrics file would not replace another file.

    Raises:
        PmcmineError: if a file exists that holds no metrics of an earlier run.
    """
    if not path.exists():
        return
    try:
        with open_regular(path) as stream:
            data = stream.read(_LOOKED_AT)
    except OSError as error:
        raise PmcmineError(f"--metrics {path}: can't be read ({error.strerror or error})") from None
    if data and not data.startswith(f"# HELP {_PREFIX}_".encode()):
        raise PmcmineError(f"--metrics {path}: exists and contains no metrics of an earlier run; give another name")


def _write(metrics: Metrics, path: Path) -> None:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for name, labels, value in samples(metrics):
        if name not in gauges:
            gauges[name] = Gauge(f"{_PREFIX}_{name}", _said(name), list(labels), registry=registry)
        (gauges[name].labels(**labels) if labels else gauges[name]).set(value)
    check_ours(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(generate_latest(registry))
    except OSError as error:
        raise PmcmineError(f"--metrics {path}: can't write ({error.strerror or error})") from None


def _send(metrics: Metrics, address: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource

    endpoint = address.rstrip("/")
    endpoint = endpoint if endpoint.endswith("/v1/metrics") else f"{endpoint}/v1/metrics"
    problems: list[str] = []

    class Exporter(OTLPMetricExporter):
        """Record whether the export succeeded."""

        def export(self, *args: Any, **kwargs: Any) -> Any:
            result = super().export(*args, **kwargs)
            if result is not MetricExportResult.SUCCESS:
                problems.append(str(result))
            return result

    reader = PeriodicExportingMetricReader(
        Exporter(endpoint=endpoint, timeout=_OTLP_SECONDS), export_interval_millis=float("inf")
    )
    provider = MeterProvider([reader], Resource.create({"service.name": _PREFIX}))
    meter = provider.get_meter(_PREFIX)
    gauges: dict[str, Any] = {}
    for name, labels, value in samples(metrics):
        if name not in gauges:
            gauges[name] = meter.create_gauge(f"{_PREFIX}.{name}", description=_said(name))
        gauges[name].set(value, labels)
    provider.force_flush(_OTLP_SECONDS * 1000)
    provider.shutdown()
    if problems:
        raise PmcmineError(
            f"--metrics {address}: the collector accepted no metrics; is it running, and does it speak OTLP/HTTP?"
        )


def _said(name: str) -> str:
    return {
        "run_seconds": "Seconds of the whole run.",
        "step_seconds": "Seconds of a step.",
        "stage_in": "What came into a stage.",
        "stage_out": "What went out of a stage.",
        "stage_rejected": "What a stage rejected.",
        "rejects": "Rejects by reason.",
        "bytes": "Bytes read and written.",
        "articles_per_second": "Articles mined a second.",
        "images_per_second": "Images read a second.",
        "cpu_seconds": "Core-seconds of this process and its children.",
        "peak_memory_bytes": "Peak resident memory of this process.",
    }[name]
