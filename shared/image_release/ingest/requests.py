"""A request to process hotels again, by geography, ids or partners; and its exact progress.

    requests/<request_id>/request.json        the request with the number of hotels that it selected
    requests/<request_id>/done/<hotel>        written after the hotel was published
    requests/<request_id>/waiting/<hotel>     written after it was published, and something forced was put off
    requests/<request_id>/failed/<hotel>      written when its nudge was given up

Markers keep the progress exact under redelivery: a hotel counts once, however often it is processed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from image_release.folding import MAX_SUGGESTIONS, nearest
from image_release.ingest.files import without_mark
from image_release.ingest.releases.index import ReleaseIndex
from image_release.problems import Problem, printable
from image_release.state import read_json, write_json
from image_release.storage import Store
from image_release.store_keys import REQUESTS, request_key, request_marker_key
from image_release.values import Nudge

Force = Literal["none", "redownload", "retag", "rerender"]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class RequestError(Exception):
    """A request that cannot be used; the message names file, value and rule."""


class Request(BaseModel):
    """Which hotels to process again. Selectors of different kinds narrow, values of one kind widen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    request_id: Annotated[
        str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$")
    ]
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    cities: tuple[str, ...] = ()
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = None
    hotel_ids: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    all: bool = False
    force: Force = "none"
    dry_run: bool = False
    decision: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        None, exclude_if=lambda image: image is None
    )
    """The image of a decision for every hotel: the hotels compare all of their images with such decisions."""

    @model_validator(mode="before")
    @classmethod
    def _empty_bbox_is_none(cls, document: object) -> object:
        if isinstance(document, dict) and document.get("bbox") == []:
            return {**document, "bbox": None}
        return document

    @model_validator(mode="after")
    def _selects_something(self) -> Request:
        selectors = (self.countries, self.cities, self.bbox, self.hotel_ids, self.partners)
        if not self.all and not any(selectors):
            raise ValueError("selects nothing: give countries, cities, bbox, hotel_ids, partners or all")
        if self.bbox and self.bbox[1] > self.bbox[3]:
            raise ValueError("bbox is [west, south, east, north], and south must not be above north")
        return self


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is: `done`, `waiting` and `failed` hotels of `total`.

    A waiting hotel was published, and something forced was put off: time was up, or the tagger could not be asked.
    """

    request_id: str
    total: int
    done: int
    failed: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class HotelRequest:
    """What a request asks of a hotel: what is forced, and with settings of what moment or later."""

    force: Force = "none"
    stored_at: datetime | None = None


def parse_request(data: bytes, file: str) -> Request:
    """Read a request document. Raises RequestError."""
    try:
        return Request.model_validate_json(without_mark(data))
    except ValidationError as error:
        problems = [
            Problem(file, 0, repr(item["input"]), f"{'.'.join(map(str, item['loc'])) or 'request'}: {item['msg']}")
            for item in error.errors()
        ]
        raise RequestError("\n".join(map(str, problems))) from error


def select(index: ReleaseIndex, request: Request) -> Iterator[str]:
    """Ids of the hotels that a request selects."""
    return index.select(
        countries=request.countries,
        cities=request.cities,
        bbox=request.bbox,
        hotel_ids=request.hotel_ids,
        partners=request.partners,
    )


def unmatched(index: ReleaseIndex, request: Request) -> Iterator[str]:
    """What is wrong with each selector of a request that no hotel matches, with what the person may have meant."""
    for city in request.cities:
        if not _any(index.select(cities=[city])):
            yield _unmatched("city", city, nearest(city, index.cities()))
    for country in request.countries:
        if not _any(index.select(countries=[country])):
            yield _unmatched("country", country, nearest(country, index.countries()))
    for hotel_id in request.hotel_ids:
        if hotel_id not in index:
            like = [*index.named(hotel_id), *nearest(hotel_id, index.hotels_like(hotel_id))]
            yield _unmatched("hotel", hotel_id, like[:MAX_SUGGESTIONS])
    for partner in request.partners:
        if not _any(index.select(partners=[partner])):
            yield _unmatched("partner", partner, nearest(partner, index.partners()))
    if request.bbox and not _any(index.select(bbox=request.bbox)):
        yield _unmatched("bbox", ",".join(f"{degrees:g}" for degrees in request.bbox), [])


def _any(found: Iterator[str]) -> bool:
    return next(found, None) is not None


def _unmatched(selector: str, value: str, suggestions: Sequence[str]) -> str:
    meant = f"; did you mean {' or '.join(map(printable, suggestions))}?" if suggestions else ""
    return f"--{selector} {printable(value)}: matches no hotel of the release in force{meant}"


def store_request(state: Store, request: Request, total: int, stored_at: datetime | None = None) -> None:
    """Store a request with the number of hotels it selected. Done before the first nudge.

    `stored_at` says since when the settings are stored that it was made under: older ones cannot serve it.
    """
    document = {**request.model_dump(mode="json"), "total": total}
    if stored_at is not None:
        document["settings_stored_at"] = stored_at.isoformat()
    state.put(request_key(request.request_id, "request.json"), write_json(document))


def asked_of(state: Store, nudge: Nudge) -> HotelRequest:
    """What a nudge's request asks of a hotel; it forces nothing once that was done."""
    request_id = nudge.request_id
    document = read_json(state, request_key(request_id, "request.json")) if request_id is not None else None
    if request_id is None or document is None:
        return HotelRequest()
    stored_at = document.get("settings_stored_at")
    is_served = document["force"] == "none" or is_done(state, request_id, nudge.hotel_id)
    moment = datetime.fromisoformat(stored_at) if stored_at else None
    return HotelRequest("none" if is_served else document["force"], moment)


