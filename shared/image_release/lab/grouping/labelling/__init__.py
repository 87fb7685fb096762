"""Labelling: a local page on which a person says which images show the same photograph."""

from image_release.lab.corpus_csv import LabelRow
from image_release.lab.grouping.labelling.edits import Edit, EditRefusedError, History, Names, State
from image_release.lab.grouping.labelling.finding import FoundHotel, find_hotels
from image_release.lab.grouping.labelling.proposing import KnownLabel, propose
from image_release.lab.grouping.labelling.saving import (
    BusyError,
    ChangedElsewhereError,
    lock_corpus,
    read_rows,
    save_rows,
)
from image_release.lab.grouping.labelling.server import LabelServer
from image_release.lab.grouping.labelling.session import Session
from image_release.lab.grouping.labelling.thumbnails import Thumbnails

__all__ = [
    "BusyError",
    "ChangedElsewhereError",
    "Edit",
    "EditRefusedError",
    "FoundHotel",
    "History",
    "KnownLabel",
    "LabelRow",
    "LabelServer",
    "Names",
    "Session",
    "State",
    "Thumbnails",
    "find_hotels",
    "lock_corpus",
    "propose",
    "read_rows",
    "save_rows",
]
