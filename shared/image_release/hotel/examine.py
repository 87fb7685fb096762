"""Examine the bytes of one image: header, draft decode, fingerprint, view. What is done to hostile bytes, in one call.

`examine` is a function of its arguments and can be pickled, so that it can run in a child process when an image is
suspected of killing the one that decodes it (invariant 10).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from image_release.decode import (
    DECODER_VERSION,
    call_by_cost,
    cost_of,
    decode_draft,
    flat,
    judge_cost,
    judge_size,
    read_header,
    view_of,
)
from image_release.dedup import placeholder
from image_release.fingerprint import FINGERPRINT_VERSION, Fingerprint, fingerprint
from image_release.outcomes import Rejection
from image_release.settings import BUDGET_KEYS, FilterSettings, FingerprintSettings, Settings
from image_release.values import ImageFacts


@dataclass(frozen=True, slots=True)
class Examined:
    """An image that may be shown: the facts of its header, its fingerprint, and its view if that was asked for."""

    facts: ImageFacts
    fingerprint: Fingerprint
    view: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image without a fingerprint, and why; `facts` if at least its header could be read."""

    rejection: Rejection
    facts: ImageFacts | None = None


def examiner_version(settings: Settings) -> str:
    """What a refusal by `examine` depends on besides the bytes: a cached refusal holds for this version only.

    Fingerprints and facts are kept without it, so a newer decoder opens again only what an older one refused.
    """
    shaping = settings.filter.model_dump_json(exclude=set(BUDGET_KEYS)) + settings.fingerprint.model_dump_json()
    return f"{FINGERPRINT_VERSION}-{hashlib.sha256(shaping.encode()).hexdigest()[:8]}-{DECODER_VERSION}"


def examine(
    data: bytes,
    sha256: str,
    filter_settings: FilterSettings,
    fingerprint_settings: FingerprintSettings,
    *,
    with_view: bool = False,
) -> Examined | Unreadable:
    """Judge the header and the cost, decode once at draft size, judge flatness, and make the fingerprint.

    `with_view` also makes what a local model looks at. Raises ChildCrashedError if an expensive image, which is decoded
    in a child process, kills it.
    """
    facts = read_header(data, sha256, filter_settings)
    if isinstance(facts, Rejection):
        return Unreadable(facts)
    cost = cost_of(data, facts, filter_settings)
    if rejection := judge_cost(cost, filter_settings):
        return Unreadable(rejection, facts)
    return call_by_cost(
        cost, filter_settings, _examine_pixels, data, facts, filter_settings, fingerprint_settings, with_view=with_view
    )


def _examine_pixels(
    data: bytes,
    facts: ImageFacts,
    filter_settings: FilterSettings,
    fingerprint_settings: FingerprintSettings,
    *,
    with_view: bool,
) -> Examined | Unreadable:
    """As `examine`, of an image whose header is accepted."""
    draft = decode_draft(data, facts)
    if isinstance(draft, Rejection):
        return Unreadable(draft, facts)
    if rejection := flat(draft, filter_settings):
        return Unreadable(rejection, facts)
    view = view_of(draft) if with_view else None
    return Examined(facts, fingerprint(draft, fingerprint_settings), view)


def lenient(settings: FilterSettings) -> FilterSettings:
    """The filter for an image that a person rescued: it need only be decodable, within the limits of cost."""
    return settings.model_copy(update={"min_short_side_px": 1, "min_long_side_px": 1, "min_contrast": 0.0})


def judge_content(facts: ImageFacts, fingerprint: Fingerprint, settings: Settings) -> Rejection | None:
    """Judge an image whose fingerprint is known by the settings of today; None: it may be shown."""
    return judge_size(facts, settings.filter) or placeholder(fingerprint)