def is_done(state: Store, request_id: str, hotel_id: str) -> bool:
    """Whether a hotel of a request was published, or needed nothing."""
    return state.head(request_marker_key(request_id, "done", hotel_id)) is not None


def mark_done(state: Store, request_id: str, hotel_id: str) -> None:
    """Record that a hotel of a request was published, or needed nothing."""
    state.put(request_marker_key(request_id, "done", hotel_id), b"")


def mark_waiting(state: Store, request_id: str, hotel_id: str) -> None:
    """Record that a hotel of a request was published, and that something forced was put off."""
    state.put(request_marker_key(request_id, "waiting", hotel_id), b"")


def mark_failed(state: Store, request_id: str, hotel_id: str, reason: str) -> None:
    """Record that a hotel of a request was given up, and why."""
    state.put(request_marker_key(request_id, "failed", hotel_id), json.dumps({"reason": reason}).encode())


def progress(state: Store, request_id: str) -> Progress | None:
    """How far a request is; None if there is none of that id. A hotel done after it had failed or waited is done."""
    document = read_json(state, request_key(request_id, "request.json"))
    if document is None:
        return None
    done, waiting, failed = (
        {_hotel(listed.key) for listed in state.list(request_key(request_id, f"{kind}/"))}
        for kind in ("done", "waiting", "failed")
    )
    return Progress(request_id, document["total"], len(done), len(failed - waiting - done), len(waiting - done))


def request_hotels(state: Store, request_id: str) -> Iterator[str]:
    """The hotels of a request that were published, or needed nothing."""
    return (_hotel(listed.key) for listed in state.list(request_key(request_id, "done/")))


def request_ids(state: Store) -> Iterator[str]:
    """All requests that were ever made, sorted."""
    for listed in state.list(REQUESTS):
        _, request_id, name = listed.key.split("/", 2)
        if name == "request.json":  # and not the marker of a hotel with that name
            yield unquote(request_id)


def _hotel(key: str) -> str:
    return unquote(key.rsplit("/", 1)[1])
