"""Placeholders: "no image available" and other drawings that replace a missing photograph.

A photograph has noise and gradients nearly everywhere; a drawing has large areas of exactly one colour.
"""

from __future__ import annotations

from image_release.fingerprint import Fingerprint
from image_release.outcomes import Outcome, Rejection

LEAST_FLAT_SHARE = 0.86
"""Minimum share of flat cells. Photographs of bare walls and white bathrooms have less, and more different greys."""
LEAST_MODAL_SHARE = 0.84
"""Minimum share of pixels near one grey level."""


def placeholder(fingerprint: Fingerprint) -> Rejection | None:
    """Reject an image that is mostly one flat colour with something drawn on it."""
    flat, modal = fingerprint.cues.flat_share, fingerprint.cues.modal_share
    if flat >= LEAST_FLAT_SHARE and modal >= LEAST_MODAL_SHARE:
        return Rejection(Outcome.PLACEHOLDER, f"{flat:.0%} of the cells are flat, {modal:.0%} of one grey level")
    return None
