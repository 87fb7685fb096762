"""The charts of the report: the history of each measure, and the comparison of methods."""

from __future__ import annotations

from collections.abc import Sequence

from image_release.lab.charts import Chart, Series, chart
from image_release.lab.grouping.method_comparison import MethodComparison, MethodCurve, ThresholdResult
from image_release.lab.grouping.report.history import EvaluationRun

HISTORY_MEASURES = ("purity", "completeness", "duplicates", "lost", "best_right")
MAX_RUNS = 60
"""Maximum number of runs in a chart; the file keeps all runs."""
SMALL = (250, 70)
LARGE = (760, 380)
MIDDLE = (360, 190)
"""Width and height of charts, in pixels."""
MIN_PURITY = 0.8
"""Lower end of the purity axis: a method with less is useless."""
CURVE_MEASURES = ("purity", "completeness", "duplicates", "lost")


def history_charts(runs: Sequence[EvaluationRun]) -> list[Chart]:
    """A small chart for each measure and one for the cost, with the newest run emphasised."""
    recent = list(runs)[-MAX_RUNS:]
    charts = []
    for name in HISTORY_MEASURES:
        points = [(number, run.measures.get(name), run) for number, run in enumerate(recent)]
        charts.append(
            _history_chart(
                name, [(float(x), value, _run_text(run, value)) for x, value, run in points if value is not None]
            )
        )
    costs = [(float(number), sum(_stage_costs(run)), run) for number, run in enumerate(recent)]
    charts.append(_history_chart("CPU ms per image", [(x, value, _run_text(run, value)) for x, value, run in costs]))
    return charts


def trade_off(comparison: MethodComparison) -> Chart:
    """Purity over completeness: a line for each method, with its recommended threshold emphasised."""
    series = []
    for curve in comparison.curves:
        marked = curve.points.index(curve.recommended) if curve.recommended else None
        points = [(point.completeness, point.purity, _result_text(curve, point)) for point in curve.points]
        series.append(Series(curve.title, points, marked))
    return chart(
        "Purity and completeness at every threshold",
        series,
        LARGE,
        (0, 1),
        (MIN_PURITY, 1.0),
        ("completeness", "purity"),
    )


def method_charts(comparison: MethodComparison) -> list[tuple[MethodCurve, Chart]]:
    """For each method a chart of its measures over the threshold."""
    return [(curve, _measures_chart(curve)) for curve in comparison.curves]


def _result_text(curve: MethodCurve, point: ThresholdResult) -> str:
    return (
        f"{curve.title} at {point.threshold:g}: purity {point.purity:.4f}, "
        f"completeness {point.completeness:.4f}, lost {point.lost:.4f}"
    )


def _measures_chart(curve: MethodCurve) -> Chart:
    ends = sorted((curve.points[0].threshold, curve.points[-1].threshold))
    marked = curve.points.index(curve.recommended) if curve.recommended else None
    series = []
    for name in CURVE_MEASURES:
        points = [
            (point.threshold, getattr(point, name), f"{point.threshold:g}: {name} {getattr(point, name):.4f}")
            for point in curve.points
        ]
        series.append(Series(name, points, marked))
    return chart(curve.title, series, MIDDLE, (ends[0], ends[1]), (0, 1), (curve.unit, ""))


def _history_chart(name: str, points: Sequence[tuple[float, float, str]]) -> Chart:
    values = [value for _, value, _ in points] or [0.0]
    margin = max((max(values) - min(values)) * 0.15, abs(max(values)) * 0.002, 0.0005)
    ends = (max(0.0, min(values) - margin), max(values) + margin)
    shown = f"{name} {values[-1]:.4g}" if points else name
    last = max((x for x, _, _ in points), default=1.0)
    return chart(shown, [Series(name, points, len(points) - 1)], SMALL, (0, max(last, 1.0)), ends, ticks=(0, 2))


def _run_text(run: EvaluationRun, value: float) -> str:
    return f"{value:.4f} · {run.commit} · {run.at:%Y-%m-%d %H:%M}"


def _stage_costs(run: EvaluationRun) -> list[float]:
    return [value for name, value in run.cost_ms.items() if name != "group_pair"]
