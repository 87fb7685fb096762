"""The report: static pages that show how good the grouping is, and why two images were joined or kept apart."""

from image_release.lab.grouping.report.history import EvaluationRun, commit_of_the_program
from image_release.lab.grouping.report.hotel_sections import HotelSection, write_hotel_section
from image_release.lab.grouping.report.pairs import (
    ComparedPair,
    ImageUnreadableError,
    compare_files,
    read_side,
    side_of_bytes,
)
from image_release.lab.grouping.report.writing import NoReportFolderError, prepare, write_comparison, write_report

__all__ = [
    "ComparedPair",
    "EvaluationRun",
    "HotelSection",
    "ImageUnreadableError",
    "NoReportFolderError",
    "commit_of_the_program",
    "compare_files",
    "prepare",
    "read_side",
    "side_of_bytes",
    "write_comparison",
    "write_hotel_section",
    "write_report",
]
