"""Made hotels to decide about: manifests in memory, with as few fields as a test needs."""

from datetime import UTC, datetime

from image_release.outcomes import Outcome
from image_release.publish import (
    Manifest,
    MergedImage,
    PublishedEvidence,
    PublishedImage,
    PublishedPart,
    PublishedPicture,
    PublishedScore,
    RejectedImage,
)
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import manifest_key

EVIDENCE = PublishedEvidence(method="registration", distance=0.1, overlap=0.9, score=9.0)


def sha(letters: str) -> str:
    """A SHA-256 that begins with these hexadecimal digits."""
    return letters.ljust(64, "0")


def image(letters: str) -> dict[str, object]:
    url = f"https://p.example/{letters}.jpg"
    return {"url": url, "partner_id": "p", "accommodation_id": "1", "sha256": sha(letters), "width": 900, "height": 600}


def picture(position: int, best: str, *copies: str, **fields: object) -> PublishedPicture:
    parts = fields.pop("parts", {"size": 0.95, "partner": 0.5, "category": 0.5})
    score = PublishedScore(
        total=fields.pop("total", 0.9 - position / 10),
        parts={name: PublishedPart(value=value, weight=0.3) for name, value in parts.items()},
    )
    merged = tuple(MergedImage(**image(copy), evidence=EVIDENCE) for copy in copies)
    made = {"margin": 2.0, "category": "bedroom", "labels": (), "renditions": (), **fields}
    return PublishedPicture(position=position, best=PublishedImage(**image(best)), merged=merged, score=score, **made)


def rejected(letters: str, outcome: Outcome, reason: str = "why") -> RejectedImage:
    fields = {name: value for name, value in image(letters).items() if name not in ("width", "height")}
    return RejectedImage(**fields, outcome=outcome, reason=reason)


def manifest(hotel_id: str = "h", seq: int = 1, **fields: object) -> Manifest:
    """A hotel of three pictures (the first one has a copy), and one image of each way not to be shown."""
    made = {
        "name": "Seaview",
        "release_id": "2026-11-01",
        "inputs": "i",
        "versions": {},
        "published_at": datetime(2026, 11, 2, tzinfo=UTC),
        "pictures": (picture(1, "aaaaaa1", "aaaaaa2"), picture(2, "bbbbbb1"), picture(3, "cccccc1")),
        "rejected": (
            rejected("dddddd1", Outcome.TOO_SMALL, "300 × 200 pixels"),
            rejected("eeeeee1", Outcome.HIDDEN, "hidden by a person (ann)"),
            rejected("ffffff1", Outcome.NOT_AN_IMAGE, "HTML"),
        ),
        **fields,
    }
    return Manifest(seq=seq, hotel_id=hotel_id, **made)


def stores(*manifests: Manifest) -> Stores:
    """Stores in memory that hold these manifests."""
    made = Stores(MemoryStore(), MemoryStore(), MemoryStore())
    for item in manifests or (manifest(),):
        made.published.put(manifest_key(item.hotel_id), item.to_bytes())
    return made
