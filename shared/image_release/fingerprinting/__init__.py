"""Fingerprinting: 36 perceptual hashes and what else grouping needs of one content."""

from image_release.fingerprinting.prints import (
    PRINT_VERSION,
    Print,
    PrintsUnreadableError,
    fingerprint,
    pack_prints,
    unpack_prints,
)

__all__ = ["PRINT_VERSION", "Print", "PrintsUnreadableError", "fingerprint", "pack_prints", "unpack_prints"]
