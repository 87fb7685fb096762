"""A labelled corpus: which images show the same photograph, as people say (design, section 9)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from image_release.problems import Problem

COLUMNS = ("image", "hotel_id", "label")


class CorpusUnreadableError(Exception):
    """The folder holds no labelled corpus; the message names file and rule."""


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """`label` is equal for images that show one photograph; `best` is None where people say nothing."""

    image: str
    hotel_id: str
    label: str
    attacks: str
    best: bool | None

    @property
    def is_placeholder(self) -> bool:
        """Whether it shows a message instead of a hotel."""
        return "/placeholder" in self.label


def read_labels(corpus: Path) -> tuple[list[LabelledImage], list[Problem]]:
    """Read `labels.csv`. A row twice, a missing image or a missing value is a problem; the rest goes on."""
    file = corpus / "labels.csv"
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError as error:
        raise CorpusUnreadableError(f"{corpus}: holds no labels.csv, so it is no labelled corpus") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise CorpusUnreadableError(f"{file}: needs the columns {','.join(COLUMNS)} and at least one row")
    images: dict[str, LabelledImage] = {}
    problems = []
    for line, row in enumerate(rows, start=2):
        name = row["image"] or ""
        if not all(row.get(column) for column in COLUMNS):
            problems.append(Problem(str(file), line, name, f"needs a value in each of {','.join(COLUMNS)}"))
        elif name in images:
            problems.append(Problem(str(file), line, name, "stands twice; the first row counts"))
        elif not _inside(corpus / "images", name):
            problems.append(Problem(str(file), line, name, "is no file below images/"))
        else:
            best = row.get("best") or ""
            images[name] = LabelledImage(
                name, row["hotel_id"], row["label"], row.get("attacks") or "", None if best == "" else best == "1"
            )
    return list(images.values()), problems


def _inside(folder: Path, name: str) -> bool:
    path = folder / name
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())
