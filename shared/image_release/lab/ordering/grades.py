"""A corpus with grades: how good each picture would be as the first one of its hotel, and one image that shows it.

A corpus has one of two forms; the images are below `images/` in both. A bad row is a problem, and the other rows are
used.

- `ranking.csv` (`label,hotel_id,category,grade`) holds the grades. `labels.csv` (`image,hotel_id,label,attacks,best`)
  says which images show a picture.
- `scenes.csv` (`image,hotel_id,category,grade`): each picture has one image, whose path is its label. Its hotels are
  samples, so those with few pictures tell nothing about an order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.lab.corpus_csv import REQUIRED_COLUMNS, LabelRow, label_row, read_csv, values_by_column
from image_release.problems import Problem

NEVER, ACCEPTABLE, EXCELLENT = 0, 2, 3
"""Grades as the hotel's first picture; 1 is poor."""

RANKING, SCENES, RECORDED = "ranking.csv", "scenes.csv", "vision_labels.jsonl"
"""Names of the files of a corpus; the last one holds recorded labels."""
PATH_PARTS = {RANKING: 3, SCENES: 2}
"""Number of parts of an image's path: `<hotel_id>/<partner_id>/<file>`, and `<hotel_id>/<file>` in scenes."""
MIN_PICTURES = {RANKING: 1, SCENES: 4}
"""Number of graded pictures from which on a hotel's order is measured."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What people say of a picture: its category, and 0 (never first) to 3 (excellent as the first)."""

    label: str
    hotel_id: str
    category: str
    grade: int


@dataclass(frozen=True, slots=True)
class GradedCorpus:
    """Graded pictures by label, for each the image that shows it (a path below `images/`), and the bad rows."""

    directory: Path
    grades: dict[str, Grade]
    images: dict[str, str]
    problems: tuple[Problem, ...]
    min_pictures: int = 1
    """Number of graded pictures from which on a hotel's order is measured."""

    def measured(self) -> list[Grade]:
        """The grades of the hotels whose order is measured."""
        pictures = Counter(grade.hotel_id for grade in self.grades.values())
        return [grade for grade in self.grades.values() if pictures[grade.hotel_id] >= self.min_pictures]

    def partner_of(self, label: str) -> str:
        """The partner that sends a picture's image; empty in scenes, which name none."""
        parts = PurePosixPath(self.images[label]).parts
        return parts[1] if len(parts) == PATH_PARTS[RANKING] else ""


class _GradeRow(BaseModel):
    model_config = ConfigDict(extra="ignore")

    label: str = Field(min_length=1)
    hotel_id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    grade: int = Field(ge=NEVER, le=EXCELLENT)


def read_graded_corpus(directory: Path) -> GradedCorpus:
    """Read grades and images of a corpus.

    The image of a picture is its first one with `best` 1, or its first one if none is marked. Raises OSError if a file
    is missing, and CorpusUnreadableError if one is not CSV in UTF-8.
    """
    if (directory / SCENES).is_file() and not (directory / RANKING).exists():
        return _read_scenes(directory)
    grades, bad_grades = _read_grades(directory / RANKING, "label")
    images, bad_images = _read_images(directory / "labels.csv")
    missing = [
        Problem(str(directory / "labels.csv"), 0, label, "a graded label has an image")
        for label in grades
        if label not in images
    ]
    shown = {label: images[label].image for label in grades if label in images}
    return GradedCorpus(directory, grades, shown, (*bad_grades, *bad_images, *missing), MIN_PICTURES[RANKING])


def _read_scenes(directory: Path) -> GradedCorpus:
    """A corpus whose pictures have one image each: the image is the label."""
    grades, problems = _read_grades(directory / SCENES, "image")
    bad = [image for image in grades if not _is_image_path(image, PATH_PARTS[SCENES])]
    for image in bad:
        del grades[image]
        problems.append(Problem(str(directory / SCENES), 0, image, "an image is hotel/file below images/"))
    return GradedCorpus(directory, grades, {image: image for image in grades}, tuple(problems), MIN_PICTURES[SCENES])


def _read_grades(file: Path, label: Literal["label", "image"]) -> tuple[dict[str, Grade], list[Problem]]:
    """The grades by label; `label` is the column that names a picture."""
    table = read_csv(file)
    grades: dict[str, Grade] = {}
    problems = []
    for row in filter(lambda row: row.cells, table.rows):
        rule = None
        try:
            values = values_by_column(table.header.cells, row.cells)
            found = _GradeRow.model_validate({**values, "label": values.get(label)})
        except ValidationError as error:
            first = error.errors()[0]
            rule = f"{'.'.join(map(str, first['loc'])).replace('label', label)}: {first['msg']}"
        else:
            if found.label in grades:
                rule = f"{label}: is graded once; the first row counts"
            else:
                grades[found.label] = Grade(found.label, found.hotel_id, found.category, found.grade)
        if rule is not None:
            problems.append(Problem(str(file), row.line, ",".join(row.cells), rule))
    return grades, problems


def _read_images(file: Path) -> tuple[dict[str, LabelRow], list[Problem]]:
    """For each label the row of the image that shows it."""
    table = read_csv(file)
    images: dict[str, LabelRow] = {}
    problems = []
    for row in filter(lambda row: row.cells, table.rows):
        found = label_row(table.header.cells, row.cells)
        if not found.is_complete:
            rule = f"needs a value in each of {','.join(REQUIRED_COLUMNS)}"
        elif "best" in table.header.cells[len(row.cells) :]:
            rule = "is too short for the column best"
        elif not _is_image_path(found.image, PATH_PARTS[RANKING]):
            rule = "an image is hotel/partner/file below images/"
        else:
            known = images.get(found.label)
            if known is None or (found.is_best and not known.is_best):
                images[found.label] = found
            continue
        problems.append(Problem(str(file), row.line, ",".join(row.cells), rule))
    return images, problems


def _is_image_path(image: str, count: int) -> bool:
    parts = PurePosixPath(image).parts
    return len(parts) == count and ".." not in parts and not image.startswith("/") and "\0" not in image
