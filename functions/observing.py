"""Logs and metrics of the functions: one logger and one set of metrics, and the context that every line carries."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from image_release.problems import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from image_release.hotel import HotelReport
    from image_release.problems import Problem

MOST_LINES = 20
"""So many bad lines of one file are logged; all are counted."""

logger = Logger()
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "ImageRelease"))


def about(*, hotel_id: str | None = None, release_id: str | None = None, request_id: str | None = None) -> None:
    """Put on every line from here on which hotel, release and request it speaks of."""
    found = {"hotel_id": hotel_id, "release_id": release_id, "request_id": request_id}
    logger.append_keys(**{name: value and printable(value) for name, value in found.items()})


def count(name: str, value: float = 1) -> None:
    """Count something."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def tell_bad_lines(problems: Sequence[Problem]) -> None:
    """Count the bad lines of a file, and log the first ones."""
    count("BadLines", len(problems))
    for problem in problems[:MOST_LINES]:
        logger.warning("bad line", extra={"problem": str(problem)})


def hotel_counts(report: HotelReport) -> dict[str, int]:
    """What a dashboard shows of a hotel."""
    written = {"ImagesTagged": report.work.tagged, "RenditionsWritten": report.work.renditions_written}
    if report.status != "processed" or report.manifest is None:
        return {"HotelsUnchanged": 1, **written}
    became = "HotelsWithdrawn" if report.manifest.withdrawn else "HotelsPublished"
    return {became: 1, "PicturesPublished": len(report.manifest.pictures), **written}
