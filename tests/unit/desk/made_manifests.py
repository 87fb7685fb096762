"""Manifests made for tests of the desk: a hotel in a few words, without downloads or pictures."""

import hashlib
from datetime import UTC, datetime

from image_release.publish import (
    Manifest,
    MergedImage,
    Pending,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
    RejectedImage,
)
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import manifest_key, rendition_key

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def picture(
    name, partner="atlas", copies=(), category="bedroom", labelled=True, size=(1600, 1067), margin=4.0, reason=None
):
    """One picture; `copies` are (partner, evidence score, reason)."""
    key = rendition_key("any", 1, sha(name), "w320", "jpg")
    merged = [
        MergedImage(
            **_image(f"{name}-{at}", copy_partner, (800, 533), copy_reason),
            evidence=PublishedEvidence(method="registration", distance=0.1, overlap=0.9, score=score),
        )
        for at, (copy_partner, score, copy_reason) in enumerate(copies)
    ]
    return PublishedPicture(
        position=1,
        best=PublishedImage(**_image(name, partner, size, reason)),
        margin=margin,
        category=category,
        labels=(PublishedLabel(description="Bedroom", score=0.9),) if labelled else (),
        score=PublishedScore(total=0.5, parts={}),
        renditions=(PublishedRendition(name="w320", key=key, width=320, height=213, bytes=1, format="jpeg"),),
        merged=tuple(merged),
    )


def _image(name, partner, size, reason):
    return {
        "url": f"https://{partner}.example/{name}.jpg",
        "partner_id": partner,
        "accommodation_id": "1",
        "sha256": sha(name),
        "width": size[0],
        "height": size[1],
        "reason": reason,
    }


def rejected(outcome, partner="atlas", name="bad"):
    return RejectedImage(
        url=f"https://{partner}.example/{name}", partner_id=partner, accommodation_id="1", outcome=outcome, reason="…"
    )


def manifest(hotel_id, pictures=(), *, refused=(), name="", seq=1, at=MOMENT, withdrawn=False, pending=()):
    return Manifest(
        seq=seq,
        hotel_id=hotel_id,
        name=name or f"Hotel {hotel_id}",
        release_id="r",
        inputs="0",
        versions={},
        published_at=at,
        withdrawn=withdrawn,
        pictures=tuple(item.model_copy(update={"position": at + 1}) for at, item in enumerate(pictures)),
        rejected=tuple(refused),
        pending=tuple(Pending(kind=kind, not_before=MOMENT) for kind in pending),
    )


def stores_with(*manifests) -> Stores:
    stores = Stores(MemoryStore(), MemoryStore(), MemoryStore())
    for made in manifests:
        publish(stores, made)
    return stores


def publish(stores, made) -> None:
    stores.published.put(manifest_key(made.hotel_id), made.to_bytes())
