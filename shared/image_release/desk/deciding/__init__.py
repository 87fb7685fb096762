"""Deciding: the one place where a person's decision is checked and made, for the command line and for the pages."""

from image_release.desk.deciding.checking import ACTIONS, foresee
from image_release.desk.deciding.errors import (
    AlreadyDecidedError,
    DecisionRefusedError,
    HotelUnreadableError,
    OutdatedPageError,
)
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
from image_release.desk.deciding.sentences import decided_by, said, short

__all__ = [
    "ACTIONS",
    "LEAST_PREFIX",
    "AlreadyDecidedError",
    "Decided",
    "DecisionRefusedError",
    "HotelNow",
    "HotelUnreadableError",
    "OutdatedPageError",
    "decide",
    "decide_all",
    "decided_by",
    "decision_named",
    "foresee",
    "image_named",
    "images_of",
    "read_hotel",
    "revoke",
    "revoke_all",
    "revoker_of",
    "said",
    "short",
]
