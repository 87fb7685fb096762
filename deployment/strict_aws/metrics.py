"""What CloudWatch refuses: metrics in log lines, and the expressions of alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployment.strict_aws.faults import Fault

MAX_METRICS = 100
MAX_DIMENSIONS = 30
MAX_VALUE = 1024
MAX_NAME = 255
MAX_VALUES = 100
_NAMESPACE = re.compile(r"(?!AWS/)[0-9A-Za-z.\-_/#:]{1,255}")
_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_LIST = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FUNCTIONS = frozenset(
    {
        *("ABS", "AVG", "CEIL", "DIFF", "DIFF_TIME", "FILL", "FLOOR", "IF", "LOG", "LOG10", "MAX", "METRICS"),
        *("METRIC_COUNT", "MIN", "PERIOD", "RATE", "RUNNING_SUM", "STDDEV", "SUM"),
    }
)
_WORDS = FUNCTIONS | {"AND", "OR", "LINEAR", "REPEAT"}


def dimension_faults(name: str, value: object) -> Iterator[Fault]:
    """What is wrong with a dimension: ASCII without control characters, not blank, the name does not begin with `:`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
    """
    for what, text, most in (("name", name, MAX_NAME), ("value", value, MAX_VALUE)):
        if not isinstance(text, str) or not text.strip() or len(text) > most:
            yield _invalid(f"the {what} of dimension {name[:40]!r} must have 1 to {most} characters")
        elif not (text.isascii() and text.isprintable()):
            yield _invalid(f"the {what} of dimension {name[:40]!r} must be printable ASCII")
    if name.startswith(":"):
        yield _invalid(f"dimension {name[:40]!r} begins with a colon")


def line_faults(line: str) -> Iterator[Fault]:
    """What is wrong with a log line in the embedded metric format; other lines have no fault.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
    CloudWatch does not answer: it drops the metrics of such a line without a word.
    """
    if '"_aws"' not in line:
        return
    document = json.loads(line)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        if not _NAMESPACE.fullmatch(directive["Namespace"]):
            yield _invalid(f"namespace {directive['Namespace']!r}")
        if len(directive["Metrics"]) > MAX_METRICS:
            yield _invalid(f"{len(directive['Metrics'])} metrics in one directive, at most {MAX_METRICS}")
        for metric in directive["Metrics"]:
            values = document.get(metric["Name"])
            if values is None or (isinstance(values, list) and len(values) > MAX_VALUES):
                yield _invalid(f"metric {metric['Name']!r} needs 1 to {MAX_VALUES} values")
        for names in directive["Dimensions"]:
            if len(names) > MAX_DIMENSIONS:
                yield _invalid(f"{len(names)} dimensions, at most {MAX_DIMENSIONS}")
            for name in names:
                yield from dimension_faults(name, document.get(name))


def expression_faults(queries: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with the metric math of an alarm.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: an expression names the ids
    of the alarm; a list `[a, b]` holds metrics and no numbers, so `MAX([whole, 1])` is none; one result is returned.
    """
    ids = [query.get("Id", "") for query in queries]
    if not all(map(_ID.fullmatch, ids)) or len(set(ids)) < len(ids):
        yield _invalid(f"the ids {ids} must differ and begin with a small letter")
    if sum(query.get("ReturnData", True) is True for query in queries) != 1:
        yield _invalid("exactly one query of an alarm must have ReturnData")
    for query in queries:
        expression = query.get("Expression")
        if expression is None:
            continue
        if expression.count("(") != expression.count(")") or expression.count("[") != expression.count("]"):
            yield _invalid(f"{expression!r}: brackets do not match")
        unknown = [word for word in _WORD.findall(expression) if word not in _WORDS and word not in ids]
        if unknown:
            yield _invalid(f"{expression!r} names {unknown}, which is no metric and no function")
        if any(part.strip() not in ids for inside in _LIST.findall(expression) for part in inside.split(",")):
            yield _invalid(f"{expression!r}: a list holds metrics, and no numbers")


def _invalid(message: str) -> Fault:
    return Fault("ValidationError", message)
