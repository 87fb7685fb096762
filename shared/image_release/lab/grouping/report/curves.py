"""Which curves the report draws: the history of each measure, and the sweep's methods against each other."""

from __future__ import annotations

from collections.abc import Sequence

from image_release.lab.grouping.report.drawing import Chart, Series, chart
from image_release.lab.grouping.report.history import Run
from image_release.lab.grouping.sweep import Curve, Point, Sweep

HISTORY = ("purity", "completeness", "duplicates", "lost", "best_right")
LAST_RUNS = 60
"""Runs that are drawn; the file keeps them all."""
SMALL = (250, 70)
LARGE = (760, 380)
MIDDLE = (360, 190)
LEAST_PURITY = 0.8
"""The trade-off below it interests nobody."""
PANEL = ("purity", "completeness", "duplicates", "lost")


def history_charts(runs: Sequence[Run]) -> list[Chart]:
    """A small curve a measure, the newest run stressed, and one of the cost."""
    last = list(runs)[-LAST_RUNS:]
    charts = []
    for name in HISTORY:
        points = [(number, run.measures.get(name), run) for number, run in enumerate(last)]
        charts.append(
            _small(name, [(float(x), value, _said(run, value)) for x, value, run in points if value is not None])
        )
    costs = [(float(number), sum(_stages(run)), run) for number, run in enumerate(last)]
    charts.append(_small("CPU ms an image", [(x, value, _said(run, value)) for x, value, run in costs]))
    return charts


def trade_off(sweep: Sweep) -> Chart:
    """Purity over completeness: a line a method, its recommended threshold stressed."""
    series = []
    for curve in sweep.curves:
        marked = curve.points.index(curve.recommended) if curve.recommended else None
        points = [(point.completeness, point.purity, _told(curve, point)) for point in curve.points]
        series.append(Series(curve.title, points, marked))
    return chart(
        "Purity and completeness at every threshold",
        series,
        LARGE,
        (0, 1),
        (LEAST_PURITY, 1.0),
        ("completeness", "purity"),
    )


def method_charts(sweep: Sweep) -> list[tuple[Curve, Chart]]:
    """For each method its measures over the threshold."""
    return [(curve, _panel(curve)) for curve in sweep.curves]


def _told(curve: Curve, point: Point) -> str:
    return (
        f"{curve.title} at {point.threshold:g}: purity {point.purity:.4f}, "
        f"completeness {point.completeness:.4f}, lost {point.lost:.4f}"
    )


def _panel(curve: Curve) -> Chart:
    ends = sorted((curve.points[0].threshold, curve.points[-1].threshold))
    marked = curve.points.index(curve.recommended) if curve.recommended else None
    series = []
    for name in PANEL:
        points = [
            (point.threshold, getattr(point, name), f"{point.threshold:g}: {name} {getattr(point, name):.4f}")
            for point in curve.points
        ]
        series.append(Series(name, points, marked))
    return chart(curve.title, series, MIDDLE, (ends[0], ends[1]), (0, 1), (curve.unit, ""))


def _small(name: str, points: Sequence[tuple[float, float, str]]) -> Chart:
    values = [value for _, value, _ in points] or [0.0]
    margin = max((max(values) - min(values)) * 0.15, abs(max(values)) * 0.002, 0.0005)
    ends = (max(0.0, min(values) - margin), max(values) + margin)
    shown = f"{name} {values[-1]:.4g}" if points else name
    last = max((x for x, _, _ in points), default=1.0)
    return chart(shown, [Series(name, points, len(points) - 1)], SMALL, (0, max(last, 1.0)), ends, marks=(0, 2))


def _said(run: Run, value: float) -> str:
    return f"{value:.4f} · {run.commit} · {run.at:%Y-%m-%d %H:%M}"


def _stages(run: Run) -> list[float]:
    return [value for name, value in run.cost_ms.items() if name != "group_pair"]
