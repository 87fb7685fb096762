"""The pictures of a graded corpus as the order sees them: one image each, with what a tagger says of it.

Grouping and the choice of the best image are left out, so whatever is measured is about the order alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from image_release.decode import UndecodableError, decode_draft, read_header, thumbnail_jpeg, view_of
from image_release.lab.ordering.grades import GradedCorpus
from image_release.lab.size_filter import ANY_SIZE
from image_release.outcomes import Rejection
from image_release.problems import Problem
from image_release.rank import PictureToRank
from image_release.settings import TaggingSettings
from image_release.tag import NotTagged, Tagged, Tagger, TagRequest
from image_release.values import ImageFacts, sha256_hex

HotelPictures = dict[str, PictureToRank]
"""The pictures of a hotel by label."""


@dataclass(frozen=True, slots=True)
class GradedPictures:
    """The pictures of a corpus by hotel, and the images that cannot be used or got no answer of the tagger."""

    by_hotel: dict[str, HotelPictures]
    problems: tuple[Problem, ...]


def tagged_pictures(
    corpus: GradedCorpus, tagger: Tagger, tagging: TaggingSettings, on_hotel: Callable[[int], None]
) -> GradedPictures:
    """Every graded picture whose image can be read, with what the tagger says of it.

    `on_hotel` is called after each hotel with its number of pictures.
    """
    labels_of: dict[str, list[str]] = {}
    for label in corpus.images:
        labels_of.setdefault(corpus.grades[label].hotel_id, []).append(label)
    problems: list[Problem] = []
    by_hotel = {}
    for hotel_id, labels in sorted(labels_of.items()):
        untagged: HotelPictures = {}
        requests: dict[str, TagRequest] = {}
        for label in labels:
            opened = _opened(corpus, label, tagger, tagging)
            if isinstance(opened, Problem):
                problems.append(opened)
            else:
                untagged[label], requests[label] = opened
        by_hotel[hotel_id] = _tagged(corpus, hotel_id, untagged, requests, tagger, problems)
        on_hotel(len(labels))
    return GradedPictures(by_hotel, tuple(problems))


def _tagged(
    corpus: GradedCorpus,
    hotel_id: str,
    pictures: HotelPictures,
    requests: Mapping[str, TagRequest],
    tagger: Tagger,
    problems: list[Problem],
) -> HotelPictures:
    """The pictures with the tagger's answers. Adds to `problems` what a service did not answer."""
    try:
        answers = tagger.tag(list({request.sha256: request for request in requests.values()}.values()))
    except UndecodableError as error:
        problems.append(Problem(str(corpus.directory), 0, hotel_id, f"an image of it cannot be decoded: {error}"))
        return pictures
    tagged = {}
    for label, picture in pictures.items():
        answer = answers[picture.sha256]
        if isinstance(answer, Tagged):
            tagged[label] = replace(picture, labels=answer.labels, look=answer.look)
        else:
            tagged[label] = picture
            if isinstance(answer, NotTagged) and answer.retry:
                problems.append(Problem(str(corpus.directory), 0, label, f"got no labels: {answer.reason}"))
    return tagged


def _opened(
    corpus: GradedCorpus, label: str, tagger: Tagger, tagging: TaggingSettings
) -> tuple[PictureToRank, TagRequest] | Problem:
    """A picture before it is tagged, and the question to the tagger; or why its image cannot be used."""
    path = corpus.directory / "images" / corpus.images[label]
    try:
        data = path.read_bytes()
    except OSError as error:
        return Problem(str(path), 0, label, f"cannot be read: {error.strerror}")
    sha256 = sha256_hex(data)
    facts = read_header(data, sha256, ANY_SIZE)
    if isinstance(facts, Rejection):
        return Problem(str(path), 0, label, facts.reason)
    view = b""
    if tagger.wants_views:
        draft = decode_draft(data, facts)
        if isinstance(draft, Rejection):
            return Problem(str(path), 0, label, draft.reason)
        view = view_of(draft)
    request = TagRequest(
        sha256, path.absolute().as_uri(), partial(_jpeg, path, facts, tagging), view=partial(_same, view)
    )
    return PictureToRank(sha256, facts, corpus.partner_of(label), rank=None, labels=None), request


def _jpeg(path: Path, facts: ImageFacts, tagging: TaggingSettings) -> bytes:
    return thumbnail_jpeg(path.read_bytes(), facts, tagging.side_px, tagging.jpeg_quality)


def _same(view: bytes) -> bytes:
    return view
