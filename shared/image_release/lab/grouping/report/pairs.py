"""The page of a pair: two images side by side, and all evidence for joining them or keeping them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from image_release.decode import Draft, decode_draft, read_header
from image_release.dedup import (
    AlignedPair,
    Explanation,
    FingerprintedImage,
    explain,
    group_same,
    grouping_method,
    placeholder,
)
from image_release.fingerprint import fingerprint
from image_release.lab.grouping.report.meanings import meaning
from image_release.lab.grouping.report.overlays import Overlays, embedded, overlays
from image_release.lab.grouping.report.pair_drawings import block_cells, heat
from image_release.lab.grouping.report.same_view_drawings import same_view_drawing
from image_release.lab.grouping.report.sentences import Reason, Verdict, facts, is_another_shot, sentence
from image_release.lab.grouping.report.templating import render_report_page
from image_release.lab.size_filter import any_size_filter
from image_release.outcomes import Rejection
from image_release.problems import printable
from image_release.settings import Settings
from image_release.values import sha256_hex

MAX_NAMED_STATISTICS = 3
"""Maximum number of statistics for, and of statistics against, that are named at the top of the page."""


class ImageUnreadableError(Exception):
    """A file is not an image, or cannot be read. The message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One image of a pair: its name, its label if people gave one, its decoded draft and its fingerprint."""

    name: str
    label: str | None
    draft: Image.Image
    seen: FingerprintedImage

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes."""
        return self.seen.facts.sha256


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """The page of a pair, and its result in short."""

    page: str
    sentence: str
    joined: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class _Statistic:
    """A row in the table of statistics."""

    name: str
    meaning: str
    value: float
    contribution: float
    share: float
    """Share of the largest contribution: the length of the bar."""


def read_side(path: Path, name: str, label: str | None, settings: Settings) -> Side:
    """Open, decode and fingerprint a file. Raises ImageUnreadableError."""
    return side_of_bytes(_bytes_of(path, name), name, label, settings)


def side_of_bytes(data: bytes, name: str, label: str | None, settings: Settings) -> Side:
    """Decode and fingerprint the bytes of a file. Raises ImageUnreadableError."""
    draft = _draft_of(data, name, settings)
    seen = FingerprintedImage(draft.facts, fingerprint(draft, settings.fingerprint))
    return Side(name, label, draft.image, seen)


def side_of_fingerprinted(path: Path, name: str, label: str, seen: FingerprintedImage, settings: Settings) -> Side:
    """Open and decode a file whose fingerprint is known. Raises ImageUnreadableError."""
    return Side(name, label, _draft_of(_bytes_of(path, name), name, settings).image, seen)


def compare_files(first: Side, second: Side, settings: Settings) -> ComparedPair:
    """Compare two images as if the hotel had no others."""
    return compare(first, second, _verdict_of_two(first, second, settings), settings)


def compare(first: Side, second: Side, verdict: Verdict, settings: Settings, home: str = "") -> ComparedPair:
    """Explain a pair and make its page. `verdict` is the decision about it, `home` the link to the report."""
    explanation = explain(first.seen.fingerprint, second.seen.fingerprint)
    one, other = (second, first) if explanation.swapped else (first, second)
    summary = sentence(explanation, verdict, settings.grouping)
    aligned, statistics = explanation.aligned, _statistics(explanation)
    by_hashes = grouping_method(settings.grouping).compares_hashes
    is_same_view = verdict.reason is Reason.APART and not by_hashes and is_another_shot(explanation)
    page = render_report_page(
        "pair.html",
        one=one,
        other=other,
        images=(embedded(one.draft), embedded(other.draft)),
        overlays=_overlays(one, other, aligned),
        cells=block_cells(aligned.blocks) if aligned else [],
        drawing=same_view_drawing(aligned) if aligned and is_same_view else None,
        heat=heat(explanation.hash_distances),
        summary=summary,
        verdict=verdict,
        explanation=explanation,
        facts=facts(aligned) if aligned else [],
        statistics=statistics,
        strongest="" if by_hashes else _strongest(statistics),
        grouping=settings.grouping,
        home=home,
    )
    score = None if aligned is None or by_hashes else aligned.evidence.score
    return ComparedPair(page, summary, verdict.joined, score)


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageUnreadableError(f"{printable(name)}: {error.strerror or error}") from error


def _draft_of(data: bytes, name: str, settings: Settings) -> Draft:
    read = read_header(data, sha256_hex(data), any_size_filter(settings))
    draft = read if isinstance(read, Rejection) else decode_draft(data, read)
    if isinstance(draft, Rejection):
        raise ImageUnreadableError(f"{printable(name)}: {draft.outcome}: {draft.reason}")
    return draft


def _overlays(one: Side, other: Side, aligned: AlignedPair | None) -> Overlays | None:
    return overlays(one.draft, other.draft, aligned) if aligned else None


def _verdict_of_two(first: Side, second: Side, settings: Settings) -> Verdict:
    """What the product decides about two images that are alone in a hotel."""
    if first.sha256 == second.sha256:
        return Verdict(Reason.SAME_BYTES)
    for side in (first, second):
        if rejection := placeholder(side.seen.fingerprint):
            return Verdict(Reason.REJECTED, f"{side.name} counts as a placeholder ({rejection.reason})")
    pictures = group_same({side.sha256: side.seen for side in (first, second)}, (), settings.grouping)
    return Verdict(Reason.DIRECTLY if len(pictures) == 1 else Reason.APART)


def _statistics(explanation: Explanation) -> list[_Statistic]:
    """The statistics that make the score, the largest contribution first."""
    if explanation.aligned is None:
        return []
    found = explanation.aligned.contributions
    largest = max((abs(value) for value in found.values()), default=0.0) or 1.0
    return [
        _Statistic(name, meaning(name), explanation.aligned.statistics[name], found[name], abs(found[name]) / largest)
        for name in sorted(found, key=lambda name: -abs(found[name]))
    ]


def _strongest(statistics: Sequence[_Statistic]) -> str:
    """A sentence with the strongest statistics for one photograph, and one with those against it."""
    parts = []
    for word, wanted in (("for", 1), ("against", -1)):
        most = [item for item in statistics if item.contribution * wanted > 0][:MAX_NAMED_STATISTICS]
        listed = "; ".join(f"{item.meaning or item.name} ({item.contribution:+.1f})" for item in most)
        parts.append(f"Strongest evidence {word} one photograph: {listed}." if listed else "")
    return " ".join(filter(None, parts)).replace("(-", "(−")
