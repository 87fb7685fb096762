"""Logs and metrics of the functions: one logger, one set of metrics, and the context of every log line."""

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

MAX_LOGGED_LINES = 20
"""Maximum number of bad lines of one file that are logged. All are counted."""

logger = Logger()
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "ImageRelease"))


def set_log_context(
    *, hotel_id: str | None = None, release_id: str | None = None, request_id: str | None = None
) -> None:
    """Add the hotel, the release and the request to every later log line; None removes what was set."""
    found = {"hotel_id": hotel_id, "release_id": release_id, "request_id": request_id}
    logger.append_keys(**{name: value and printable(value) for name, value in found.items()})


def count(name: str, value: float = 1) -> None:
    """Add to a metric."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def log_bad_lines(problems: Sequence[Problem]) -> None:
    """Count all bad lines of a file, and log the first ones."""
    count("BadLines", len(problems))
    for problem in problems[:MAX_LOGGED_LINES]:
        logger.warning("bad line", extra={"problem": str(problem)})


def hotel_counts(report: HotelReport) -> dict[str, int]:
    """Return the metrics of one processed hotel: name -> value."""
    google = sum(images for by, images in report.work.tagged_by.items() if by.startswith("google-"))
    written = {
        "ImagesTagged": report.work.tagged,
        "ImagesTaggedByGoogle": google,
        "RenditionsWritten": report.work.renditions_written,
    }
    if report.status != "processed" or report.manifest is None:
        return {"HotelsUnchanged": 1, **written}
    became = "HotelsWithdrawn" if report.manifest.withdrawn else "HotelsPublished"
    return {became: 1, "PicturesPublished": len(report.manifest.pictures), **written}
