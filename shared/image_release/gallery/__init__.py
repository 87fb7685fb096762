"""The gallery: pages for people, made from manifests alone."""

from image_release.publishing import Manifest


def hotel_page(manifest: Manifest) -> bytes:
    return b""
