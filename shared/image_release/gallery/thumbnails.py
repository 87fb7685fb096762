"""Small pictures of copies and of images that are not shown, to look at on a page (decision 37).

They are made of the working images, which grouping has of every image anyway: small, grey, and without borders. So they
cost no object, no download and no decode, and they show what was compared. They are part of the page.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping

from image_release.fingerprint import Fingerprint
from image_release.publish import Manifest

SIDE_PX = 120
"""Maximum width and height of a thumbnail."""
QUALITY = 55
"""JPEG quality: about 2 KB a thumbnail."""
MAX_THUMBNAILS = 200
"""Maximum number of a page, so that the page of the largest hotel stays below a megabyte."""


def thumbnails_of(manifest: Manifest, fingerprints: Mapping[str, Fingerprint]) -> dict[str, str]:
    """SHA-256 of copies and rejected images -> thumbnail as a data URI: the first ones, in the order of the page."""
    wanted = [sha256 for sha256 in dict.fromkeys(_small_images(manifest)) if sha256 in fingerprints]
    return {sha256: _thumbnail(fingerprints[sha256]) for sha256 in wanted[:MAX_THUMBNAILS]}


def _small_images(manifest: Manifest) -> Iterator[str]:
    """Every image that has no rendition of its own."""
    for picture in manifest.pictures:
        yield from (image.sha256 for image in picture.merged)
    yield from (image.sha256 for image in manifest.rejected if image.sha256)


def _thumbnail(fingerprint: Fingerprint) -> str:
    from PIL import Image

    small = Image.fromarray(fingerprint.working.grey)
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
