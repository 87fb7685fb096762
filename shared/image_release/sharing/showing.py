"""What a hotel shows now, by its manifest: its pictures, their images, and who sends them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from image_release.cache import read_fingerprints
from image_release.dedup import FingerprintedImage
from image_release.publish import Manifest, PublishedImage
from image_release.sharing.found import PairedHotel
from image_release.storage import Store
from image_release.values import Accommodation, HotelRow, ImageFacts

MOST_COMPARED = 60
"""Maximum number of pictures of a hotel, the first ones, that are aligned with those of another hotel."""


class ShowingNow:
    """The pictures of a hotel by number, in their order."""

    def __init__(self, row: HotelRow, manifest: Manifest) -> None:
        self.row = row
        self._pictures = [(picture.best, *picture.merged) for picture in manifest.pictures]
        self._numbers = {image.sha256: number for number, images in enumerate(self._pictures) for image in images}

    def pictures_with(self, images: Iterable[bytes]) -> set[int]:
        """The pictures that have one of these images."""
        return {self._numbers[image.hex()] for image in images if image.hex() in self._numbers}

    def best(self, number: int) -> str:
        """SHA-256 of the best image of a picture."""
        return self._pictures[number][0].sha256

    def number(self, sha256: str) -> int:
        """The picture that an image belongs to."""
        return self._numbers[sha256]

    def best_images(self, state: Store, but: Collection[int]) -> dict[str, FingerprintedImage]:
        """The best images, by SHA-256, of the first pictures but some, where their fingerprints are known."""
        wanted = [images[0] for number, images in enumerate(self._pictures) if number not in but][:MOST_COMPARED]
        known = {item: read_fingerprints(state, item) for item in dict.fromkeys(map(_accommodation, wanted))}
        return {
            image.sha256: FingerprintedImage(_facts(image), known[_accommodation(image)][image.sha256])
            for image in wanted
            if image.sha256 in known[_accommodation(image)]
        }

    def side(self, shared: set[int], images: Collection[str]) -> PairedHotel:
        """This hotel as one of a pair that shares these pictures, because of these images."""
        senders = {image.partner_id for number in shared for image in self._pictures[number] if image.sha256 in images}
        sent = sum(1 for own in self._pictures if senders & set(_partners(own)))
        count = len(self._pictures)
        return PairedHotel(self.row, count, len(shared) / count, tuple(sorted(senders)), len(shared) / sent)


def _accommodation(image: PublishedImage) -> Accommodation:
    return Accommodation(image.partner_id, image.accommodation_id)


def _facts(image: PublishedImage) -> ImageFacts:
    """The facts of an image as far as a manifest has them; alignment asks for none of them."""
    return ImageFacts(image.sha256, image.width, image.height, "JPEG", 0)


def _partners(images: Iterable[PublishedImage]) -> Iterator[str]:
    return (image.partner_id for image in images)
