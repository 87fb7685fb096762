"""`reprocess`: a request selects hotels through the release's index, and each is nudged with the request's id.

The selection is written once, before the first nudge. So a request that comes twice nudges the same hotels, and its
progress stays exact if another release comes into force meanwhile. `all` goes to the bulk queue, the rest is urgent.
Many hotels are nudged in shares (`shares.py`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from image_release.ingest import (
    EVERYWHERE,
    SAMPLE,
    Estimate,
    MissingInputError,
    Request,
    RequestError,
    estimate_hotels,
    parse_request,
    read_current,
    select,
    store_request,
)
from image_release.problems import printable
from image_release.serverless.hotels import local_index
from image_release.serverless.ports import Suite
from image_release.serverless.shares import Nudging, nudge_in_shares
from image_release.split_keys import split_folder
from image_release.storage import ConditionFailedError
from image_release.store_keys import request_key
from image_release.values import key_part, sha256_hex


class NoReleaseError(Exception):
    """No release is in force: there is nothing to select from."""


class RequestTakenError(RequestError):
    """Another request has this id already."""


@dataclass(frozen=True, slots=True)
class Requested:
    """What became of a request of `hotels` hotels: how many were nudged at once, and for how many shares messages went.

    `estimate` is given for a dry run, which nudges nobody.
    """

    request_id: str
    hotels: int
    nudged: int
    shares: int
    estimate: Estimate | None = None


def request_at(key: str, suite: Suite) -> Request:
    """The request at a key of the inbox. Raises RequestError, MissingInputError."""
    stored = suite.inbox.get(key)
    if stored is None:
        raise MissingInputError(key)
    return parse_request(stored.data, key)


def reprocess_at(key: str, suite: Suite) -> Requested:
    """Serve the request at a key of the inbox: once for each time that somebody put it there.

    Raises RequestError, MissingInputError, NoReleaseError, RequestTakenError.
    """
    found = suite.inbox.head(key)
    request = request_at(key, suite)
    return reprocess(request, suite, occasion=found.modified.isoformat() if found else "")


def reprocess(request: Request, suite: Suite, *, occasion: str = "") -> Requested:
    """Select the hotels of a request and nudge them, in shares if they are many.

    An invocation that is repeated has the same `occasion`: then only shares that have no mark are sent again. A request
    that somebody makes again has another one, and all of its hotels are nudged again. Raises NoReleaseError,
    RequestTakenError.
    """
    if request.dry_run:
        return _dry_run(request, suite)
    hotel_ids = _selected_once(request, suite)
    store_request(suite.state, request, len(hotel_ids), suite.edition.stored_at)
    reason = EVERYWHERE if request.decision else "request"
    nudging = Nudging(reason, request.request_id, is_urgent=not request.all)
    name = f"{request.request_id}+{sha256_hex(occasion.encode())[:16]}" if occasion else request.request_id
    nudged = nudge_in_shares(suite, split_folder("requests", key_part(name)), hotel_ids, nudging)
    return Requested(request.request_id, len(hotel_ids), nudged.hotels, nudged.shares)


def _dry_run(request: Request, suite: Suite) -> Requested:
    """Count and estimate. The answer is also stored beside the request, for people who asked by uploading an object."""
    hotel_ids, estimate = _selected(request, suite, estimate=True)
    document = {"request": request.model_dump(mode="json"), "estimate": estimate and asdict(estimate)}
    suite.state.put(request_key(request.request_id, "dry_run.json"), json.dumps(document, sort_keys=True).encode())
    return Requested(request.request_id, len(hotel_ids), 0, 0, estimate)


def _selected_once(request: Request, suite: Suite) -> Sequence[str]:
    """The hotels that the request selected when it first came. Raises RequestTakenError."""
    key = request_key(request.request_id, "selected.json.gz")
    stored = suite.state.get(key)
    if stored is None:
        hotel_ids, _ = _selected(request, suite, estimate=False)
        document = {"request": request.model_dump(mode="json"), "hotel_ids": hotel_ids}
        data = gzip.compress(json.dumps(document).encode(), compresslevel=3, mtime=0)
        try:
            suite.state.put(key, data, if_absent=True)
        except ConditionFailedError:
            stored = suite.state.get(key)
        else:
            return hotel_ids
    found = json.loads(gzip.decompress(stored.data)) if stored else {}
    if found.get("request") != request.model_dump(mode="json"):
        raise RequestTakenError(f"{printable(request.request_id)}: another request has this id")
    selected: Sequence[str] = found["hotel_ids"]
    return selected


def _selected(request: Request, suite: Suite, *, estimate: bool) -> tuple[list[str], Estimate | None]:
    current = read_current(suite.state)
    if current is None:
        raise NoReleaseError("no release is in force yet")
    with local_index(suite, current) as index:
        hotel_ids = list(select(index, request))
        if not estimate:
            return hotel_ids, None
        return hotel_ids, estimate_hotels(hotel_ids, index, suite.state, suite.settings, suite.tagger, sample=SAMPLE)
