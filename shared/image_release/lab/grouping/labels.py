"""A labelled corpus: which images show the same photograph, as people say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from image_release.lab.corpus_csv import REQUIRED_COLUMNS, CorpusUnreadableError, label_row, read_csv
from image_release.problems import Problem

PLACEHOLDER = "/placeholder"
"""A label that contains this is given to images that show a message instead of a hotel."""


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """`label` is equal for images that show one photograph; `best` is None where people said nothing."""

    image: str
    hotel_id: str
    label: str
    attacks: str
    best: bool | None

    @property
    def is_placeholder(self) -> bool:
        """Whether it shows a message instead of a hotel."""
        return is_placeholder(self.label)


def is_placeholder(label: str) -> bool:
    """Whether the images of a label show a message instead of a hotel."""
    return PLACEHOLDER in label


def read_labels(corpus: Path) -> tuple[list[LabelledImage], list[Problem]]:
    """Read `labels.csv`: the usable rows, and a problem for each other row.

    A second row of an image, a missing value and an image that is not below `images/` are problems. Raises
    CorpusUnreadableError if the file is missing, cannot be read, or has no row.
    """
    file = corpus / "labels.csv"
    try:
        table = read_csv(file, REQUIRED_COLUMNS)
    except FileNotFoundError as error:
        raise CorpusUnreadableError(f"{corpus}: holds no labels.csv, so it is no labelled corpus") from error
    except OSError as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error
    rows = [row for row in table.rows if row.cells]
    if not rows:
        raise CorpusUnreadableError(f"{file}: needs the columns {','.join(REQUIRED_COLUMNS)} and at least one row")
    images: dict[str, LabelledImage] = {}
    problems = []
    for row in rows:
        found = label_row(table.header.cells, row.cells)
        if not found.is_complete:
            rule = f"needs a value in each of {','.join(REQUIRED_COLUMNS)}"
        elif found.image in images:
            rule = "has a second row; the first row counts"
        elif not _is_inside(corpus / "images", found.image):
            rule = "is no file below images/"
        else:
            images[found.image] = LabelledImage(found.image, found.hotel_id, found.label, found.attacks, found.is_best)
            continue
        problems.append(Problem(str(file), row.line, found.image, rule))
    return list(images.values()), problems


def _is_inside(folder: Path, name: str) -> bool:
    path = folder / name
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())
