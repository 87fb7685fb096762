"""The measures of a grouping against labels.

MEANINGS has their definitions, which are those of the independent judge that comes with the corpus.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

from image_release.lab.grouping.labels import LabelledImage, is_placeholder

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "purity": "share of groups that hold a single label",
        "completeness": "share of groups that hold every image of each label in them",
        "duplicates": "share of groups whose label another group shows too: a traveller sees it twice",
        "lost": "share of labels that no group shows, because no best image of a group has this label",
        "pair_precision": "share of the joined pairs of a hotel that have the same label",
        "pair_recall": "share of the pairs of a hotel with the same label that were joined",
        "pair_f1": "harmonic mean of pair precision and pair recall",
        "best_right": "share of the groups whose label has a copy marked best where such a copy was chosen",
    }
)
"""Measure -> its definition, as the report shows it."""
REJECTED = "rejected:"
"""Start of the group name of a rejected image."""
SILENT_ATTACKS = frozenset({"", "side", "q"})
"""Parts of the `attacks` column that say how a copy was saved, not what was done to it."""
LOW_QUALITY = 50
"""JPEG quality below which a copy counts as attacked by compression (`q<50`)."""


@dataclass(frozen=True, slots=True)
class GroupedImage:
    """Where the program put an image: `group` is a name within the hotel, or `rejected:<outcome>`."""

    image: str
    hotel_id: str
    group: str
    best: bool


@dataclass(frozen=True, slots=True)
class WrongGroup:
    """A group that mixes labels, or that lacks images of its label."""

    hotel_id: str
    group: str
    labels: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupingMeasures:
    """See MEANINGS; `attacks` maps a name to (share of its pairs that were joined, number of pairs)."""

    images: int
    labels: int
    groups: int
    rejected: int
    purity: float
    completeness: float
    duplicates: float
    lost: float
    pair_precision: float
    pair_recall: float
    pair_f1: float
    best_right: float | None
    attacks: Mapping[str, tuple[float, int]]
    wrong: tuple[WrongGroup, ...]


@dataclass(frozen=True, slots=True)
class _JudgedGroup:
    """One group against the labels. `best_right` is None if no copy of the shown label is marked best."""

    labels: tuple[str, ...]
    images: tuple[str, ...]
    complete: bool
    shown: str
    best_right: bool | None


def measure(labelled: Sequence[LabelledImage], grouped_images: Iterable[GroupedImage]) -> GroupingMeasures:
    """Measure a grouping that places every labelled image exactly once. Raises ValueError if all are rejected."""
    known = {item.image: item for item in labelled}
    groups, rejected = _by_group(grouped_images)
    if not groups:
        raise ValueError("there is no group to measure: every image was rejected")
    images_of: dict[str, set[str]] = defaultdict(set)
    for label in labelled:
        if not (label.is_placeholder and label.image in rejected):
            images_of[label.label].add(label.image)
    judged = {key: _judge(members, known, images_of) for key, members in groups.items()}
    shown = {group.shown for group in judged.values()}
    best_right = [group.best_right for group in judged.values() if group.best_right is not None]
    photographs = [label for label in images_of if not is_placeholder(label)]
    group_of = {member.image: key for key, members in groups.items() for member in members}
    attacks, same, found = _pairs(known, images_of, group_of)
    joined = sum(len(members) * (len(members) - 1) // 2 for members in groups.values())
    precision, recall = (found / joined if joined else 1.0), (found / same if same else 1.0)
    return GroupingMeasures(
        images=len(labelled),
        labels=len(images_of),
        groups=len(groups),
        rejected=len(rejected),
        purity=sum(len(group.labels) == 1 for group in judged.values()) / len(groups),
        completeness=sum(group.complete for group in judged.values()) / len(groups),
        duplicates=(len(groups) - len(shown)) / len(groups),
        lost=sum(label not in shown for label in photographs) / len(photographs) if photographs else 0.0,
        pair_precision=precision,
        pair_recall=recall,
        pair_f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        best_right=sum(best_right) / len(best_right) if best_right else None,
        attacks=attacks,
        wrong=_wrong_groups(judged),
    )


def _by_group(grouped_images: Iterable[GroupedImage]) -> tuple[dict[tuple[str, str], list[GroupedImage]], set[str]]:
    """(hotel and group name -> images, rejected images)."""
    groups: dict[tuple[str, str], list[GroupedImage]] = defaultdict(list)
    rejected = set()
    for item in grouped_images:
        if item.group.startswith(REJECTED):
            rejected.add(item.image)
        else:
            groups[item.hotel_id, item.group].append(item)
    return groups, rejected


def _judge(
    members: Sequence[GroupedImage], known: Mapping[str, LabelledImage], images_of: Mapping[str, set[str]]
) -> _JudgedGroup:
    """Compare a group with the labels. Without a best image, the first image counts as best."""
    images = {member.image for member in members}
    labels = {known[image].label for image in images}
    chosen = known[next((member.image for member in members if member.best), members[0].image)]
    is_marked = any(known[image].best for image in images_of[chosen.label])
    return _JudgedGroup(
        labels=tuple(sorted(labels)),
        images=tuple(sorted(images)),
        complete=all(images_of[label] <= images for label in labels),
        shown=chosen.label,
        best_right=chosen.best is True if is_marked else None,
    )


def _wrong_groups(judged: Mapping[tuple[str, str], _JudgedGroup]) -> tuple[WrongGroup, ...]:
    return tuple(
        WrongGroup(hotel_id, name, group.labels, group.images)
        for (hotel_id, name), group in sorted(judged.items())
        if len(group.labels) > 1 or not group.complete
    )


def _pairs(
    known: Mapping[str, LabelledImage],
    images_of: Mapping[str, set[str]],
    group_of: Mapping[str, tuple[str, str]],
) -> tuple[dict[str, tuple[float, int]], int, int]:
    """(share and number of pairs per attack, pairs with the same label, how many of these were joined)."""
    pairs: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    same = found = 0
    for images in images_of.values():
        for one, other in combinations(sorted(images), 2):
            joined = one in group_of and group_of[one] == group_of.get(other)
            same += 1
            found += joined
            for name in _attacks(known[one].attacks) | _attacks(known[other].attacks):
                pairs[name] += 1
                hits[name] += joined
    return {name: (hits[name] / count, count) for name, count in pairs.most_common()}, same, found


def _attacks(column: str) -> set[str]:
    names = {part.split(":")[0] for part in column.split("|")} - SILENT_ATTACKS
    qualities = [part[2:] for part in column.split("|") if part.startswith("q:")]
    return names | (
        {"q<50"} if any(quality.isdecimal() and int(quality) < LOW_QUALITY for quality in qualities) else set()
    )
