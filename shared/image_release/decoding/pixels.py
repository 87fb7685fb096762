"""From bytes to upright RGB pixels: a cheap draft for looking at an image, the whole of it for making renditions.

EXIF orientation is applied, the first frame of an animation counts, transparency is laid on white, 16-bit and palette
pictures become 8-bit RGB. Only the whole picture is colour-managed: for a fingerprint the profile does not matter.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from image_release.decoding.opening import guarded, open_image
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from image_release.values import ImageFacts

DRAFT_SIDE_PX = 512
"""Long side that a draft has at least (where the original has it): twice what the 36 hashes are made from."""
EVERY_FORMAT = FilterSettings().formats


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An upright image at reduced size: `rgb` is (height, width, 3) uint8; `facts` speak of the original."""

    rgb: NDArray[np.uint8]
    facts: ImageFacts


def decode_draft(data: bytes, facts: ImageFacts, side_px: int = DRAFT_SIDE_PX) -> Draft | Rejection:
    """Decode once and cheaply: JPEGs are shrunk while they are loaded, never below `side_px` on the long side."""

    def decode() -> Draft:
        with open_image(data, EVERY_FORMAT) as image:
            image.draft("RGB", _draft_size(image.size, side_px))
            return Draft(np.asarray(upright_rgb(image)), facts)

    return guarded(decode, Outcome.TRUNCATED)


def decode_full(data: bytes, at_least: tuple[int, int] | None = None) -> Image.Image | Rejection:
    """Decode the whole image, upright, in sRGB.

    `at_least` (upright width, height in pixels) allows to shrink on load while the result is no smaller than that.
    """

    def decode() -> Image.Image:
        with open_image(data, EVERY_FORMAT) as image:
            if at_least is not None:
                image.draft(None, _draft_size(image.size, max(at_least)))
            profile = image.info.get("icc_profile")
            return to_srgb(image, profile) if profile else upright_rgb(image)

    return guarded(decode, Outcome.TRUNCATED)


def upright_rgb(image: Image.Image) -> Image.Image:
    """The first frame as 8-bit RGB, transparency on white, EXIF orientation applied."""
    image.load()
    return ImageOps.exif_transpose(_on_white(_eight_bit(image))).convert("RGB")


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colour-managed to sRGB by the embedded profile; one that is broken or does not fit is ignored."""
    image.load()
    upright = ImageOps.exif_transpose(_on_white(_eight_bit(image)))
    if upright.mode not in ("RGB", "CMYK", "L"):
        upright = upright.convert("RGB")
    try:
        transform = _transform(profile, upright.mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        transform = None
    managed = ImageCms.applyTransform(upright, transform) if transform else upright
    return (managed or upright).convert("RGB")


def thumbnail_jpeg(data: bytes, facts: ImageFacts, side_px: int, quality: int) -> bytes:
    """A small JPEG of an image, long side at most `side_px`, for a tagger. Raises ValueError if that cannot be."""
    draft = decode_draft(data, facts, side_px)
    if isinstance(draft, Rejection):
        raise ValueError(draft.reason)  # noqa: TRY004 - not a wrong type, a damaged picture
    image = Image.fromarray(draft.rgb)
    image.thumbnail((side_px, side_px), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _draft_size(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """What to ask of the decoder so that the long side stays at least `side_px`: it rounds each side on its own."""
    long = max(size)
    return (max(1, size[0] * side_px // long), max(1, size[1] * side_px // long))


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit and float greys scaled to 8 bits: Pillow's own conversion clips them."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, np.float64)
    top = 65535.0 if image.mode.startswith("I") else max(float(np.nanmax(values)), 1.0)
    grey = Image.fromarray(np.clip(np.nan_to_num(values) / top * 255, 0, 255).astype(np.uint8))
    grey.info = dict(image.info)
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    """Lay transparency on white, as a page would show it."""
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa") and "transparency" not in image.info:
        return image
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    flattened = Image.alpha_composite(white, layer).convert("RGB")
    flattened.info = {key: value for key, value in image.info.items() if key != "transparency"}
    flattened.getexif().update(image.getexif())
    return flattened


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile to sRGB; partners use few profiles. None: it is sRGB already."""
    source = ImageCms.getOpenProfile(io.BytesIO(profile))
    if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
        return None
    return ImageCms.buildTransform(
        source, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
