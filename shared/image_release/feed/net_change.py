"""What a run, a request or a release changed of one hotel, over one or several manifests, and how bad that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from image_release.publish import ChangeRecord, FirstPicture
from image_release.ranking_settings import shipped_never_first


class What(IntEnum):
    """What happened to a hotel, the worst first."""

    LOST_ALL = 0
    WITHDRAWN = 1
    LOST_MOST = 2
    OPENS_BADLY = 3
    LOST_SOME = 4
    OTHER_FIRST = 5
    REGROUPED = 6
    REORDERED = 7
    GAINED = 8
    NEW = 9
    NOTHING_SEEN = 10


WORDS = {
    What.LOST_ALL: "lost all pictures",
    What.WITHDRAWN: "withdrawn",
    What.LOST_MOST: "lost most pictures",
    What.OPENS_BADLY: "opens with a kind that should not come first",
    What.LOST_SOME: "lost pictures",
    What.OTHER_FIRST: "opens with another picture",
    What.REGROUPED: "copies joined or divided",
    What.REORDERED: "another order",
    What.GAINED: "gained pictures",
    What.NEW: "new",
    What.NOTHING_SEEN: "nothing that a traveller sees",
}
"""What happened, for people."""


@dataclass(frozen=True, slots=True)
class HotelChange:
    """What became of a hotel. `name` is that of its present manifest, empty where it was not looked up.

    Pictures are named by the SHA-256 of their best image. `seqs` are the manifests that made the change; `reasons` and
    `request_ids` are those of their nudges.
    """

    hotel_id: str
    seqs: tuple[int, ...]
    reasons: tuple[str, ...]
    request_ids: tuple[str, ...]
    is_new: bool
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    pictures_before: int
    pictures_after: int
    first_before: FirstPicture | None
    first_after: FirstPicture | None
    has_other_first: bool
    """Whether another picture opens the hotel now; another copy of the same picture is none."""
    is_reordered: bool
    withdrawn_before: bool
    withdrawn_after: bool
    name: str = ""

    @property
    def what(self) -> What:
        """What happened, by the worst of it."""
        happened = {
            What.LOST_ALL: self.pictures_before and not self.pictures_after and not self.withdrawn_after,
            What.WITHDRAWN: self.withdrawn_after and not self.withdrawn_before,
            What.LOST_MOST: 2 * len(self.lost) > self.pictures_before,
            What.OPENS_BADLY: self.opens_badly,
            What.LOST_SOME: self.lost,
            What.OTHER_FIRST: self.has_other_first and not self.is_new,
            What.REGROUPED: self.pictures_after - self.pictures_before != len(self.gained) - len(self.lost),
            What.REORDERED: self.is_reordered,
            What.GAINED: self.gained and not self.is_new,
            What.NEW: self.is_new,
        }
        return next((what for what, is_so in happened.items() if is_so), What.NOTHING_SEEN)

    @property
    def opens_badly(self) -> bool:
        """Whether the hotel opens now, and did not before, with a kind of picture that never comes first."""
        bad = shipped_never_first()
        before, after = self.first_before, self.first_after
        return after is not None and after.category in bad and (before is None or before.category not in bad)

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The worst first: what happened, then by pictures lost and gained."""
        return self.what, -len(self.lost), -len(self.gained), self.hotel_id


def net_change(records: Sequence[ChangeRecord]) -> HotelChange:
    """What several records of one hotel changed together; `records` are sorted by `seq`, and there is one at least.

    What was gained and lost again does not count.
    """
    first, last = records[0], records[-1]
    gained: dict[str, None] = {}
    lost: dict[str, None] = {}
    opening = first.first_before.sha256 if first.first_before else None
    for record in records:
        _take(record.lost, gained, lost)
        gained = {record.other_best.get(sha256, sha256): None for sha256 in gained}
        opening = record.other_best.get(opening, opening) if opening else None
        _take(record.gained, lost, gained)
    return HotelChange(
        hotel_id=last.hotel_id,
        seqs=tuple(record.seq for record in records),
        reasons=tuple(dict.fromkeys(record.reason for record in records)),
        request_ids=tuple(dict.fromkeys(record.request_id for record in records if record.request_id)),
        is_new=first.previous is None,
        gained=tuple(gained),
        lost=tuple(lost),
        pictures_before=first.pictures_before,
        pictures_after=last.pictures_after,
        first_before=first.first_before,
        first_after=last.first_after,
        has_other_first=opening != (last.first_after.sha256 if last.first_after else None),
        is_reordered=any(record.is_reordered for record in records),
        withdrawn_before=first.withdrawn_before,
        withdrawn_after=last.withdrawn_after,
    )


def _take(pictures: Sequence[str], back: dict[str, None], out: dict[str, None]) -> None:
    """Take pictures out of `back`, where they are, or else add them to `out`."""
    for sha256 in pictures:
        if sha256 in back:
            del back[sha256]
        else:
            out[sha256] = None
