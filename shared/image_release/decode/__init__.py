"""Decoding: hostile bytes become upright pixels, or the reason why they cannot.

The published method's filter by size is here too: the header answers it, before anything is decoded.
"""

from image_release.decode.alone import call_by_cost
from image_release.decode.budget import DecodeCost, cost_of, judge_cost
from image_release.decode.credit import read_credit
from image_release.decode.flatness import contrast, flat
from image_release.decode.opening import judge_size, read_header
from image_release.decode.pixels import Draft, UndecodableError, decode_draft, decode_full, thumbnail_jpeg
from image_release.decode.resizing import PillowResizer, Resizer, SimdResizer, best_resizer, shipped_resizer
from image_release.decode.view import VIEW_PX, decode_view, view_of

DECODER_VERSION = 2
"""Number of the decoder. It grows when more images can be shown: what an older decoder refused is examined again.

Version 1 is the decoder before refusals carried a version."""

__all__ = [
    "DECODER_VERSION",
    "VIEW_PX",
    "DecodeCost",
    "Draft",
    "PillowResizer",
    "Resizer",
    "SimdResizer",
    "UndecodableError",
    "best_resizer",
    "call_by_cost",
    "contrast",
    "cost_of",
    "decode_draft",
    "decode_full",
    "decode_view",
    "flat",
    "judge_cost",
    "judge_size",
    "read_credit",
    "read_header",
    "shipped_resizer",
    "thumbnail_jpeg",
    "view_of",
]
