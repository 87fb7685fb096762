"""What a person says of one hotel's images, and how each thing they say changes it: pure values and functions.

A state gives every image exactly one label, by its index, so no edit can lose an image or have it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PLACEHOLDER = "/placeholder"
"""In a label: its images show a message instead of a hotel (corpus/judge.py)."""
MOST_UNDONE = 1_000
"""Edits of a hotel that can be undone: a state of 1,200 images takes 20 KB."""

Image = Annotated[int, Field(ge=0)]


class EditRefusedError(Exception):
    """An edit that speaks of an image which is not there."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Merge(_Said):
    """The whole group of `image` joins the group of `into`."""

    kind: Literal["merge"]
    image: Image
    into: Image


class Move(_Said):
    """These images join the group of `into`."""

    kind: Literal["move"]
    images: list[Image] = Field(min_length=1)
    into: Image


class Split(_Said):
    """These images become a group of their own."""

    kind: Literal["split"]
    images: list[Image] = Field(min_length=1)


class NotPhoto(_Said):
    """These images show a message instead of a hotel, or (`placeholder` false) a photograph after all."""

    kind: Literal["not_photo"]
    images: list[Image] = Field(min_length=1)
    placeholder: bool


class MarkBest(_Said):
    """This image is one of its group's cleanest, largest copies, or is not."""

    kind: Literal["best"]
    image: Image
    best: bool


Edit = Annotated[Merge | Move | Split | NotPhoto | MarkBest, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class State:
    """Label and best mark of each image, and every label once in the order in which the page shows the groups."""

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
    """Where new labels of a hotel come from; `taken` are those of other hotels."""

    hotel_id: str
    taken: frozenset[str] = frozenset()

    def fresh(self, used: Collection[str], *, placeholder: bool) -> str:
        """The first label that nobody uses: `<hotel>/00`, or `<hotel>/placeholder0`."""
        for number in count():
            label = f"{self.hotel_id}{PLACEHOLDER}{number}" if placeholder else f"{self.hotel_id}/{number:02}"
            if label not in used and label not in self.taken:
                return label
        raise AssertionError("numbers end never")


def is_placeholder(label: str) -> bool:
    """Whether the images of a label show a message instead of a hotel."""
    return PLACEHOLDER in label


def apply(state: State, edit: Edit, names: Names) -> State:
    """The state after an edit; the same state where it changes nothing. Raises EditRefusedError."""
    match edit:
        case Merge(image=image, into=into):
            _check(state, [image, into])
            images = [each for each, label in enumerate(state.labels) if label == state.labels[image]]
            return _labelled(state, images, state.labels[into])
        case Move(images=images, into=into):
            _check(state, [*images, into])
            return _labelled(state, images, state.labels[into])
        case Split(images=images):
            _check(state, images)
            placeholder = all(is_placeholder(state.labels[image]) for image in images)
            return _apart(state, images, names, placeholder=placeholder)
        case NotPhoto(images=images, placeholder=placeholder):
            _check(state, images)
            if all(is_placeholder(state.labels[image]) == placeholder for image in images):
                return state
            return _apart(state, images, names, placeholder=placeholder)
        case MarkBest(image=image, best=best):
            _check(state, [image])
            marks = tuple(best if each == image else mark for each, mark in enumerate(state.best))
            return _settled(replace(state, best=marks), {state.labels[image]})


def _check(state: State, images: Iterable[int]) -> None:
    if unknown := [image for image in images if not 0 <= image < len(state.labels)]:
        raise EditRefusedError(f"there is no image {unknown[0]}: the hotel has {len(state.labels)}")


def _apart(state: State, images: Collection[int], names: Names, *, placeholder: bool) -> State:
    """Give images a group of their own, behind the group of the first of them."""
    there = state.labels[min(images)]
    whole = {image for image, label in enumerate(state.labels) if label == there}
    if whole == set(images) and is_placeholder(there) == placeholder:
        return state
    fresh = names.fresh(state.order, placeholder=placeholder)
    place = state.order.index(there) + 1
    order = (*state.order[:place], fresh, *state.order[place:])
    return _labelled(replace(state, order=order), images, fresh)


def _labelled(state: State, images: Collection[int], label: str) -> State:
    """Give images a label. A group that nothing is left of goes."""
    chosen = set(images)
    labels = tuple(label if image in chosen else old for image, old in enumerate(state.labels))
    if labels == state.labels:
        return state
    left = set(labels)
    order = tuple(each for each in state.order if each in left)
    return _settled(State(labels, state.best, order), {label} | {state.labels[image] for image in chosen})


def _settled(state: State, touched: Collection[str]) -> State:
    """The rule of the `best` column for the groups that were touched: 1 or 0 where a copy is clean, else nothing."""
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
    """A hotel's state with what came before it and what was undone."""

    present: State
    past: tuple[State, ...] = ()
    future: tuple[State, ...] = ()

    def edited(self, edit: Edit, names: Names) -> History:
        """After an edit. One that changes nothing is not remembered. Raises EditRefusedError."""
        state = apply(self.present, edit, names)
        if state == self.present:
            return self
        return History(state, (*self.past, self.present)[-MOST_UNDONE:])

    def undone(self) -> History:
        """Before the last edit, if one is remembered."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future))

    def redone(self) -> History:
        """After the edit that was undone last, if one was."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
