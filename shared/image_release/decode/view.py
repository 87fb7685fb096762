"""What a local model looks at: the whole image, squeezed into a small square, as bytes."""

from __future__ import annotations

from PIL import Image

from image_release.decode.pixels import Draft

VIEW_PX = 224
"""Side of a view, in pixels."""


def view_of(draft: Draft) -> bytes:
    """The view of an image: VIEW_PX × VIEW_PX × 3 bytes, RGB by rows. The aspect ratio is not kept.

    Pillow resizes with whole numbers, so the bytes are the same on every processor.
    """
    return draft.image.resize((VIEW_PX, VIEW_PX), Image.Resampling.BICUBIC).tobytes()
