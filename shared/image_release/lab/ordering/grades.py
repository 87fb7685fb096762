"""A corpus with grades: how good each picture would be as the first one of its hotel, and one image that shows it.

`ranking.csv` (`label,hotel_id,category,grade`) holds the grades. `labels.csv` (`image,hotel_id,label,attacks,best`)
says which images show a picture. The images are below `images/`. A bad row is a problem, and the other rows are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.lab.corpus_csv import REQUIRED_COLUMNS, LabelRow, label_row, read_csv, values_by_column
from image_release.problems import Problem

NEVER, ACCEPTABLE, EXCELLENT = 0, 2, 3
"""Grades as the hotel's first picture; 1 is poor."""

PATH_PARTS = 3
"""Number of parts of `<hotel_id>/<partner_id>/<file>`."""


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

    grades: dict[str, Grade]
    images: dict[str, str]
    problems: tuple[Problem, ...]


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
    grades, bad_grades = _read_grades(directory / "ranking.csv")
    images, bad_images = _read_images(directory / "labels.csv")
    missing = [
        Problem(str(directory / "labels.csv"), 0, label, "a graded label has an image")
        for label in grades
        if label not in images
    ]
    shown = {label: images[label].image for label in grades if label in images}
    return GradedCorpus(grades, shown, (*bad_grades, *bad_images, *missing))


def _read_grades(file: Path) -> tuple[dict[str, Grade], list[Problem]]:
    """The grades by label."""
    table = read_csv(file)
    grades: dict[str, Grade] = {}
    problems = []
    for row in filter(lambda row: row.cells, table.rows):
        rule = None
        try:
            found = _GradeRow.model_validate(values_by_column(table.header.cells, row.cells))
        except ValidationError as error:
            first = error.errors()[0]
            rule = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        else:
            if found.label in grades:
                rule = "a label is graded once; the first row counts"
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
        elif not _is_image_path(found.image):
            rule = "an image is hotel/partner/file below images/"
        else:
            known = images.get(found.label)
            if known is None or (found.is_best and not known.is_best):
                images[found.label] = found
            continue
        problems.append(Problem(str(file), row.line, ",".join(row.cells), rule))
    return images, problems


def _is_image_path(image: str) -> bool:
    parts = PurePosixPath(image).parts
    return len(parts) == PATH_PARTS and ".." not in parts and not image.startswith("/")
