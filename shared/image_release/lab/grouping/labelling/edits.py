"""The labels of one hotel's images, and the edits that change them: pure values and functions.

A state holds exactly one label for each image, by index, so no edit can lose or repeat an image.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from image_release.lab.grouping.labels import PLACEHOLDER, is_placeholder

MAX_UNDO = 1_000
"""Maximum number of edits of a hotel that can be undone. The state of 1,200 images takes 20 KB."""

ImageIndex = Annotated[int, Field(ge=0)]


class EditRefusedError(Exception):
    """An edit names an image that the hotel does not have."""


class _EditModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Merge(_EditModel):
    """The whole group of `image` joins the group of `into`."""

    kind: Literal["merge"]
    image: ImageIndex
    into: ImageIndex


class Move(_EditModel):
    """These images join the group of `into`."""

    kind: Literal["move"]
    images: list[ImageIndex] = Field(min_length=1)
    into: ImageIndex


class Split(_EditModel):
    """These images become a group of their own."""

    kind: Literal["split"]
    images: list[ImageIndex] = Field(min_length=1)


class NotPhoto(_EditModel):
    """These images show a message instead of a hotel; with `placeholder` false they are photographs again."""

    kind: Literal["not_photo"]
    images: list[ImageIndex] = Field(min_length=1)
    placeholder: bool


class MarkBest(_EditModel):
    """This image is, or is not, one of the cleanest, largest copies of its group."""

    kind: Literal["best"]
    image: ImageIndex
    best: bool


Edit = Annotated[Merge | Move | Split | NotPhoto | MarkBest, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class State:
    """The label and the best mark of each image, and the order in which the page shows the labels."""

    labels: tuple[str, ...]
    best: tuple[bool | None, ...]
    order: tuple[str, ...]

    def groups(self) -> dict[str, list[int]]:
        """The images of each label, in the order of the page."""
        groups: dict[str, list[int]] = {label: [] for label in self.order}
        for image, label in enumerate(self.labels):
            groups[label].append(image)
        return groups


@dataclass(frozen=True, slots=True)
class Names:
    """Makes new labels for a hotel. `taken` holds the labels of other hotels."""

    hotel_id: str
    taken: frozenset[str] = frozenset()

    def fresh(self, used: Collection[str], *, placeholder: bool) -> str:
        """The first unused label: `<hotel>/00` and so on, or `<hotel>/placeholder0` and so on."""
        for number in count():
            label = f"{self.hotel_id}{PLACEHOLDER}{number}" if placeholder else f"{self.hotel_id}/{number:02}"
            if label not in used and label not in self.taken:
                return label
        raise AssertionError("unreachable: count() is infinite")


def apply(state: State, edit: Edit, names: Names) -> State:
    """The state after an edit, or the same object if it changes nothing. Raises EditRefusedError."""
    match edit:
        case Merge(image=image, into=into):
            _check(state, [image, into])
            images = [each for each, label in enumerate(state.labels) if label == state.labels[image]]
            return _with_label(state, images, state.labels[into])
        case Move(images=images, into=into):
            _check(state, [*images, into])
            return _with_label(state, images, state.labels[into])
        case Split(images=images):
            _check(state, images)
            placeholder = all(is_placeholder(state.labels[image]) for image in images)
            return _with_own_group(state, images, names, placeholder=placeholder)
        case NotPhoto(images=images, placeholder=placeholder):
            _check(state, images)
            if all(is_placeholder(state.labels[image]) == placeholder for image in images):
                return state
            return _with_own_group(state, images, names, placeholder=placeholder)
        case MarkBest(image=image, best=best):
            _check(state, [image])
            marks = tuple(best if each == image else mark for each, mark in enumerate(state.best))
            return _with_consistent_marks(replace(state, best=marks), {state.labels[image]})


def _check(state: State, images: Iterable[int]) -> None:
    if unknown := [image for image in images if not 0 <= image < len(state.labels)]:
        raise EditRefusedError(f"there is no image {unknown[0]}: the hotel has {len(state.labels)} images")


def _with_own_group(state: State, images: Collection[int], names: Names, *, placeholder: bool) -> State:
    """Give the images a group of their own, after the group of the first of them."""
    there = state.labels[min(images)]
    whole = {image for image, label in enumerate(state.labels) if label == there}
    if whole == set(images) and is_placeholder(there) == placeholder:
        return state
    fresh = names.fresh(state.order, placeholder=placeholder)
    place = state.order.index(there) + 1
    order = (*state.order[:place], fresh, *state.order[place:])
    return _with_label(replace(state, order=order), images, fresh)


def _with_label(state: State, images: Collection[int], label: str) -> State:
    """Give the images a label. Groups that become empty are removed."""
    chosen = set(images)
    labels = tuple(label if image in chosen else old for image, old in enumerate(state.labels))
    if labels == state.labels:
        return state
    left = set(labels)
    order = tuple(each for each in state.order if each in left)
    return _with_consistent_marks(State(labels, state.best, order), {label} | {state.labels[image] for image in chosen})


def _with_consistent_marks(state: State, touched: Collection[str]) -> State:
    """Make the best marks of changed groups consistent.

    If an image of the group is marked best, the others get False; if none is, or it is a placeholder, all get None.
    """
    has_best = {
        label for label, best in zip(state.labels, state.best, strict=True) if best and not is_placeholder(label)
    }
    marks = tuple(
        best if label not in touched else bool(best) if label in has_best else None
        for label, best in zip(state.labels, state.best, strict=True)
    )
    return replace(state, best=marks)


@dataclass(frozen=True, slots=True)
class History:
    """The present state of a hotel, the states before it, and the states that were undone."""

    present: State
    past: tuple[State, ...] = ()
    future: tuple[State, ...] = ()

    def edited(self, edit: Edit, names: Names) -> History:
        """The history after an edit; an edit that changes nothing is not recorded. Raises EditRefusedError."""
        state = apply(self.present, edit, names)
        if state == self.present:
            return self
        return History(state, (*self.past, self.present)[-MAX_UNDO:])

    def undone(self) -> History:
        """The history with the last edit undone, if there is one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def redone(self) -> History:
        """The history with the last undone edit done again, if there is one."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
