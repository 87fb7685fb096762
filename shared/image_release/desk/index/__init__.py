"""The index of hotels: one SQLite file that follows the feed, so that nobody lists what is published.

index = open_index(index_path(root, address))
catch_up(index, stores, settings, progress)      builds it, or follows the feed
found = index.find(Query(text="casa cadaques", filters=frozenset({Filter.NEVER_FIRST})))
"""

from image_release.desk.index.facts import GOOD_LONG_SIDE_PX, HotelFacts, OpeningPicture, PartnerFacts
from image_release.desk.index.file import IndexBusyError, IndexDamagedError
from image_release.desk.index.filters import DESCRIPTIONS, FEW, WORST_FIRST, Filter
from image_release.desk.index.following import CaughtUp, Progress, catch_up, touch
from image_release.desk.index.hotel_index import HotelIndex, open_index
from image_release.desk.index.list_csv import csv_line, list_csv
from image_release.desk.index.place import index_path
from image_release.desk.index.query import PAGE, Found, IndexedHotel, IndexStatus, Query, Sort

__all__ = [
    "DESCRIPTIONS",
    "FEW",
    "GOOD_LONG_SIDE_PX",
    "PAGE",
    "WORST_FIRST",
    "CaughtUp",
    "Filter",
    "Found",
    "HotelFacts",
    "HotelIndex",
    "IndexBusyError",
    "IndexDamagedError",
    "IndexStatus",
    "IndexedHotel",
    "OpeningPicture",
    "PartnerFacts",
    "Progress",
    "Query",
    "Sort",
    "catch_up",
    "csv_line",
    "index_path",
    "list_csv",
    "open_index",
    "touch",
]
