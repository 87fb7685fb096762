"""Photographs that hotels share: families of copies over all hotels, and what they say about hotels (decision 55).

families = Families(PrintIndex(path))
families.catch_up(stores)
found = find_shared(families, stores)

On AWS the same is found in shares: gather, meet, verify, count, pair (decision 57).
"""

from image_release.sharing.counting import (
    Held,
    holders_of_part,
    pack_holders,
    packed_lines,
    parse_holders,
    parsed_lines,
)
from image_release.sharing.documents import PAIR_COLUMNS, PICTURE_COLUMNS, pair_rows, picture_rows, shared_document
from image_release.sharing.families import RULE, Families
from image_release.sharing.finding import find_shared
from image_release.sharing.found import (
    AS_USUAL,
    Counting,
    HotelPair,
    LikelyReason,
    PairedHotel,
    Shared,
    SharedPicture,
    decided_about,
)
from image_release.sharing.gathering import Gathered, gather
from image_release.sharing.images import HeldImages, Images, ImagesUnreadableError
from image_release.sharing.linking import FamilyMap, Link, ToVerify, Verifier, join_links, pack_links, parse_links
from image_release.sharing.meeting import Meeting, meet
from image_release.sharing.pairing import Pairing
from image_release.sharing.planning import InCommon, PairsOfShare, families_of_pairs, plan_pairs
from image_release.sharing.reasons import REASONS
from image_release.sharing.results import (
    Latest,
    RoundFound,
    RoundUnreadableError,
    copies_known_before,
    pack_found,
    pack_pairs,
    problem_document,
    read_latest,
    read_round,
)
from image_release.sharing.under_way import RoundUnderWay, rounds_under_way

__all__ = [
    "AS_USUAL",
    "PAIR_COLUMNS",
    "PICTURE_COLUMNS",
    "REASONS",
    "RULE",
    "Counting",
    "Families",
    "FamilyMap",
    "Gathered",
    "Held",
    "HeldImages",
    "HotelPair",
    "Images",
    "ImagesUnreadableError",
    "InCommon",
    "Latest",
    "LikelyReason",
    "Link",
    "Meeting",
    "PairedHotel",
    "Pairing",
    "PairsOfShare",
    "RoundFound",
    "RoundUnderWay",
    "RoundUnreadableError",
    "Shared",
    "SharedPicture",
    "ToVerify",
    "Verifier",
    "copies_known_before",
    "decided_about",
    "families_of_pairs",
    "find_shared",
    "gather",
    "holders_of_part",
    "join_links",
    "meet",
    "pack_found",
    "pack_holders",
    "pack_links",
    "pack_pairs",
    "packed_lines",
    "pair_rows",
    "parse_holders",
    "parse_links",
    "parsed_lines",
    "picture_rows",
    "plan_pairs",
    "problem_document",
    "read_latest",
    "read_round",
    "rounds_under_way",
    "shared_document",
]
