"""Metrics in log lines: what the functions write is what CloudWatch takes, and what it would drop is told."""

import json

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from deployment.strict_aws.metrics import expression_faults, line_faults


def line(**changes):
    """A line of metrics as the functions write it, with changes."""
    metrics = Metrics(namespace="ImageRelease", service="tick")
    metrics.clear_metrics()
    metrics.add_metric(name="Ticks", unit=MetricUnit.Count, value=1)
    document = {**metrics.serialize_metric_set(), **changes}
    metrics.clear_metrics()
    return json.dumps(document)


def directive(**changes):
    """The frame of a line with changes in its only directive."""
    document = json.loads(line())
    (one,) = document["_aws"]["CloudWatchMetrics"]
    return {"Timestamp": 1, "CloudWatchMetrics": [{**one, **changes}]}


class TestALineOfMetrics:
    def test_of_a_function_has_no_fault(self):
        assert list(line_faults(line())) == []

    @pytest.mark.parametrize("text", ["no JSON", '{"message": "a log line"}'])
    def test_is_not_every_line(self, text):
        assert list(line_faults(text)) == []

    @pytest.mark.parametrize("value", ["", "  ", "é", "a\nb", "x" * 1025, None])
    def test_with_a_dimension_that_cloudwatch_does_not_take_would_be_dropped(self, value):
        assert list(line_faults(line(service=value)))

    @pytest.mark.parametrize(
        "changes",
        [
            {"Namespace": "AWS/Lambda"},
            {"Namespace": "a b"},
            {"Dimensions": [[f"d{number}" for number in range(31)]]},
            {"Dimensions": [[":service"]]},
            {"Metrics": [{"Name": "Absent", "Unit": "Count"}]},
            {"Metrics": [{"Name": "Ticks", "Unit": "Count"}] * 101},
        ],
    )
    def test_with_a_bad_frame_would_be_dropped(self, changes):
        assert list(line_faults(line(_aws=directive(**changes))))

    def test_with_too_many_values_would_be_dropped(self):
        assert list(line_faults(line(Ticks=[1.0] * 101)))


class TestAnExpression:
    @pytest.mark.parametrize("name", ["Share", "1", "a-b", ""])
    def test_has_results_with_ids_that_begin_with_a_small_letter(self, name):
        assert list(expression_faults([{"Id": name, "Expression": "1"}]))
