"""Fingerprints: the 36 hashes of the published method, and what else tells copies and look-alikes apart."""

from image_release.fingerprint.arrays import UNREADABLE, all_arrays
from image_release.fingerprint.cues import BAND_MIDDLES, Cues
from image_release.fingerprint.hash_comparison import hash_distances, near_pairs
from image_release.fingerprint.hashes import crop_hashes, to_hex
from image_release.fingerprint.keypoints import MOST_POINTS, Keypoints, blur
from image_release.fingerprint.packing import (
    FINGERPRINT_VERSION,
    Fingerprint,
    FingerprintsUnreadableError,
    fingerprint,
    pack_fingerprints,
    unpack_fingerprints,
    unpack_hashes,
    unpack_one,
)
from image_release.fingerprint.working_image import WorkingImage

__all__ = [
    "BAND_MIDDLES",
    "FINGERPRINT_VERSION",
    "MOST_POINTS",
    "UNREADABLE",
    "Cues",
    "Fingerprint",
    "FingerprintsUnreadableError",
    "Keypoints",
    "WorkingImage",
    "all_arrays",
    "blur",
    "crop_hashes",
    "fingerprint",
    "hash_distances",
    "near_pairs",
    "pack_fingerprints",
    "to_hex",
    "unpack_fingerprints",
    "unpack_hashes",
    "unpack_one",
]
