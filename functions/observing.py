"""Logs and metrics of the functions: one logger and one set of metrics, and the context that every line carries."""

from __future__ import annotations

import os

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from image_release.problems import printable

logger = Logger()
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "ImageRelease"))


def about(*, hotel_id: str | None = None, release_id: str | None = None, request_id: str | None = None) -> None:
    """Put on every line from here on which hotel, release and request it speaks of."""
    found = {"hotel_id": hotel_id, "release_id": release_id, "request_id": request_id}
    logger.append_keys(**{name: value and printable(value) for name, value in found.items()})


def count(name: str, value: float = 1) -> None:
    """Count something."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
