"""A print: what grouping needs to know of one content, so that it is never decoded again to be compared."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.decoding import Draft, contrast
from image_release.fingerprinting.hashes import HASH_VERSION, crop_hashes
from image_release.settings import FingerprintSettings

PRINT_VERSION = f"0-{HASH_VERSION}"


class PrintsUnreadableError(Exception):
    """Bytes that are no packed prints of this version."""


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """36 hashes of 64 bits and the contrast of the picture."""

    hashes: NDArray[np.uint64]
    contrast: float


def fingerprint(draft: Draft, settings: FingerprintSettings) -> Print:
    """Make the print of a draft."""
    return Print(crop_hashes(draft.rgb, settings.hash), contrast(draft))


def pack_prints(prints: Mapping[str, Print]) -> bytes:
    """Prints as bytes, by SHA-256."""
    out = io.BytesIO()
    shas = sorted(prints)
    np.savez(
        out,
        shas=np.array(shas, "U64"),
        hashes=np.array([prints[sha].hashes for sha in shas], np.uint64).reshape(-1, 36),
        contrasts=np.array([prints[sha].contrast for sha in shas]),
    )
    return out.getvalue()


def unpack_prints(data: bytes) -> dict[str, Print]:
    """Prints back from bytes. Raises PrintsUnreadableError."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            shas, hashes, contrasts = arrays["shas"], arrays["hashes"], arrays["contrasts"]
    except Exception as error:
        raise PrintsUnreadableError(str(error)) from error
    return {str(sha): Print(row, float(value)) for sha, row, value in zip(shas, hashes, contrasts, strict=True)}
