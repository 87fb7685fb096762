"""The report: static pages on which people see how good the grouping is, and why two pictures were joined or not."""

from image_release.lab.grouping.report.history import Run, commit_of_the_program
from image_release.lab.grouping.report.looking import HotelLook, look_at_hotel
from image_release.lab.grouping.report.pairs import Compared, PictureUnreadableError, compare_files, read_side
from image_release.lab.grouping.report.writing import NoReportFolderError, prepare, write_report, write_sweep

__all__ = [
    "Compared",
    "HotelLook",
    "NoReportFolderError",
    "PictureUnreadableError",
    "Run",
    "commit_of_the_program",
    "compare_files",
    "look_at_hotel",
    "prepare",
    "read_side",
    "write_report",
    "write_sweep",
]
