"""What a round of the suite found, as it is stored: a head, then a line for each picture, pair and problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from image_release.everywhere import actions_in_force
from image_release.problems import Problem
from image_release.sharing.counting import Held, packed_lines, parsed_lines
from image_release.sharing.finding import shared_picture
from image_release.sharing.found import Counting, HotelPair, LikelyReason, PairedHotel, Shared, SharedPicture
from image_release.sharing.images import ImagesUnreadableError
from image_release.sharing.linking import FamilyMap
from image_release.sharing.prints import SHA_BYTES
from image_release.sharing_keys import LATEST_ROUND, found_key
from image_release.storage import StorageError, Store, Stores
from image_release.values import Accommodation, HotelRow


class RoundUnreadableError(StorageError):
    """What a round found is lost or damaged."""

    def __init__(self, key: str) -> None:
        super().__init__(f"state/{key} cannot be read; ask for a new round: image-release shared --on-suite")


class Latest(BaseModel):
    """The round that ended last, and what the next one has to know of it."""

    model_config = ConfigDict(frozen=True)

    round: str
    asked: datetime
    """When a person asked for it."""
    ended: datetime
    rule: str
    """Version of what was compared, and by which rule."""
    range_bits: int
    position: str
    """How far the feed was followed."""
    hotels: int
    images: int
    pairs_after: tuple[str, str] | None = None
    """The pair of hotels where it ended, if it had no room for all."""


@dataclass(frozen=True, slots=True)
class RoundFound:
    """What the last round found, when it ended, and how it counted."""

    shared: Shared
    ended: datetime
    counting: Counting


def read_latest(state: Store) -> tuple[Latest | None, str | None]:
    """The last round, and the ETag of what names it. One that cannot be read counts as none: a round replaces it."""
    stored = state.get(LATEST_ROUND)
    if stored is None:
        return None, None
    try:
        return Latest.model_validate_json(stored.data), stored.etag
    except ValidationError:
        return None, stored.etag


def read_round(stores: Stores) -> RoundFound | None:
    """What the last round found; None if there was none. Raises RoundUnreadableError."""
    latest, etag = read_latest(stores.state)
    if latest is None:
        return None
    key = found_key(latest.round)
    stored = stores.state.get(key)
    if stored is None:
        if read_latest(stores.state)[1] != etag:
            return read_round(stores)  # another round came into force, and deleted what this one had found
        raise RoundUnreadableError(key)
    try:
        found, counting = _parsed(stored.data, latest, actions_in_force(stores))
    except (ImagesUnreadableError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise RoundUnreadableError(key) from error
    return RoundFound(found, latest.ended, counting)


def pack_found(
    counting: Counting,
    pictures: Iterable[tuple[bytes, Held]],
    copies: Mapping[bytes, set[str]],
    pairs_and_problems: Iterable[object],
) -> bytes:
    """What was found as lines; what `pack_pairs` packed is given as it was read back.

    `copies` are images, by family, that are known of an earlier round: no hotel may have them now.
    """
    held = (
        {
            "picture": {hotel_id: sorted(sha.hex() for sha in own) for hotel_id, own in item.items()},
            "copies": sorted({sha.hex() for own in item.values() for sha in own} | copies.get(family, set())),
        }
        for family, item in pictures
    )
    return packed_lines(chain([{"least": counting.least, "many": counting.many}], held, pairs_and_problems))


def copies_known_before(state: Store, name: str | None, families: FamilyMap) -> dict[bytes, set[str]]:
    """The images of pictures of many hotels that a round found, by their families now; none if that is lost."""
    stored = state.get(found_key(name)) if name else None
    found: dict[bytes, set[str]] = defaultdict(set)
    try:
        for line in parsed_lines(stored.data) if stored else ():
            if copies := line.get("copies"):
                names = np.frombuffer(b"".join(map(bytes.fromhex, copies)), np.uint8).reshape(-1, SHA_BYTES)
                for sha, family in zip(copies, families.of(names), strict=True):
                    found[family.tobytes()].add(sha)
    except (ImagesUnreadableError, AttributeError, TypeError, ValueError):
        return {}
    return found


def _pair_document(pair: HotelPair) -> dict[str, Any]:
    """A pair as JSON, with all that is known of it."""
    return {
        "hotels": [_hotel(pair.one), _hotel(pair.other)],
        "shared": [list(images) for images in pair.shared],
        "weight": pair.weight,
        "kilometres": pair.kilometres,
        "reason": pair.reason.value,
    }


def pack_pairs(pairs: Iterable[HotelPair], problems: Iterable[Problem]) -> bytes:
    """Pairs and problems as lines."""
    return packed_lines(chain(({"pair": _pair_document(pair)} for pair in pairs), map(problem_document, problems)))


def problem_document(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {"problem": [problem.file, problem.value, problem.rule]}


def _hotel(hotel: PairedHotel) -> dict[str, Any]:
    row = hotel.row
    pairs = [[item.partner_id, item.accommodation_id] for item in row.accommodations]
    return {
        "row": [row.hotel_id, row.name, row.country, row.city, row.latitude, row.longitude, pairs],
        "pictures": hotel.pictures,
        "share": hotel.share,
        "partners": list(hotel.partners),
        "of_partners": hotel.of_partners,
    }


def _parsed(data: bytes, latest: Latest, decided: Mapping[str, str]) -> tuple[Shared, Counting]:
    lines: list[Any] = list(parsed_lines(data))
    head, *rest = lines
    pictures = [_picture(line, decided) for line in rest if "picture" in line]
    pairs = [_pair(line["pair"]) for line in rest if "pair" in line]
    problems = [Problem(line["problem"][0], 0, *line["problem"][1:]) for line in rest if "problem" in line]
    shared = Shared.ordered(latest.images, latest.hotels, pictures, pairs, problems)
    return shared, Counting(head["least"], head["many"])


def _picture(document: Mapping[str, Any], decided: Mapping[str, str]) -> SharedPicture:
    held = {hotel_id: set(map(bytes.fromhex, own)) for hotel_id, own in document["picture"].items()}
    copies = {sha.hex() for own in held.values() for sha in own} | set(document["copies"])
    return shared_picture(held, copies, decided)


def _pair(document: Mapping[str, Any]) -> HotelPair:
    one, other = (_paired(hotel) for hotel in document["hotels"])
    return HotelPair(
        one,
        other,
        tuple((here, there) for here, there in document["shared"]),
        document["weight"],
        document["kilometres"],
        LikelyReason(document["reason"]),
    )


def _paired(document: Mapping[str, Any]) -> PairedHotel:
    hotel_id, name, country, city, latitude, longitude, pairs = document["row"]
    accommodations = tuple(Accommodation(*pair) for pair in pairs)
    return PairedHotel(
        HotelRow(hotel_id, name, country, city, latitude, longitude, accommodations),
        document["pictures"],
        document["share"],
        tuple(document["partners"]),
        document["of_partners"],
    )
