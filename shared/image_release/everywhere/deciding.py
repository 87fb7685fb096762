"""Deciding for every hotel, and undoing it: the document in the inbox, with the fingerprint of its image."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pydantic import ValidationError

from image_release.cache import read_fingerprints
from image_release.fingerprint import FINGERPRINT_VERSION, Fingerprint, pack_fingerprints
from image_release.hotel import images_in
from image_release.ingest import (
    EverywhereDecision,
    EverywhereDecisions,
    EverywhereRefusedError,
    Revocation,
    find_row,
    put_everywhere,
    read_current,
    revoke_everywhere,
)
from image_release.problems import Problem, printable
from image_release.publish import Manifest, read_before
from image_release.storage import Stores


def fingerprint_in(stores: Stores, hotel_id: str, image: str) -> Fingerprint:
    """The fingerprint of an image of a hotel. Raises EverywhereRefusedError if the hotel has none of it."""
    current = read_current(stores.state)
    row = find_row(stores.state, current, hotel_id) if current else None
    for accommodation in row.accommodations if row else ():
        found = read_fingerprints(stores.state, accommodation).get(image)
        if found is not None:
            return found
    manifest = read_before(stores.published, hotel_id).manifest
    raise EverywhereRefusedError(f"{printable(hotel_id)}: {_why_none(manifest, image)}")


def _why_none(manifest: Manifest | None, image: str) -> str:
    """Why a hotel has no fingerprint of an image, as a part of a sentence."""
    if manifest is None:
        return "no hotel of that id is published"
    rejected = next((item for item in manifest.rejected if item.sha256 == image), None)
    if rejected is not None:
        return (
            f"image {image[:12]} was rejected before it was compared with others ({rejected.outcome}), so it cannot be "
            "found in other hotels"
        )
    if image in images_in(manifest):
        return f"what was known of image {image[:12]} is lost; process this hotel again first"
    return f"it has no image {image[:12]}"


def decide_everywhere(
    stores: Stores,
    hotel_id: str,
    image: str,
    action: str,
    *,
    labels: Sequence[str] = (),
    by: str,
    at: str,
    why: str = "",
) -> EverywhereDecision:
    """Put a decision about an image of a hotel in force for every hotel; nothing of a hotel is changed yet.

    Actions are `hide`, `label` and `keep`. Raises EverywhereRefusedError with a sentence, and DocumentContendedError.
    """
    packed = pack_fingerprints({image: fingerprint_in(stores, hotel_id, image)})
    document = {
        "image": image,
        "action": action,
        "labels": [{"description": text} for text in labels],
        "by": by,
        "at": at,
        "why": why,
        "fingerprint": base64.b64encode(packed),
        "fingerprint_version": FINGERPRINT_VERSION,
    }
    try:
        decision = EverywhereDecision.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or action
        raise EverywhereRefusedError(f"{printable(where)}: {first['msg']}") from error
    put_everywhere(stores.inbox, decision)
    return decision


def undo_everywhere(stores: Stores, image: str, *, by: str, at: str, why: str = "") -> EverywhereDecision:
    """Revoke the decision about an image; its lines are undone by the job. Raises EverywhereRefusedError."""
    try:
        revocation = Revocation(by=by, at=at, why=why)
    except ValidationError as error:
        raise EverywhereRefusedError(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error
    return revoke_everywhere(stores.inbox, image, revocation)


def listed_everywhere(stores: Stores) -> tuple[tuple[EverywhereDecision, ...], tuple[Problem, ...]]:
    """All decisions for every hotel, the latest first, revoked ones too; and the documents that cannot be read."""
    decisions = EverywhereDecisions()
    known = decisions.known(stores.inbox)
    return tuple(sorted(known, key=lambda item: (item.at, item.image), reverse=True)), decisions.problems


def actions_in_force(stores: Stores) -> dict[str, str]:
    """What people decided for every hotel, by the image's SHA-256, as far as nobody revoked it."""
    return {decision.image: decision.action for decision in listed_everywhere(stores)[0] if decision.in_force}
