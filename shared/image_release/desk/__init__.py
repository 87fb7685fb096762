"""The desk: where people see what is wrong with hotels, correct it, and see what changed.

The names below are the ports that whoever opens a desk fills.
"""

from image_release.desk.applying import Applied, Applier, HotelsUnderWay, SuiteApplier
from image_release.desk.comparing import ComparedImages, Comparer, IncomparableError, Named

__all__ = [
    "Applied",
    "Applier",
    "ComparedImages",
    "Comparer",
    "HotelsUnderWay",
    "IncomparableError",
    "Named",
    "SuiteApplier",
]
