"""What is published of a hotel when we begin, and which of it stands though its bytes are lost.

State, fingerprints and originals may be lost while a partner's server is down. Then what the manifest shows stays as it
is, with its renditions, until the bytes can be had again (invariant 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from image_release.dedup import BEST_VERSION, GROUPING_VERSION
from image_release.publish import Manifest, PublishedImage, PublishedPicture, PublishedRendition, RejectedImage
from image_release.values import Accommodation, Credit, PartnerImage

OLDER_RENDITIONS = "older_renditions"
"""Key of a manifest's `versions`: by SHA-256 and name, the digests of renditions that could not be made again."""


@dataclass(frozen=True)
class PublishedBefore:
    """A manifest as a source: which copy each image had, and which renditions there are."""

    manifest: Manifest | None
    inputs: str
    """Digest of the present inputs."""
    damaged: frozenset[str] = frozenset()
    """Keys of renditions that are missing or damaged, and must not be named again."""

    @property
    def same_inputs(self) -> bool:
        """Whether the present inputs are those of the manifest."""
        return self.manifest is not None and self.manifest.inputs == self.inputs

    @property
    def at(self) -> datetime:
        """When the manifest was published."""
        return self.manifest.published_at if self.manifest else datetime.min.replace(tzinfo=UTC)

    @cached_property
    def copies(self) -> Mapping[PartnerImage, str]:
        """SHA-256 of every image that is shown, or merged with one that is."""
        return {partner_image(image): image.sha256 for picture in self.pictures() for image in images_of(picture)}

    @cached_property
    def credits(self) -> Mapping[str, Credit]:
        """Who made the images, as the manifest says: it stays when the cache is lost."""
        images: list[PublishedImage | RejectedImage] = [
            image for picture in self.pictures() for image in images_of(picture)
        ]
        images += self.manifest.rejected if self.manifest else ()
        return {
            image.sha256: Credit(image.credit, image.copyright)
            for image in images
            if image.sha256 and (image.credit or image.copyright)
        }

    @cached_property
    def best_of(self) -> Mapping[str, str]:
        """If other rules made the pictures: SHA-256 of every shown or merged image -> the best image of its picture."""
        versions = self.manifest.versions if self.manifest else {}
        if (versions.get("grouping"), versions.get("best")) == (GROUPING_VERSION, BEST_VERSION):
            return {}
        return {image.sha256: picture.best.sha256 for picture in self.pictures() for image in images_of(picture)}

    def pictures(self) -> tuple[PublishedPicture, ...]:
        """The published pictures, in order."""
        return self.manifest.pictures if self.manifest else ()

    @cached_property
    def renditions(self) -> Mapping[str, tuple[PublishedRendition, ...]]:
        """The whole renditions of each picture that has some, by the SHA-256 of its best image."""
        whole = {
            picture.best.sha256: tuple(item for item in picture.renditions if item.key not in self.damaged)
            for picture in self.pictures()
        }
        return {sha256: renditions for sha256, renditions in whole.items() if renditions}

    def recipe(self, sha256: str, name: str) -> str | None:
        """Digest of the settings by which a rendition was made; None if it is not known."""
        versions = self.manifest.versions if self.manifest else {}
        made_by = versions.get(OLDER_RENDITIONS, {}).get(sha256) or versions.get("renditions", {})
        recipe = made_by.get(name)
        return recipe if isinstance(recipe, str) else None


def images_of(picture: PublishedPicture) -> Iterator[PublishedImage]:
    """The images of a picture: the best one, then its copies."""
    yield picture.best
    yield from picture.merged


def partner_image(image: PublishedImage) -> PartnerImage:
    """Which image of which partner a published one is."""
    return PartnerImage(Accommodation(image.partner_id, image.accommodation_id), image.url)
