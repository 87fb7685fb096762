"""The hotels of a corpus, and the fingerprints of one hotel as the product makes them.

Only grouping is measured, so the filters by size, pixels and flatness are off. A placeholder is rejected, and so is a
file that cannot be decoded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from image_release.decode import decode_draft, read_header
from image_release.dedup import FingerprintedImage, placeholder
from image_release.fingerprint import fingerprint
from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.grouping.labels import LabelledImage, read_labels
from image_release.lab.size_filter import any_size_filter
from image_release.outcomes import Outcome, Rejection
from image_release.problems import Problem
from image_release.settings import Settings
from image_release.values import sha256_hex


@dataclass(frozen=True, slots=True)
class CorpusHotel:
    """The task of a worker: the labelled images of one hotel."""

    corpus: Path
    hotel_id: str
    images: tuple[LabelledImage, ...]
    settings: Settings

    def path(self, image: str) -> Path:
        """The file of an image."""
        return self.corpus / "images" / image


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintedHotel:
    """The fingerprints of a hotel's images, one for each content."""

    contents: Mapping[str, str]
    """Image -> SHA-256, for images that are not rejected."""
    seen: Mapping[str, FingerprintedImage]
    """SHA-256 -> facts and fingerprint."""
    rejected: Mapping[str, Rejection]
    """Image -> why it is rejected."""
    decode_s: float
    """CPU seconds, of this process and its threads."""
    fingerprint_s: float


def read_hotels(corpus: Path, settings: Settings) -> tuple[list[CorpusHotel], list[Problem]]:
    """The hotels in the order of their ids, and the bad rows. Raises CorpusUnreadableError if no row is usable."""
    labelled, problems = read_labels(corpus)
    if not labelled:
        raise CorpusUnreadableError(f"no row can be used, such as {problems[0]}")
    hotels: dict[str, list[LabelledImage]] = {}
    for item in labelled:
        hotels.setdefault(item.hotel_id, []).append(item)
    return [
        CorpusHotel(corpus, hotel_id, tuple(images), settings) for hotel_id, images in sorted(hotels.items())
    ], problems


def fingerprint_hotel(hotel: CorpusHotel) -> FingerprintedHotel:
    """Decode and fingerprint every image of a hotel."""
    contents: dict[str, str] = {}
    verdicts: dict[str, FingerprintedImage | Rejection] = {}
    rejected: dict[str, Rejection] = {}
    decode_s = fingerprint_s = 0.0
    for item in hotel.images:
        try:
            data = hotel.path(item.image).read_bytes()
        except OSError as error:
            rejected[item.image] = Rejection(Outcome.UNAVAILABLE, error.strerror or type(error).__name__)
            continue
        sha256 = sha256_hex(data)
        if sha256 not in verdicts:
            verdicts[sha256], decoding, fingerprinting = _examine(data, sha256, hotel.settings)
            decode_s += decoding
            fingerprint_s += fingerprinting
        verdict = verdicts[sha256]
        if isinstance(verdict, Rejection):
            rejected[item.image] = verdict
        else:
            contents[item.image] = sha256
    seen = {sha256: verdict for sha256, verdict in verdicts.items() if isinstance(verdict, FingerprintedImage)}
    return FingerprintedHotel(contents, seen, rejected, decode_s, fingerprint_s)


def _examine(data: bytes, sha256: str, settings: Settings) -> tuple[FingerprintedImage | Rejection, float, float]:
    """The fingerprinted image or its rejection, and the CPU seconds for decoding and for the fingerprint."""
    started = time.process_time()
    facts = read_header(data, sha256, any_size_filter(settings))
    if isinstance(facts, Rejection):
        return facts, time.process_time() - started, 0.0
    draft = decode_draft(data, facts)
    decoded = time.process_time()
    if isinstance(draft, Rejection):
        return draft, decoded - started, 0.0
    made = fingerprint(draft, settings.fingerprint)
    verdict = placeholder(made) or FingerprintedImage(facts, made)
    return verdict, decoded - started, time.process_time() - decoded
