"""The sweep: methods and thresholds against each other on a labelled corpus."""

from image_release.lab.grouping.sweep.methods import METHODS, Method, MethodUnavailableError, chosen
from image_release.lab.grouping.sweep.sweeping import Curve, Point, Sweep, recommended, shifted, sweep

__all__ = [
    "METHODS",
    "Curve",
    "Method",
    "MethodUnavailableError",
    "Point",
    "Sweep",
    "chosen",
    "recommended",
    "shifted",
    "sweep",
]
