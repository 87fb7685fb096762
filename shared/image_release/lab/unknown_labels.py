"""The labels that pictures have and the table of labels lacks, by frequency: what the table should learn next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.folding import letters
from image_release.gallery import manifests
from image_release.problems import Problem, ProblemList
from image_release.storage import Store
from image_release.tag import LabelLine, NotWholeGzipError, numbered_lines

MAX_LABELS = 100
"""Maximum number of labels in a line of a file."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture, named for a person, and its labels."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnknownLabel:
    """A label in its most frequent spelling, how often it occurs, which share that is, and a picture that has it."""

    label: str
    count: int
    share: float
    example: str


@dataclass(frozen=True, slots=True)
class UnknownLabels:
    """How many pictures have labels, how many labels they have, how many are unknown, and these, frequent ones first.

    A label that a picture has in several spellings is counted once.
    """

    pictures: int
    occurrences: int
    unknown: int
    labels: tuple[UnknownLabel, ...]


def unknown_labels(pictures: Iterable[LabelledPicture], knows: Callable[[str], bool]) -> UnknownLabels:
    """Count the labels for which `knows` is false. Of two that are equally frequent the first by name comes first."""
    labelled = occurrences = 0
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    examples: dict[str, str] = {}
    for picture in pictures:
        once = {letters(label): label for label in reversed(picture.labels)}
        labelled += bool(once)
        occurrences += len(once)
        for name, label in once.items():
            if not knows(label):
                counts[name] += 1
                spellings.setdefault(name, Counter())[label] += 1
                examples.setdefault(name, picture.name)
    found = tuple(
        UnknownLabel(_most_frequent(spellings[name]), count, count / occurrences, examples[name])
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return UnknownLabels(labelled, occurrences, counts.total(), found)


def _most_frequent(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda label: (-spellings[label], label))


def published_labels(published: Store) -> Iterator[LabelledPicture]:
    """The pictures of all published hotels. A manifest that cannot be read is left out, with a warning in the log."""
    for manifest in manifests(published):
        for picture in manifest.pictures:
            labels = tuple(label.description for label in picture.labels)
            yield LabelledPicture(f"{manifest.hotel_id}: {picture.best.url}", labels)


class _LabelledLine(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sha256: str | None = None
    url: str | None = None
    labels: tuple[LabelLine, ...] = Field(max_length=MAX_LABELS)


def labels_of_file(path: Path, problems: ProblemList) -> Iterator[LabelledPicture]:
    """The pictures of a file of JSON Lines: `labels` as recorded ones have them, with `url`, `sha256`, or neither.

    A bad line is added to `problems`, and the other lines are used. Raises OSError if the file cannot be read.
    """
    try:
        for number, text in numbered_lines(path, path.read_bytes()):
            try:
                line = _LabelledLine.model_validate_json(text)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                value = text.decode("utf-8", errors="backslashreplace")
                problems.add(Problem(str(path), number, value, f"{where}: {first['msg']}" if where else first["msg"]))
                continue
            name = line.url or line.sha256 or f"line {number}"
            yield LabelledPicture(name, tuple(label.description for label in line.labels))
    except NotWholeGzipError as error:
        problems.add(Problem(str(path), 0, "", str(error)))
