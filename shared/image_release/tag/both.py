"""A tagger of two: one gives the labels, the other looks at the picture. Either may fail without the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from image_release.settings import Gives
from image_release.tag.port import NotTagged, RecoveringTagger, Tagged, Tagger, TagRequest


class BothTagger:
    """Labels from one tagger, and the look of another one, whose labels count where the first one gives none.

    A hotel asks each of the two for what that one has not said yet (`parts_of`).
    """

    def __init__(self, labels: Tagger, looks: Tagger) -> None:
        self.parts = (labels, looks)

    @property
    def identity(self) -> str:
        """Both identities, joined by `+`."""
        return "+".join(part.identity for part in self.parts)

    @property
    def wants_views(self) -> bool:
        """Whether one of the two looks at views."""
        return any(part.wants_views for part in self.parts)

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """Ask both about every image; answers like `Tagger.tag`."""
        labels, looks = (part.tag(requests, deadline_s=deadline_s) for part in self.parts)
        return {request.sha256: _joined(labels[request.sha256], looks[request.sha256]) for request in requests}


def has_recovered(tagger: Tagger, reason: str) -> bool:
    """Whether a tagger, or one that it is made of, says that this reason of an earlier NotTagged does not hold now."""
    return any(isinstance(part, RecoveringTagger) and part.has_recovered(reason) for part in parts_of(tagger))


def parts_of(tagger: Tagger) -> tuple[Tagger, ...]:
    """The taggers that a tagger is made of; the first one's labels count before those of the others."""
    return tagger.parts if isinstance(tagger, BothTagger) else (tagger,)


def what_it_gives(tagger: Tagger) -> Gives:
    """What a tagger gives, which decides the weights that nobody set."""
    if len(parts_of(tagger)) > 1:
        return "both"
    return "looks" if tagger.wants_views else "labels"


def _joined(labels: Tagged | NotTagged, look: Tagged | NotTagged) -> Tagged | NotTagged:
    if isinstance(labels, Tagged):
        return Tagged(labels.labels, look.look) if isinstance(look, Tagged) else labels
    if isinstance(look, Tagged):
        return look
    return NotTagged(f"{labels.reason}; {look.reason}", retry=labels.retry or look.retry)
