"""Make a workspace of many published hotels, without their files, and measure `ranking compare` on it.

    python -m benchmarks.compare_orders [--hotels 10000] [--looks] [--keep FOLDER]

A hotel has 5 to 35 pictures, 20 on average, of two partners; each picture has two copies, ten labels of the shipped
table and 14 renditions in its manifest. With `--looks` the local model is the stored tagger, and each image has a look
of it. The two settings differ in their weights. Prints CPU of the whole command (user + system), peak memory, and what
was found.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.commands import COMMAND
from benchmarks.measuring import measured
from image_release.ingest import write_listing
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.publish import (
    Manifest,
    MergedImage,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPart,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
)
from image_release.settings import Settings, shipped_labels
from image_release.storage import FolderStore
from image_release.store_keys import TAGGER, labels_key, manifest_key, rendition_key
from image_release.tag.local import LocalTagger
from image_release.values import Accommodation, CatalogueImage, Listing, sha256_hex

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PICTURES = (5, 35)
LABELS = 10
COPIES = 2
EMBEDDING = 24
SIZES = ((640, 427), (1024, 683), (1600, 1067), (2048, 1365))
SETTINGS = {"a.yaml": "", "b.yaml": "prioritising: {weights: {size: 0.5, partner: 0.2, category: 0.3}}"}


class Writer:
    """Writes hotels into a workspace; the same seed gives the same hotels."""

    def __init__(self, root: Path, *, looks: bool) -> None:
        self.inbox, self.state, self.published = (FolderStore(root / name) for name in ("inbox", "state", "published"))
        self.chance = random.Random(7)
        self.names = sorted(label for entries in shipped_labels().values() for label in entries)
        self.model = LocalTagger().identity if looks else None
        if looks:
            self.inbox.put(TAGGER, b"local\n")

    def release(self, hotels: int) -> None:
        """Bring a release with all hotels into force."""
        rows = [
            f"{number},Hotel {number},ES,Bilbao,43.2,-2.9,atlas:{number};bedbank:{number}" for number in range(hotels)
        ]
        header = "hotel_id,name,country,city,latitude,longitude,accommodations"
        self.inbox.put("releases/2026-11-29.csv", "\n".join([header, *rows, ""]).encode())
        applied = apply_release(self.inbox, self.state, "releases/2026-11-29.csv", Settings(), NOW)
        assert isinstance(applied, ReleaseApplied)

    def hotel(self, hotel_id: str) -> None:
        """Write a hotel's listings, looks and manifest."""
        pictures = [self._picture(hotel_id, number) for number in range(self.chance.randint(*PICTURES))]
        by_partner: dict[str, list[PublishedImage]] = {}
        for picture in pictures:
            for image in (picture.best, *picture.merged):
                by_partner.setdefault(image.partner_id, []).append(image)
        for partner_id, images in by_partner.items():
            accommodation = Accommodation(partner_id, hotel_id)
            listed = tuple(CatalogueImage(image.url, rank) for rank, image in enumerate(images, start=1))
            write_listing(self.state, Listing(accommodation, "2026-11-29", listed), is_new=True)
            if self.model:
                self.state.put(
                    labels_key(accommodation, self.model), json.dumps(self._said(images, self.model)).encode()
                )
        manifest = Manifest(
            seq=1,
            hotel_id=hotel_id,
            name=f"Hotel {hotel_id}",
            release_id="2026-11-29",
            inputs="benchmark",
            versions={},
            published_at=NOW,
            pictures=tuple(pictures),
        )
        self.published.put(manifest_key(hotel_id), manifest.to_bytes())

    def _picture(self, hotel_id: str, number: int) -> PublishedPicture:
        best = self._image(hotel_id, f"{number}")
        evidence = PublishedEvidence(method="registration", distance=0.02, overlap=0.93, score=7.5)
        merged = (self._image(hotel_id, f"{number}-{copy}") for copy in range(COPIES))
        labels = self.chance.sample(self.names, LABELS)
        parts = {"size": (0.9, 0.2), "partner": (0.25, 0.2), "category": (0.61, 0.6)}
        return PublishedPicture(
            position=number + 1,
            best=best,
            margin=0.25,
            category="bedroom",
            labels=tuple(PublishedLabel(description=name, score=round(self.chance.random(), 3)) for name in labels),
            score=PublishedScore(
                total=0.6,
                parts={name: PublishedPart(value=value, weight=weight) for name, (value, weight) in parts.items()},
            ),
            renditions=tuple(
                PublishedRendition(
                    name=size.name,
                    key=rendition_key(hotel_id, 1, best.sha256, size.name, "jpg"),
                    width=size.width,
                    height=size.height,
                    bytes=self.chance.randint(9_000, 400_000),
                    format="jpeg",
                )
                for size in Settings().renditions
            ),
            merged=tuple(MergedImage(**dict(image), evidence=evidence) for image in merged),
        )

    def _image(self, hotel_id: str, name: str) -> PublishedImage:
        partner_id = self.chance.choice(("atlas", "bedbank"))
        width, height = self.chance.choice(SIZES)
        return PublishedImage(
            url=f"https://pictures.{partner_id}.example/hotels/{hotel_id}/photographs/{name}.jpg",
            partner_id=partner_id,
            accommodation_id=hotel_id,
            sha256=sha256_hex(f"{hotel_id}/{name}".encode()),
            width=width,
            height=height,
        )

    def _said(self, images: list[PublishedImage], model: str) -> dict[str, object]:
        return {
            image.sha256: {
                "at": NOW.isoformat(),
                "labels": [],
                "look": {"model": model, "appeal": round(self.chance.random(), 3), "embedding": self._direction()},
            }
            for image in images
        }

    def _direction(self) -> list[float]:
        numbers = [self.chance.gauss(0, 1) for _ in range(EMBEDDING)]
        length = math.hypot(*numbers)
        return [round(number / length, 3) for number in numbers]


def measure(root: Path, hotels: int, *, looks: bool) -> None:
    """Make the workspace, if it is not there yet, and print what the command costs."""
    workspace = root / "workspace"
    if not workspace.exists():
        writer = Writer(workspace, looks=looks)
        writer.release(hotels)
        for number in range(hotels):
            writer.hotel(str(number))
    for name, text in SETTINGS.items():
        (root / name).write_text(text)
    files = [str(root / name) for name in SETTINGS]
    place = ["--workspace", str(workspace), "--report", str(root / "report"), "--json"]
    cost = measured([COMMAND, "ranking", "compare", *files, *place])
    found = json.loads(cost.stdout)
    print(
        f"{found['hotels']:,} hotels: {cost.cpu_s:.1f} s of CPU, {cost.peak_mb:.0f} MB, {cost.wall_s:.1f} s in all; "
        f"{found['first_changed']:,} open with another picture, mean tau {found['kendall_tau']['mean']:.3f}"
    )


def main() -> int:
    """Measure on a workspace that is kept, or in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=10_000)
    parser.add_argument("--looks", action="store_true")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    if args.keep:
        measure(args.keep, args.hotels, looks=args.looks)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), args.hotels, looks=args.looks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
