"""Kinds of pairs: whether two images show one photograph, and if not, what tells the two photographs apart.

A corpus may say more than labels.csv. The look-alikes have `sets.csv`: the kind of each set, and whether a policy makes
its photographs count as one view only. Corpora that were made have `pairs.csv`: what was changed between two labels.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAME = "same"
OTHER = "other"
"""Another room, or another picture in the same frame."""
LEFT_OUT = "left out"
"""Pairs that no fit sees: a traveller would call them one picture, or they cannot be told from a filtered copy."""
KINDS = ("turned", "moved", "changed", OTHER)
"""Kinds of pairs that show two photographs: the camera turned, the camera moved, light or things changed, others."""
KIND_OF_SET = {
    "panorama": "turned",
    "moved camera": "moved",
    "lodging": "moved",
    "time-lapse": "changed",
    "exposures": "changed",
    "frame": OTHER,
}
MOVES = {"camera", "step", "walk", "forward"}
CHANGES = {"light", "things", "people"}


@dataclass(frozen=True)
class CorpusKinds:
    """What a corpus says about its pairs."""

    sets: Mapping[str, str]
    """Hotel -> kind of its pairs, where the corpus consists of sets of look-alikes."""
    changes: Mapping[frozenset[str], str]
    """Two labels -> what was changed between them, joined by `+`."""

    @classmethod
    def read(cls, corpus: Path) -> CorpusKinds:
        """Read what the corpus has."""
        sets = {
            row["hotel_id"]: LEFT_OUT if row["policy"] else KIND_OF_SET[row["kind"]]
            for row in rows(corpus / "sets.csv")
        }
        changes = {frozenset((row["one"], row["other"])): row["difference"] for row in rows(corpus / "pairs.csv")}
        return cls(sets, changes)

    def of(self, hotel_id: str, one: str, other: str) -> str:
        """The kind of a pair of images with these labels."""
        if self.sets.get(hotel_id) == LEFT_OUT:
            return LEFT_OUT
        if one == other:
            return SAME
        if hotel_id in self.sets:
            return self.sets[hotel_id]
        return kind_of_change(self.changes.get(frozenset((one, other)), ""))


def kind_of_change(changes: str) -> str:
    """The kind of two labels between which something was changed, such as `turn+light`."""
    changed = set(changes.split("+"))
    if changed == {"light"}:
        return LEFT_OUT
    if changed & MOVES:
        return "moved"
    if "turn" in changed:
        return "turned"
    return "changed" if changed & CHANGES else OTHER


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none if there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
