"""The report on partners: what each sends, what became of it, and what the hotels would lose without it.

All numbers are sums over the manifests that are published, as the index knows them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from image_release.desk.index import HotelIndex


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """One partner. Pictures are counted once a hotel, images once each.

    `pictures` have an image of it, `only` none of anybody else. `shared` pictures have images of others, too, and in
    `shared_best` of them its copy is shown. `hotels` have images of it; `depends_wholly` of them have pictures and all
    of these come from it alone, `depends_mostly` more than half but not all. `unavailable` images could not be fetched,
    also where an older copy is shown.
    """

    partner_id: str
    hotels: int
    images: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    pictures: int = 0
    only: int = 0
    best: int = 0
    shared_best: int = 0
    depends_wholly: int = 0
    depends_mostly: int = 0
    unavailable: int = 0

    @property
    def shared(self) -> int:
        """Pictures of which others send images, too."""
        return self.pictures - self.only

    @property
    def share_best(self) -> float | None:
        """How often its copy is the best where others send the picture, too; None where nobody does."""
        return self.shared_best / self.shared if self.shared else None

    @property
    def share_unavailable(self) -> float | None:
        """The share of its images that could not be fetched."""
        return self.unavailable / self.images if self.images else None

    def document(self) -> dict[str, Any]:
        """The line as JSON."""
        return {
            "partner_id": self.partner_id,
            "hotels": self.hotels,
            "images": self.images,
            "outcomes": dict(self.outcomes),
            "pictures": self.pictures,
            "pictures_only_they_bring": self.only,
            "pictures_shared": self.shared,
            "best_copies": self.best,
            "best_of_shared": self.shared_best,
            "share_best_of_shared": self.share_best,
            "hotels_that_depend_wholly": self.depends_wholly,
            "hotels_that_depend_mostly": self.depends_mostly,
            "unavailable": self.unavailable,
            "share_unavailable": self.share_unavailable,
        }


@dataclass(frozen=True, slots=True)
class PartnerReport:
    """All partners, those with most images first; the hotels, pictures and images of the whole workspace."""

    lines: tuple[PartnerLine, ...]
    hotels: int
    pictures: int
    images: int
    outcomes: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        totals = {name: getattr(self, name) for name in ("hotels", "pictures", "images")}
        return {"partners": [line.document() for line in self.lines], **totals, "outcomes": dict(self.outcomes)}


_SUMS = """
SELECT partner_id, count(*), sum(partners.images), sum(partners.pictures), sum(only), sum(best), sum(shared_best),
    sum(only > 0 AND only = hotels.pictures), sum(only < hotels.pictures AND 2 * only > hotels.pictures),
    sum(partners.unavailable)
FROM partners JOIN hotels ON hotels.number = hotel GROUP BY partner_id
"""
_HOTELS = "SELECT count(*), coalesce(sum(pictures), 0) FROM hotels WHERE published_at IS NOT NULL"


def partner_report(index: HotelIndex) -> PartnerReport:
    """Sum over all hotels of the index. Raises IndexDamagedError."""
    outcomes: dict[str, Counter[str]] = {}
    with index.reading() as db:
        for partner_id, text, times in db.execute(
            "SELECT partner_id, outcomes, count(*) FROM partners GROUP BY partner_id, outcomes"
        ):
            counts = outcomes.setdefault(partner_id, Counter())
            for outcome, images in json.loads(text).items():
                counts[outcome] += images * times
        sums = db.execute(_SUMS).fetchall()
        hotels, pictures = db.execute(_HOTELS).fetchone()
    lines = []
    for partner_id, its_hotels, images, its_pictures, only, best, shared_best, wholly, mostly, unavailable in sums:
        its_outcomes = dict(sorted(outcomes[partner_id].items()))
        counts_of_pictures = (its_pictures, only, best, shared_best, wholly, mostly, unavailable)
        lines.append(PartnerLine(partner_id, its_hotels, images, its_outcomes, *counts_of_pictures))
    total = sum(outcomes.values(), Counter[str]())
    return PartnerReport(
        tuple(sorted(lines, key=lambda line: (-line.images, line.partner_id))),
        hotels,
        pictures,
        total.total(),
        dict(sorted(total.items())),
    )
