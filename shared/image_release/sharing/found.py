"""What hotels share, as values: pictures of many hotels, and pairs of hotels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from image_release.problems import Problem
from image_release.values import HotelRow

LEAST = 3
"""Minimum number of photographs that two hotels share to be a pair."""
MANY = 10
"""A picture that more hotels have says nothing about two of them."""


@dataclass(frozen=True, slots=True)
class Counting:
    """How it is counted: how many photographs make a pair, and from how many hotels on a picture is one of many."""

    least: int = LEAST
    many: int = MANY


AS_USUAL = Counting()


@dataclass(frozen=True, slots=True)
class SharedPicture:
    """A picture that many hotels have, by the index: its images (SHA-256) by hotel, both sorted.

    `image` is the one that most hotels have, and `hotel_id` a hotel that has it: a person may decide about it there.
    `copies` are all images of it, also those that no hotel has now. `decided` is what a person decided for every hotel
    about one of them, and None where that is nothing.
    """

    image: str
    hotel_id: str
    images: Mapping[str, tuple[str, ...]]
    copies: tuple[str, ...]
    decided: str | None


def decided_about(copies: Iterable[str], decided: Mapping[str, str]) -> str | None:
    """What people decided about a picture with these images; `decided` says it by image."""
    return next((decided[image] for image in copies if image in decided), None)


class LikelyReason(StrEnum):
    """Why two hotels may share photographs."""

    SAME_HOTEL = "same_hotel"
    PARTNER_MIX_UP = "partner_mix_up"
    WRONG_HOTEL = "wrong_hotel"
    SOME_IN_COMMON = "some_in_common"


@dataclass(frozen=True, slots=True)
class PairedHotel:
    """One hotel of a pair: its row of the release, the number of its pictures, and the share of them that both have.

    `partners` send the images that both have, and `of_partners` is the share of their pictures of this hotel.
    """

    row: HotelRow
    pictures: int
    share: float
    partners: tuple[str, ...]
    of_partners: float

    @property
    def hotel_id(self) -> str:
        """The hotel's id."""
        return self.row.hotel_id


@dataclass(frozen=True, slots=True)
class HotelPair:
    """Two hotels that share photographs, the smaller id first.

    `shared` names the best image (SHA-256) of each shared picture in either hotel. `weight` is the sum over these of
    one divided by the number of other hotels that have the picture: what few hotels have says more. `kilometres` is
    None where the release does not say where both are.
    """

    one: PairedHotel
    other: PairedHotel
    shared: tuple[tuple[str, str], ...]
    weight: float
    kilometres: float | None
    reason: LikelyReason


@dataclass(frozen=True, slots=True)
class Shared:
    """What hotels share: pictures of many hotels, and pairs, the heaviest first.

    Of the pictures those come first about which nothing is decided, each time by the number of their hotels.
    """

    images: int
    hotels: int
    pictures: tuple[SharedPicture, ...]
    pairs: tuple[HotelPair, ...]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def ordered(
        cls,
        images: int,
        hotels: int,
        pictures: Iterable[SharedPicture],
        pairs: Iterable[HotelPair],
        problems: Iterable[Problem],
    ) -> Shared:
        """What was found in any order."""
        return cls(
            images,
            hotels,
            tuple(sorted(pictures, key=lambda item: (item.decided is not None, -len(item.images), item.image))),
            tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.one.hotel_id, pair.other.hotel_id))),
            tuple(problems),
        )
