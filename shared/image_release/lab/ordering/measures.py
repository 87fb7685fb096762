"""The measures of an order of pictures against people's grades.

| measure | meaning |
|---|---|
| `first_ok` | share of hotels whose first picture has grade 2 or 3; only hotels that have such a picture count |
| `first_never` | share of hotels whose first picture has grade 0; only hotels that have a better one count |
| `ndcg5`, `ndcg10` | mean normalised discounted cumulative gain of the first 5 and 10, with gain 2^grade - 1 |
| `same_kind3` | share of hotels with at least 3 categories whose first three pictures are all of one category |
| `kinds_right` | share of labelled pictures whose kind is the one that people gave (`kinds.yaml`) |
| `groups_right` | the same for groups of kinds, which a traveller would hardly tell apart |
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from image_release.kinds import kind_of_scene, shipped_kinds
from image_release.lab.ordering.grades import ACCEPTABLE, NEVER, Grade

OPENING_PICTURES = 3
"""Number of first pictures whose categories are compared."""


@dataclass(frozen=True, slots=True)
class OrderMeasures:
    """The measures over all hotels that have a picture with a grade above 0; None if no hotel counts for a measure."""

    hotels: int
    first_ok: float | None
    first_never: float | None
    ndcg5: float | None
    ndcg10: float | None
    same_kind3: float | None
    wrong: tuple[str, ...]
    """A sentence for each hotel that has an acceptable picture but shows another one first."""


@dataclass(frozen=True, slots=True)
class KindMeasures:
    """How often the kind of a picture is right; None if no picture was labelled."""

    labelled: int
    kinds_right: float | None
    groups_right: float | None


def measure_kinds(grades: Mapping[str, Grade], kinds: Mapping[str, str | None]) -> KindMeasures:
    """Compare kinds (label -> kind; None: labelled, but the labels do not tell) with the categories of people.

    Pictures whose category means no kind are left out.
    """
    known = kind_of_scene()
    pairs = [(known[grades[label].category], kind) for label, kind in kinds.items() if grades[label].category in known]
    return KindMeasures(
        labelled=len(pairs),
        kinds_right=_mean([kind == right for right, kind in pairs]),
        groups_right=_mean([_group(kind) == _group(right) for right, kind in pairs]),
    )


def _group(kind: str | None) -> str | None:
    """The group of a kind; a kind that only the settings name is a group of its own."""
    known = shipped_kinds().get(kind or "")
    return known.group if known else kind


def measure(grades: Iterable[Grade], orders: Mapping[str, Sequence[str]]) -> OrderMeasures:
    """Measure orders (hotel -> labels, first one first). Labels without a grade are left out."""
    by_hotel: defaultdict[str, dict[str, Grade]] = defaultdict(dict)
    for grade in grades:
        by_hotel[grade.hotel_id][grade.label] = grade
    ok: list[bool] = []
    never: list[bool] = []
    ndcg5: list[float] = []
    ndcg10: list[float] = []
    same_kind: list[bool] = []
    wrong: list[str] = []
    for hotel_id, graded in sorted(by_hotel.items()):
        ideal = sorted((grade.grade for grade in graded.values()), reverse=True)
        if ideal[0] == NEVER:
            continue
        shown = [graded[label] for label in dict.fromkeys(orders.get(hotel_id, ())) if label in graded]
        first = shown[0].grade if shown else NEVER
        never.append(first == NEVER)
        if ideal[0] >= ACCEPTABLE:
            ok.append(first >= ACCEPTABLE)
            if first < ACCEPTABLE:
                wrong.append(_what_is_wrong(hotel_id, shown))
        gained = [grade.grade for grade in shown]
        ndcg5.append(_gain(gained[:5]) / _gain(ideal[:5]))
        ndcg10.append(_gain(gained[:10]) / _gain(ideal[:10]))
        categories = {grade.category for grade in graded.values()}
        if len(categories) >= OPENING_PICTURES and len(shown) >= OPENING_PICTURES:
            same_kind.append(len({grade.category for grade in shown[:OPENING_PICTURES]}) == 1)
    return OrderMeasures(
        hotels=len(never),
        first_ok=_mean(ok),
        first_never=_mean(never),
        ndcg5=_mean(ndcg5),
        ndcg10=_mean(ndcg10),
        same_kind3=_mean(same_kind),
        wrong=tuple(wrong),
    )


def _gain(grades: Sequence[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def _mean(values: Collection[float]) -> float | None:
    return fmean(values) if values else None


def _what_is_wrong(hotel_id: str, shown: Sequence[Grade]) -> str:
    if not shown:
        return f"{hotel_id}: no picture"
    return f"{hotel_id}: first is {shown[0].label} ({shown[0].category}, {shown[0].grade})"
