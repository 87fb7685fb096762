"""Labelling: a local page on which a person says which images show the same photograph (design, section 9)."""

from image_release.lab.grouping.labelling.edits import Edit, EditRefusedError, History, Names, State
from image_release.lab.grouping.labelling.finding import FoundHotel, find_hotels
from image_release.lab.grouping.labelling.pictures import Pictures
from image_release.lab.grouping.labelling.proposing import Known, propose
from image_release.lab.grouping.labelling.saving import (
    BusyError,
    ChangedElsewhereError,
    Row,
    alone,
    read_rows,
    save_rows,
)
from image_release.lab.grouping.labelling.server import LabelServer
from image_release.lab.grouping.labelling.session import Session

__all__ = [
    "BusyError",
    "ChangedElsewhereError",
    "Edit",
    "EditRefusedError",
    "FoundHotel",
    "History",
    "Known",
    "LabelServer",
    "Names",
    "Pictures",
    "Row",
    "Session",
    "State",
    "alone",
    "find_hotels",
    "propose",
    "read_rows",
    "save_rows",
]
