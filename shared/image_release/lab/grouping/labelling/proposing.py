"""Proposes the first labels of a hotel: labels that people gave, and the product's own groups for the other images.

Labels that people gave are never changed. An image without a label gets the label of its group only if people gave that
group exactly one label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image_release.lab.grouping.corpus_hotels import CorpusHotel
from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.labelling.edits import Names, State
from image_release.lab.grouping.labels import LabelledImage, is_placeholder
from image_release.lab.grouping.measures import REJECTED
from image_release.outcomes import Outcome
from image_release.settings import Settings

PLACEHOLDER_GROUP = f"{REJECTED}{Outcome.PLACEHOLDER}"


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """The label of an image in labels.csv; empty if it has none."""

    label: str = ""
    best: bool | None = None


def group_images(corpus: Path, hotel_id: str, images: Sequence[str], settings: Settings) -> list[str]:
    """The group into which the product puts each image, as in `corpus evaluate`. Runs in a child process."""
    unlabelled = tuple(LabelledImage(image, hotel_id, "", "", None) for image in images)
    grouped_images = group_hotel(CorpusHotel(corpus, hotel_id, unlabelled, settings)).grouped_images
    group_of = {item.image: item.group for item in grouped_images}
    return [group_of[image] for image in images]


def propose(known: Sequence[KnownLabel], groups: Sequence[str] | None, names: Names) -> State:
    """The first state of a hotel, with large groups first and placeholders last.

    `groups` holds the group of each image. If it is None, each image without a label gets a group of its own.
    """
    labels = [item.label for item in known]
    labels_of_group: dict[str, set[str]] = {}
    for group, label in zip(groups or (), labels, strict=False):
        labels_of_group.setdefault(group, set()).update({label} - {""})
    used = set(labels)
    given: dict[str, str] = {}
    for image, label in enumerate(labels):
        if label:
            continue
        group = groups[image] if groups else f"image {image}"
        if group.startswith(REJECTED) and group != PLACEHOLDER_GROUP:
            group = f"{group} {image}"  # an image that cannot be decoded is not a copy of another one
        if group not in given:
            of_people = labels_of_group.get(group, set())
            placeholder = group == PLACEHOLDER_GROUP
            given[group] = next(iter(of_people)) if len(of_people) == 1 else names.fresh(used, placeholder=placeholder)
            used.add(given[group])
        labels[image] = given[group]
    return State(tuple(labels), tuple(item.best for item in known), _order(labels))


def _order(labels: Sequence[str]) -> tuple[str, ...]:
    sizes: dict[str, int] = {}
    for label in labels:
        sizes[label] = sizes.get(label, 0) + 1
    return tuple(sorted(sizes, key=lambda label: (is_placeholder(label), -sizes[label])))
