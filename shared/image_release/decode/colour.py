"""Colour management: from an embedded profile to sRGB, which is all that a page can be trusted to show."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4_000_000
"""Printers' profiles have up to 3 MB; a larger one is ignored."""
CACHED_PROFILES = 8
"""Partners use few profiles, and a transform is built in milliseconds."""
SAME_LEVELS = 2
"""A profile that moves no colour of the probe by more than this is sRGB, whatever it is called."""
PROBE_LEVELS = (0, 32, 64, 128, 192, 255)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an RGB, L, CMYK or LAB picture to sRGB by its profile; one that is broken or does not fit is ignored."""
    transform = _transform(profile or b"", image.mode) if profile or image.mode == "LAB" else None
    if transform is not None:
        managed = ImageCms.applyTransform(image, transform)
        assert managed is not None  # it is None in place only
        return managed
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=CACHED_PROFILES)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform to sRGB, relative colorimetric as browsers do it; None where nothing has to be done."""
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
    levels = np.array(PROBE_LEVELS, np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    moved = ImageCms.applyTransform(Image.fromarray(colours), transform)
    return bool(np.abs(np.asarray(moved, np.int16) - colours).max() <= SAME_LEVELS)
