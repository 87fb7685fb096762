"""Where a hotel starts: what people said already, and for the rest the product's own grouping.

What people said is never changed by it: an image without a label joins the label of its group only when people gave
that group exactly one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.hotels import CorpusHotel
from image_release.lab.grouping.labelling.edits import Names, State, is_placeholder
from image_release.lab.grouping.labels import LabelledImage
from image_release.lab.grouping.measures import REJECTED
from image_release.outcomes import Outcome
from image_release.settings import Settings

NO_PICTURE = f"{REJECTED}{Outcome.PLACEHOLDER}"


@dataclass(frozen=True, slots=True)
class Known:
    """What labels.csv says of an image; an empty label where it says nothing."""

    label: str = ""
    best: bool | None = None


def group_images(corpus: Path, hotel_id: str, images: Sequence[str], settings: Settings) -> list[str]:
    """The group that the product puts each image into, as `corpus evaluate` would. Runs in a child process."""
    unlabelled = tuple(LabelledImage(image, hotel_id, "", "", None) for image in images)
    grouped_images = group_hotel(CorpusHotel(corpus, hotel_id, unlabelled, settings)).grouped_images
    group_of = {item.image: item.group for item in grouped_images}
    return [group_of[image] for image in images]


def propose(known: Sequence[Known], groups: Sequence[str] | None, names: Names) -> State:
    """The first state of a hotel. `groups` names each image's group; None: each image without a label is alone.

    Large groups come first, what is no photograph comes last.
    """
    labels = [item.label for item in known]
    said: dict[str, set[str]] = {}
    for group, label in zip(groups or (), labels, strict=False):
        said.setdefault(group, set()).update({label} - {""})
    used = set(labels)
    given: dict[str, str] = {}
    for image, label in enumerate(labels):
        if label:
            continue
        group = groups[image] if groups else f"image {image}"
        if group.startswith(REJECTED) and group != NO_PICTURE:
            group = f"{group} {image}"  # what cannot be decoded is like nothing else
        if group not in given:
            agreed = said.get(group, set())
            placeholder = group == NO_PICTURE
            given[group] = next(iter(agreed)) if len(agreed) == 1 else names.fresh(used, placeholder=placeholder)
            used.add(given[group])
        labels[image] = given[group]
    return State(tuple(labels), tuple(item.best for item in known), _order(labels))


def _order(labels: Sequence[str]) -> tuple[str, ...]:
    sizes: dict[str, int] = {}
    for label in labels:
        sizes[label] = sizes.get(label, 0) + 1
    return tuple(sorted(sizes, key=lambda label: (is_placeholder(label), -sizes[label])))
