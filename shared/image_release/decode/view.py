"""What a local model looks at: the whole image, squeezed into a small square, as bytes."""

from __future__ import annotations

from PIL import Image

from image_release.decode.pixels import Draft, UndecodableError, decode_draft
from image_release.outcomes import Rejection
from image_release.values import ImageFacts

VIEW_PX = 224
"""Side of a view, in pixels."""


def view_of(draft: Draft) -> bytes:
    """The view of an image: VIEW_PX × VIEW_PX × 3 bytes, RGB by rows. The aspect ratio is not kept.

    Pillow resizes with whole numbers, so the bytes are the same on every processor. It first averages whole squares of
    pixels, which saves half of the time.
    """
    return draft.image.resize((VIEW_PX, VIEW_PX), Image.Resampling.BICUBIC, reducing_gap=1.0).tobytes()


def decode_view(data: bytes, facts: ImageFacts) -> bytes:
    """The view of an image that was examined before. Raises UndecodableError if decoding fails now."""
    draft = decode_draft(data, facts)
    if isinstance(draft, Rejection):
        raise UndecodableError(draft.reason)
    return view_of(draft)
