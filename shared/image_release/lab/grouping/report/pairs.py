"""The page of a pair: two images side by side, and everything that led to joining them or keeping them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from image_release.decode import Draft, decode_draft, read_header
from image_release.dedup import AlignedPair, Explanation, FingerprintedImage, explain, group_same, placeholder
from image_release.fingerprint import fingerprint
from image_release.lab.grouping.hotels import open_filter
from image_release.lab.grouping.report.drawing import block_cells, heat
from image_release.lab.grouping.report.meanings import meaning
from image_release.lab.grouping.report.overlays import Overlays, overlays, shown
from image_release.lab.grouping.report.sentences import How, Verdict, facts, sentence
from image_release.lab.grouping.report.templating import rendered
from image_release.outcomes import Rejection
from image_release.problems import printable
from image_release.settings import Settings
from image_release.values import sha256_hex

MOST_TOLD = 3
"""Statistics for and against that are named over the pictures."""


class PictureUnreadableError(Exception):
    """A file that is no picture, or cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One image of a pair: its name, what people say it shows (if they do), its decoded draft and its fingerprint."""

    name: str
    label: str | None
    picture: Image.Image
    seen: FingerprintedImage

    @property
    def sha256(self) -> str:
        """Its content."""
        return self.seen.facts.sha256


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair's page and what it says in short."""

    page: str
    sentence: str
    joined: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class _Statistic:
    name: str
    meaning: str
    value: float
    contribution: float
    share: float
    """Of the largest contribution, for the bar."""


def read_side(path: Path, name: str, label: str | None, settings: Settings) -> Side:
    """Open, decode and fingerprint a file. Raises PictureUnreadableError."""
    draft = _draft(path, name, settings)
    seen = FingerprintedImage(draft.facts, fingerprint(draft, settings.fingerprint))
    return Side(name, label, draft.image, seen)


def decoded_side(path: Path, name: str, label: str, seen: FingerprintedImage, settings: Settings) -> Side:
    """A file that was printed before. Raises PictureUnreadableError."""
    return Side(name, label, _draft(path, name, settings).image, seen)


def compare_files(first: Side, second: Side, settings: Settings) -> Compared:
    """Compare two images as if they were all that a hotel has."""
    return compare(first, second, _alone(first, second, settings), settings)


def compare(first: Side, second: Side, verdict: Verdict, settings: Settings, home: str = "") -> Compared:
    """Work a pair out and write its page; `verdict` is what was decided of it, `home` where the report lies."""
    explanation = explain(first.seen.fingerprint, second.seen.fingerprint)
    one, other = (second, first) if explanation.swapped else (first, second)
    said = sentence(explanation, verdict, settings.grouping)
    aligned, statistics = explanation.aligned, _statistics(explanation)
    page = rendered(
        "pair.html",
        one=one,
        other=other,
        pictures=(shown(one.picture), shown(other.picture)),
        over=_overlays(one, other, aligned),
        cells=block_cells(aligned.blocks) if aligned else [],
        heat=heat(explanation.hash_distances),
        said=said,
        verdict=verdict,
        explanation=explanation,
        facts=facts(aligned) if aligned else [],
        statistics=statistics,
        weighed=_weighed(statistics),
        grouping=settings.grouping,
        home=home,
    )
    return Compared(page, said, verdict.joined, aligned.evidence.score if aligned else None)


def _draft(path: Path, name: str, settings: Settings) -> Draft:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureUnreadableError(f"{printable(name)}: {error.strerror or error}") from error
    read = read_header(data, sha256_hex(data), open_filter(settings))
    draft = read if isinstance(read, Rejection) else decode_draft(data, read)
    if isinstance(draft, Rejection):
        raise PictureUnreadableError(f"{printable(name)}: {draft.outcome}: {draft.reason}")
    return draft


def _overlays(one: Side, other: Side, aligned: AlignedPair | None) -> Overlays | None:
    return overlays(one.picture, other.picture, aligned) if aligned else None


def _alone(first: Side, second: Side, settings: Settings) -> Verdict:
    """What the product decides of two images that are alone in a hotel."""
    if first.sha256 == second.sha256:
        return Verdict(How.SAME_BYTES)
    for side in (first, second):
        if rejection := placeholder(side.seen.fingerprint):
            return Verdict(How.REJECTED, f"{side.name} is taken for a placeholder ({rejection.reason})")
    pictures = group_same({side.sha256: side.seen for side in (first, second)}, (), settings.grouping)
    return Verdict(How.DIRECTLY if len(pictures) == 1 else How.APART)


def _statistics(explanation: Explanation) -> list[_Statistic]:
    """What made the score, the weightiest first."""
    if explanation.aligned is None:
        return []
    found = explanation.aligned.contributions
    largest = max((abs(value) for value in found.values()), default=0.0) or 1.0
    return [
        _Statistic(name, meaning(name), explanation.aligned.statistics[name], found[name], abs(found[name]) / largest)
        for name in sorted(found, key=lambda name: -abs(found[name]))
    ]


def _weighed(statistics: Sequence[_Statistic]) -> str:
    """What spoke most for one photograph, and what against it."""
    parts = []
    for word, wanted in (("for", 1), ("against", -1)):
        most = [item for item in statistics if item.contribution * wanted > 0][:MOST_TOLD]
        told = "; ".join(f"{item.meaning or item.name} ({item.contribution:+.1f})" for item in most)
        parts.append(f"Most {word} it: {told}." if told else "")
    return " ".join(filter(None, parts)).replace("(-", "(−")
