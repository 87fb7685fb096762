"""Pairs of photographs that show the same view, as a person or a corpus says, and what is measured on their images.

A person looked at every photograph of the labelled corpus, of the sets of look-alikes and of the scenes
(`benchmarks/scene_labels.py`), and wrote down in `same_views.csv` which two show the same view: the same thing from
nearly the same stand, so that most of one photograph is in the other, too; the camera may have moved a step or two, the
light may be another, things may have moved. Not the same view: another corner of a room, another room with the same
furniture, other pictures in one frame, a camera that turned so far that about half of the picture is new. Pairs that
came near it are in the file with a 0; every other pair of these hotels is not the same view. Corpora that were made
from the labelled corpus have its labels. A corpus with a file `pairs.csv` (`benchmarks/second_shots.py`,
`benchmarks/rendered_pairs.py`) says itself which shots are the same view; its other pairs are not used.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.fit_grouping import labelled_images
from benchmarks.folds import house_of
from benchmarks.pair_kinds import rows
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import coarse_features, statistics
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Alignment, align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_difference import changed_light, difference_features
from image_release.dedup.same_view_evidence import coarse_view_features, same_view_features
from image_release.dedup.same_view_pairs import ASKED
from image_release.lab.grouping.corpus_hotels import CorpusHotel

LABELS = Path(__file__).parent / "same_views.csv"
PAIRS = "pairs.csv"
"""Name of the file in which a corpus says which of its shots are related."""
SET_OF_LODGING = "lodge-"
"""How the names of those sets of look-alikes begin whose hotels are among the scenes, too."""
LETTERS = 4
"""Number of letters that tell a house here: `lodge-dogi` and `dogi_residence` are one."""
COPIES_USED = 8
"""One in so many pairs of copies is used."""
JUDGED = ("moved camera", "time-lapse", "lodging", "exposures")
"""The kinds of look-alikes in which somebody photographed a view again."""
MEANS = {"things": Difference.THINGS, "people": Difference.THINGS, "light": Difference.LIGHT}
"""What the corpora call a difference, but for the ways in which a camera moves."""

Labels = tuple[str, str]
"""The labels of two photographs, sorted."""


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """A candidate pair of images."""

    corpus: str
    fold: str
    """What is held out together."""
    labels: Labels
    differences: frozenset[Difference]
    """What is different, if the two photographs show the same view; else nothing."""
    agreeing: int
    first: Mapping[str, float]
    """Features of the coarse pass."""
    features: Mapping[str, float]
    """Features that decide about the same view."""
    registered: Mapping[str, float] | None
    """Features of what differs, if the two show the same view and can be registered."""
    is_made: bool
    """Whether the shots were made, and no camera took both."""

    @property
    def is_copy(self) -> bool:
        """Whether both images show one photograph."""
        return self.labels[0] == self.labels[1]

    @property
    def is_view(self) -> bool:
        """Whether the two photographs show the same view."""
        return bool(self.differences)


def differences_of(said: str) -> frozenset[Difference]:
    """What is different between two shots, in the words of a corpus, such as `light+people` or `walk`."""
    return frozenset(MEANS.get(word, Difference.CAMERA) for word in said.split("+"))


def views_of(corpus: Path) -> dict[Labels, frozenset[Difference]]:
    """The pairs of photographs that show the same view, and what differs, by the file of a corpus or a person's eye."""
    said = rows(corpus / PAIRS) or rows(LABELS)
    return {
        _sorted(row["one"], row["other"]): differences_of(row["difference"])
        for row in said
        if row["same_view"] == "1" and row["one"] != row["other"]
    }


def named_pairs(corpus: Path) -> frozenset[Labels] | None:
    """The pairs of photographs of a corpus that are used; None if all are."""
    said = rows(corpus / PAIRS)
    return frozenset(_sorted(row["one"], row["other"]) for row in said) or None


def kinds_of(corpus: Path) -> dict[str, str]:
    """The kind of each set of look-alikes; empty for other corpora."""
    return {row["hotel_id"]: row["kind"] for row in rows(corpus / "sets.csv")}


def fold_of(hotel: CorpusHotel) -> str:
    """What a hotel is held out with: other sets of look-alikes alone, all other hotels with all of their house."""
    lodging = hotel.hotel_id.startswith(SET_OF_LODGING)
    if kinds_of(hotel.corpus) and not lodging:
        return hotel.hotel_id
    return house_of(hotel.hotel_id.removeprefix(SET_OF_LODGING))[:LETTERS]


def judging_half(hotels: Sequence[CorpusHotel]) -> frozenset[str]:
    """The folds of every second hotel of a corpus."""
    return frozenset(fold_of(hotel) for hotel in sorted(hotels, key=lambda hotel: hotel.hotel_id)[1::2])


def measured_pairs(hotel: CorpusHotel) -> list[MeasuredPair]:
    """The candidate pairs of a hotel that can be aligned coarsely, but for mirrored ones and most pairs of copies."""
    used, views = named_pairs(hotel.corpus), views_of(hotel.corpus)
    shas, label_of, items = labelled_images(hotel)
    prepared = [PreparedImage(item) for item in items]
    pairs = []
    for pair in candidate_pairs(items):
        one, other = prepared[pair.one], prepared[pair.other]
        labels = _sorted(label_of[shas[pair.one]], label_of[shas[pair.other]])
        is_used = used is None or labels in used
        if labels[0] == labels[1]:
            is_used = _is_used(shas[pair.one] + shas[pair.other])
        coarse = align_coarsely(one, other, pair) if is_used and not pair.mirrored else None
        if coarse is None:
            continue
        first = coarse_view_features(one, other, pair, coarse, coarse_features(one, pair, coarse))
        pairs.append(
            MeasuredPair(
                corpus=hotel.corpus.name,
                fold=fold_of(hotel),
                labels=labels,
                differences=views.get(labels, frozenset()),
                agreeing=pair.agreeing,
                first=first,
                features=same_view_features(one, other, first, coarse.transform),
                registered=_registered(one, other, pair, coarse) if labels in views else None,
                is_made=used is not None,
            )
        )
    return pairs


def by_picture(pairs: Sequence[MeasuredPair], scores: Sequence[float]) -> dict[Labels, float]:
    """The score of each two photographs, as the program makes it of the pairs of their images."""
    across: dict[Labels, list[tuple[int, float]]] = defaultdict(list)
    for pair, score in zip(pairs, scores, strict=True):
        if not pair.is_copy:
            across[pair.labels].append((-pair.agreeing, score))
    return {labels: fmean(score for _, score in sorted(found)[:ASKED]) for labels, found in across.items()}


def _sorted(one: str, other: str) -> Labels:
    return min(one, other), max(one, other)


def _is_used(name: str) -> bool:
    return zlib.crc32(name.encode()) % COPIES_USED == 0


def _registered(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, coarse: Alignment
) -> dict[str, float] | None:
    registered = register(one, other, pair, coarse)
    if registered is None:
        return None
    found = statistics(one, other, pair, registered, displacements(one, registered))
    return difference_features(found, changed_light(one, registered)[registered.levels[MIDDLE].inside])
