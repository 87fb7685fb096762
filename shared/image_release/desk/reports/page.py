"""The reports as pages: the charts and numbers that the templates show, and a page that needs no server.

The desk shows the same bodies (`partners_body.html`, `hotels_body.html`) in its own frame, with `page` and `links`.
Names and ids come from outside, so templates escape every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from image_release.desk.index import HotelIndex
from image_release.desk.reports.bars import Bars, stacked
from image_release.desk.reports.hotels import (
    MOST_GOOD,
    WHAT_GOOD_MEANS,
    FewHotel,
    FewPicturesReport,
    PlaceLine,
    few_hotels,
)
from image_release.desk.reports.partners import PartnerLine, PartnerReport
from image_release.gallery import TEMPLATES as GALLERY_TEMPLATES
from image_release.gallery import render_template
from image_release.outcomes import Outcome

TEMPLATES = Path(__file__).parent / "templates"
"""The bodies of the reports, their macros, and `reports.css`."""
LISTED = 500
"""Maximum number of hotels and cities on a page: the CSV has all."""
NOT_SHOWN = (Outcome.HIDDEN, Outcome.OVER_LIMIT, Outcome.SAME_VIEW)
NOT_FETCHED = (Outcome.UNAVAILABLE, Outcome.DEFERRED, Outcome.GONE)
NEUTRAL, BAD, POOR = 2, 3, 4
"""Colours of `reports.css`."""
BECAME = ("best copies", "other copies", "hidden or too many", "gone or not fetched", "refused")


class Links(Protocol):
    """Where the desk's pages are; a page without a server has none."""

    def hotel(self, hotel_id: str) -> str:
        """The page of a hotel."""

    def partner(self, partner_id: str) -> str:
        """The list of a partner's hotels."""

    def place(self, country: str, city: str | None) -> str:
        """The list of the hotels of a country or a city."""


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """What the page of the partners shows."""

    report: PartnerReport
    charts: tuple[Bars, ...]


@dataclass(frozen=True, slots=True)
class HotelPage:
    """What the page of hotels with few good pictures shows; `hotels` and `cities` are the first ones."""

    report: FewPicturesReport
    charts: tuple[Bars, ...]
    hotels: tuple[FewHotel, ...]
    cities: tuple[PlaceLine, ...]
    good_means: str = WHAT_GOOD_MEANS


def partner_page(report: PartnerReport) -> PartnerPage:
    """The charts of a report on partners."""
    lines = report.lines
    return PartnerPage(
        report,
        (
            stacked(
                "What became of their images",
                BECAME,
                ((line.partner_id, _became(line), f"{line.images:,}") for line in lines),
            ),
            stacked(
                "Pictures that they have an image of",
                ("only they bring", "others bring, too"),
                ((line.partner_id, (line.only, line.shared), f"{line.only:,} of {line.pictures:,}") for line in lines),
            ),
            stacked(
                "How often their copy is the best, of pictures that others bring, too",
                ("share",),
                (
                    (line.partner_id, (line.share_best,), f"{line.share_best:.0%} of {line.shared:,}")
                    for line in lines
                    if line.share_best is not None
                ),
                full=1.0,
            ),
            stacked(
                "Hotels that depend on them",
                ("for all pictures", "for more than half"),
                (
                    (
                        line.partner_id,
                        (line.depends_wholly, line.depends_mostly),
                        f"{line.depends_wholly + line.depends_mostly:,} of {line.hotels:,}",
                    )
                    for line in lines
                ),
                full=max((line.hotels for line in lines), default=1),
            ),
        ),
    )


def hotel_page(index: HotelIndex, report: FewPicturesReport) -> HotelPage:
    """The charts of a report on hotels, and the first of these. Raises IndexDamagedError."""
    return HotelPage(
        report,
        (
            stacked(
                "Hotels by number of good pictures",
                ("hotels",),
                (
                    (f"{number}" if number < MOST_GOOD else f"{number} or more", (hotels,), f"{hotels:,}")
                    for number, hotels in enumerate(report.by_good)
                ),
                most=MOST_GOOD + 1,
            ),
            stacked(
                f"Countries by hotels with fewer than {report.fewer_than} good pictures",
                ("none", "few", "enough"),
                (
                    (
                        line.country or "unknown",
                        (line.without, line.few - line.without, line.hotels - line.few),
                        f"{line.few:,} of {line.hotels:,}",
                    )
                    for line in report.countries
                ),
                colours=(BAD, POOR, NEUTRAL),
            ),
        ),
        tuple(islice(few_hotels(index, report.fewer_than), LISTED)),
        tuple(line for line in report.cities if line.few)[:LISTED],
    )


def partners_html(page: PartnerPage) -> str:
    """The page of the partners, for any browser, without a server."""
    return _html("Partners", "partners_body.html", page)


def hotels_html(page: HotelPage) -> str:
    """The page of hotels with few good pictures, for any browser, without a server."""
    return _html("Hotels with few good pictures", "hotels_body.html", page)


def _html(title: str, body: str, page: PartnerPage | HotelPage) -> str:
    folders = (TEMPLATES, GALLERY_TEMPLATES)
    return render_template("report.html", folders, title=title, body=body, page=page, links=None)


def _became(line: PartnerLine) -> Sequence[float]:
    """How many images became what `BECAME` names."""
    counts = line.outcomes
    best, other = counts.get(Outcome.PUBLISHED, 0), counts.get(Outcome.MERGED, 0)
    hidden = sum(counts.get(outcome, 0) for outcome in NOT_SHOWN)
    missing = sum(counts.get(outcome, 0) for outcome in NOT_FETCHED)
    return best, other, hidden, missing, line.images - best - other - hidden - missing
