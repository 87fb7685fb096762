"""Colour management: from an embedded profile to sRGB, the only colours that every browser shows right."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from image_release.decode.profiles import MAX_PROFILE_BYTES

CACHED_PROFILES = 8
"""Number of transforms that are kept. Partners use few profiles, and a transform is built in milliseconds."""
SAME_LEVELS = 2
"""Maximum change of any probed colour, in levels of 255, for a profile to count as sRGB, whatever its name."""
PROBE_LEVELS = (0, 32, 64, 128, 192, 255)
"""Levels of each channel that are probed, in all combinations."""


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an RGB, L, CMYK or LAB image to sRGB by its profile; a broken or unfitting profile is ignored.

    A grey image may have a profile of colours: then it is one whose channels are the same.
    """
    if image.mode == "L" and profile and profile[16:20] == b"RGB ":
        image = image.convert("RGB")
    transform = _transform(profile or b"", image.mode) if profile or image.mode == "LAB" else None
    if transform is not None:
        managed = ImageCms.applyTransform(image, transform)
        assert managed is not None  # None is returned only when converting in place
        return managed
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=CACHED_PROFILES)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform to sRGB, relative colorimetric as in browsers; None if none is needed or possible."""
    if len(profile) > MAX_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.createProfile("LAB") if mode == "LAB" else ImageCms.getOpenProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
        return None if mode == "RGB" and _changes_nothing(transform) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a transform leaves all probed colours nearly as they are."""
    levels = np.array(PROBE_LEVELS, np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    changed = ImageCms.applyTransform(Image.fromarray(colours), transform)
    return bool(np.abs(np.asarray(changed, np.int16) - colours).max() <= SAME_LEVELS)
