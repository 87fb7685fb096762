"""Small manifests for tests of publishing, all published at NOW."""

from datetime import UTC, datetime

from image_release.publish import (
    Manifest,
    Pending,
    PublishedImage,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
)
from image_release.store_keys import rendition_key

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def key(letter: str, seq: int = 1) -> str:
    return rendition_key("h", seq, letter * 64, "small", "jpg")


def picture(*named: str, position: int = 1, sha256: str = "a" * 64) -> PublishedPicture:
    """Return a picture whose renditions have these keys."""
    return PublishedPicture(
        position=position,
        best=PublishedImage(url="u", partner_id="p", accommodation_id="a", sha256=sha256, width=1, height=1),
        margin=0,
        category=None,
        labels=(),
        score=PublishedScore(total=0, parts={}),
        renditions=tuple(
            PublishedRendition(name="small", key=name, width=1, height=1, bytes=1, format="jpeg") for name in named
        ),
        merged=(),
    )


def manifest(*named: str, seq: int = 1, pending: tuple[Pending, ...] = ()) -> Manifest:
    """Return a manifest of one picture that names these keys."""
    return Manifest(
        seq=seq, hotel_id="h", name="", release_id="r", inputs="", versions={}, published_at=NOW,
        pictures=(picture(*named),), pending=pending,
    )  # fmt: skip
