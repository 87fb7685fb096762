"""Graded pictures of corpora, and what the network of the local tagger says of them: the input of `fit_scenes`."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.folds import house_of
from image_release.decode import VIEW_PX, Draft, decode_draft, read_header, view_of
from image_release.kinds import kind_of_scene
from image_release.lab.ordering import read_graded_corpus
from image_release.lab.size_filter import ANY_SIZE
from image_release.outcomes import Rejection
from image_release.tag.local.network import NETWORK_SHA256, Network
from image_release.values import sha256_hex

FEATURES = Path(__file__).parents[1] / "build/fit_scenes"
"""Where features are kept between runs; nothing of it is committed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A graded picture: its hotel, the `house` that is left out with it, its kind and its grade (0…3)."""

    corpus: str
    image: str
    file: Path
    hotel_id: str
    house: str
    kind: str
    grade: int


def pictures_of(directory: Path) -> list[Picture]:
    """The graded pictures of a folder: of scenes (scenes.csv), or of a corpus (ranking.csv), one image for each."""
    if (directory / "scenes.csv").is_file():
        with (directory / "scenes.csv").open(newline="", encoding="utf-8") as file:
            rows = [(row["image"], row["hotel_id"], row["category"], int(row["grade"])) for row in csv.DictReader(file)]
        return [_picture(directory, *row, house=f"scenes {row[1]}") for row in rows]
    corpus = read_graded_corpus(directory)
    return [
        _picture(directory, image, grade.hotel_id, grade.category, grade.grade, house=house_of(grade.hotel_id))
        for label, image in corpus.images.items()
        for grade in (corpus.grades[label],)
    ]


def _picture(directory: Path, image: str, hotel_id: str, category: str, grade: int, *, house: str) -> Picture:
    file = directory / "images" / image
    return Picture(directory.name, image, file, hotel_id, house, kind_of_scene()[category], grade)


def features_of(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """(n, 2, f): features of each picture as it is and mirrored. Kept in FEATURES by the pictures' content."""
    contents = [sha256_hex(picture.file.read_bytes()) for picture in pictures]
    name = hashlib.sha256("".join([NETWORK_SHA256, *contents]).encode()).hexdigest()[:16]
    kept = FEATURES / f"features-{name}.npy"
    if not kept.is_file():
        network = Network()
        computed = []
        for number, picture in enumerate(pictures):
            computed.append([network.features(view) for view in views_of(picture.file)])
            if number % 200 == 0:
                print(f"features of {number} of {len(pictures)} pictures", flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.array(computed, np.float32))
    features: NDArray[np.float64] = np.load(kept).astype(np.float64)
    return features


def views_of(file: Path) -> tuple[bytes, bytes]:
    """The view of an image, and its mirror image."""
    view = view_of(draft_of(file))
    mirrored = Image.frombytes("RGB", (VIEW_PX, VIEW_PX), view).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return view, mirrored.tobytes()


def draft_of(file: Path) -> Draft:
    """The draft of an image, as the program decodes it first."""
    data = file.read_bytes()
    facts = read_header(data, sha256_hex(data), ANY_SIZE)
    draft = facts if isinstance(facts, Rejection) else decode_draft(data, facts)
    if not isinstance(draft, Draft):
        raise SystemExit(f"{file}: {draft.reason}")
    return draft
