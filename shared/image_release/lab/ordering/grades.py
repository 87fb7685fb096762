"""A corpus with grades: how good each picture would be as the first one of its hotel, and one image that shows it.

`ranking.csv` (`label,hotel_id,category,grade`) holds the grades, `labels.csv` (`image,hotel_id,label,attacks,best`)
says which images show a picture; images lie below `images/`. A bad row is a problem and the rest goes on.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.problems import Problem

NEVER, ACCEPTABLE, EXCELLENT = 0, 2, 3
"""Grades as the hotel's first picture; 1 is poor."""

PATH_PARTS = 3
"""`<hotel_id>/<partner_id>/<file>`"""


@dataclass(frozen=True, slots=True)
class Grade:
    """What people say of a picture: its category, and 0 (never first) to 3 (excellent as the first)."""

    label: str
    hotel_id: str
    category: str
    grade: int


@dataclass(frozen=True, slots=True)
class GradedCorpus:
    """Graded pictures by label, for each the image that shows it (a path below `images/`), and what was wrong."""

    grades: dict[str, Grade]
    images: dict[str, str]
    problems: tuple[Problem, ...]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _GradeRow(_Row):
    label: str = Field(min_length=1)
    hotel_id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    grade: int = Field(ge=NEVER, le=EXCELLENT)


class _ImageRow(_Row):
    image: str = Field(min_length=1)
    hotel_id: str = Field(min_length=1)
    label: str = Field(min_length=1)
    best: str = ""


_R = TypeVar("_R", bound=_Row)


def read_graded_corpus(directory: Path) -> GradedCorpus:
    """Read grades and images; a picture's first image with `best` 1 shows it, else its first. Raises OSError."""
    problems: list[Problem] = []
    grades: dict[str, Grade] = {}

    def keep_grade(row: _GradeRow) -> str | None:
        if row.label in grades:
            return "a label is graded once; the first row stands"
        grades[row.label] = Grade(row.label, row.hotel_id, row.category, row.grade)
        return None

    images: dict[str, _ImageRow] = {}

    def keep_image(row: _ImageRow) -> str | None:
        parts = PurePosixPath(row.image).parts
        if len(parts) != PATH_PARTS or ".." in parts or row.image.startswith("/"):
            return "an image is hotel/partner/file below images/"
        known = images.get(row.label)
        if known is None or (row.best == "1" and known.best != "1"):
            images[row.label] = row
        return None

    _read(directory / "ranking.csv", _GradeRow, keep_grade, problems)
    _read(directory / "labels.csv", _ImageRow, keep_image, problems)
    missing = [label for label in grades if label not in images]
    problems += [Problem(str(directory / "labels.csv"), 0, label, "a graded label has an image") for label in missing]
    shown = {label: images[label].image for label in grades if label in images}
    return GradedCorpus(grades, shown, tuple(problems))


def _read(path: Path, model: type[_R], keep: Callable[[_R], str | None], problems: list[Problem]) -> None:
    """Hand each good row to `keep`, which answers the rule that the row breaks, if any."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            try:
                rule = keep(model.model_validate(row))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                rule = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            if rule is not None:
                problems.append(Problem(str(path), reader.line_num, ",".join(map(str, row.values())), rule))
