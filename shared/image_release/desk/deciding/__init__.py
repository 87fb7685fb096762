"""Deciding: the one place where a person's decision is checked and made, for the command line and for the pages."""

from image_release.desk.deciding.bulk import BulkLine, BulkPlan, Status, make_bulk, plan_bulk
from image_release.desk.deciding.checking import ACTIONS, foresee
from image_release.desk.deciding.errors import (
    AlreadyDecidedError,
    DecisionRefusedError,
    HotelUnreadableError,
    NotPublishedError,
    OutdatedPageError,
)
from image_release.desk.deciding.history import Entry, effect_now, history, moment_of
from image_release.desk.deciding.making import (
    Decided,
    decide,
    decide_all,
    decision_named,
    revoke,
    revoke_all,
    revoker_of,
)
from image_release.desk.deciding.reading import LEAST_PREFIX, HotelNow, image_named, images_of, read_hotel
from image_release.desk.deciding.sentences import decided_by, in_words, said, short
from image_release.desk.deciding.sheet import COLUMNS, Row, Sheet, label_text, read_sheet

__all__ = [
    "ACTIONS",
    "COLUMNS",
    "LEAST_PREFIX",
    "AlreadyDecidedError",
    "BulkLine",
    "BulkPlan",
    "Decided",
    "DecisionRefusedError",
    "Entry",
    "HotelNow",
    "HotelUnreadableError",
    "NotPublishedError",
    "OutdatedPageError",
    "Row",
    "Sheet",
    "Status",
    "decide",
    "decide_all",
    "decided_by",
    "decision_named",
    "effect_now",
    "foresee",
    "history",
    "image_named",
    "images_of",
    "in_words",
    "label_text",
    "make_bulk",
    "moment_of",
    "plan_bulk",
    "read_hotel",
    "read_sheet",
    "revoke",
    "revoke_all",
    "revoker_of",
    "said",
    "short",
]
