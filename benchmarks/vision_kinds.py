"""Measure the table of labels on Vision's own answers, whose subject people told. Figures: docs/decisions/0023.

    python -m benchmarks.vision_kinds VISION    (a folder with responses.jsonl: labels, shows, told_by)

The answers are split into a half that the table was fitted to and a half that judges it, by a digest of their labels'
names; nobody chose. Kinds and points are measured on answers whose subject people told, not Vision's labels. What the
table knows and the medians are measured on all answers that show a lodging.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from image_release.folding import letters
from image_release.kinds import kind_of_scene
from image_release.rank import CategoryScorer
from image_release.settings import Settings
from image_release.values import Label

ROOMS = ("bedroom", "lounge", "kitchen", "dining")
"""The interiors of which the issue says that 42 of 146 are called `exterior`."""
INTERIORS = (*ROOMS, "bathroom", "bar", "lobby", "events", "wellness")
LODGING = (*INTERIORS, "exterior", "pool", "beach", "terrace", "garden", "passage")
BETTER = (("bedroom", "bathroom"), ("bedroom", "food"), ("bedroom", "people"), ("exterior", "bathroom"))
"""Pairs of kinds, of which the first should have the higher points."""
LENGTHS = (10, 8, 5, 3)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of Vision: its labels, the kind of picture (None: none of ours), and whether people told the kind."""

    labels: tuple[Label, ...]
    kind: str | None
    told: bool

    @property
    def fits(self) -> bool:
        """Whether the table may be fitted to it."""
        names = "\n".join(sorted(letters(label.description) for label in self.labels))
        return hashlib.sha256(names.encode()).digest()[0] % 2 == 0


class Judge:
    """The measures of the shipped table on some answers."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.scorer = CategoryScorer(Settings().prioritising)
        self.lodging = [answer for answer in answers if answer.kind in LODGING]
        self.told = [answer for answer in answers if answer.told and answer.kind is not None]

    def called(self, kinds: Sequence[str]) -> Counter[str | None]:
        """What the pictures of these kinds are called."""
        return Counter(self.scorer.category(answer.labels).kind for answer in self.told if answer.kind in kinds)

    def right(self) -> tuple[int, int]:
        """How many pictures are called by their kind, of how many."""
        return sum(self.scorer.category(a.labels).kind == a.kind for a in self.told), len(self.told)

    def known(self) -> tuple[int, int]:
        """How many labels of pictures of lodgings the table knows, of how many."""
        names = [label.description for answer in self.lodging for label in answer.labels]
        return sum(map(self.scorer.knows, names)), len(names)

    def won(self, better: str, worse: str) -> tuple[int, int]:
        """How many pairs of a picture of each kind are in the right order, of how many."""
        values: dict[str, list[float]] = {better: [], worse: []}
        for answer in self.told:
            if answer.kind in values:
                values[answer.kind].append(self.scorer.category(answer.labels).value)
        return sum(a > b for a in values[better] for b in values[worse]), len(values[better]) * len(values[worse])

    def median_value(self, most: int | None) -> float:
        """Median category value of lodgings' answers with ten labels or more, of which the first `most` are kept."""
        long = [answer.labels for answer in self.lodging if len(answer.labels) >= max(LENGTHS)]
        return median(self.scorer.category(labels[:most]).value for labels in long)


def read(folder: Path) -> list[Answer]:
    """All answers of a folder."""
    answers = []
    with (folder / "responses.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            labels = tuple(Label(label["description"], label["score"]) for label in row["labels"])
            answers.append(Answer(labels, kind_of_scene().get(row["shows"]), row["told_by"] in ("context", "name")))
    return answers


def _share(name: str, part: int, whole: int) -> None:
    print(f"  {name:44}{part:6} of {whole:6}  {part / whole if whole else 0:.3f}")


def report(name: str, answers: Sequence[Answer]) -> None:
    """Print the measures of some answers."""
    judge = Judge(answers)
    print(f"{name}: {len(answers):,} answers, {len(judge.told)} told by people")
    for group, kinds in (("rooms not called exterior", ROOMS), ("interiors not called exterior", INTERIORS)):
        called = judge.called(kinds)
        _share(group, called.total() - called["exterior"], called.total())
    exteriors = judge.called(["exterior"])
    _share("exteriors called exterior", exteriors["exterior"], exteriors.total())
    _share("called by their kind, all kinds", *judge.right())
    _share("labels of lodgings that the table knows", *judge.known())
    for better, worse in BETTER:
        _share(f"pairs in which {better} beats {worse}", *judge.won(better, worse))
    medians = ", ".join(f"{most}: {judge.median_value(most):.3f}" for most in LENGTHS)
    print(f"  median value with all labels {judge.median_value(None):.3f}; with the first {medians}")


def main() -> None:
    """Print the measures of both halves and of all answers."""
    answers = read(Path(sys.argv[1]))
    report("fitted to", [answer for answer in answers if answer.fits])
    report("judging", [answer for answer in answers if not answer.fits])
    report("all", answers)


if __name__ == "__main__":
    main()
