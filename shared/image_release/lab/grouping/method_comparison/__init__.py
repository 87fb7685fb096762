"""Compares methods and thresholds of grouping on a labelled corpus (`corpus sweep`)."""

from image_release.lab.grouping.method_comparison.comparison import (
    MethodComparison,
    MethodCurve,
    ThresholdResult,
    compare_methods,
    recommended,
    shifted,
)
from image_release.lab.grouping.method_comparison.methods import METHODS, Method, MethodUnavailableError, choose_methods

__all__ = [
    "METHODS",
    "Method",
    "MethodComparison",
    "MethodCurve",
    "MethodUnavailableError",
    "ThresholdResult",
    "choose_methods",
    "compare_methods",
    "recommended",
    "shifted",
]
