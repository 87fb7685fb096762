"""Fingerprinting: the 36 hashes of the published method, and what else tells copies and look-alikes apart."""

from image_release.fingerprint.cues import BAND_MIDDLES, Cues
from image_release.fingerprint.hash_comparison import hash_distances, near_pairs
from image_release.fingerprint.hashes import crop_hashes, to_hex
from image_release.fingerprint.keypoints import MOST_POINTS, Keypoints, blur
from image_release.fingerprint.packing import (
    PRINT_VERSION,
    Print,
    PrintsUnreadableError,
    fingerprint,
    pack_prints,
    unpack_prints,
)
from image_release.fingerprint.working_image import Working

__all__ = [
    "BAND_MIDDLES",
    "MOST_POINTS",
    "PRINT_VERSION",
    "Cues",
    "Keypoints",
    "Print",
    "PrintsUnreadableError",
    "Working",
    "blur",
    "crop_hashes",
    "fingerprint",
    "hash_distances",
    "near_pairs",
    "pack_prints",
    "to_hex",
    "unpack_prints",
]
