"""Flat images: one colour, a faint gradient, an image that was never filled."""

from __future__ import annotations

import numpy as np

from image_release.decode.pixels import Draft
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings


def contrast(draft: Draft) -> float:
    """Standard deviation of the brightness of a draft, 0…127.5, on a grid of fewer than 256 × 256 points."""
    step_y, step_x = (max(1, side // 128) for side in draft.rgb.shape[:2])
    points = draft.rgb[::step_y, ::step_x].astype(np.float32)
    return float((points @ np.array([0.299, 0.587, 0.114], np.float32)).std())


def flat(draft: Draft, settings: FilterSettings) -> Rejection | None:
    """Reject an image whose contrast is below the setting `min_contrast`; None if it is accepted."""
    found = contrast(draft)
    if found < settings.min_contrast:
        return Rejection(Outcome.NO_CONTENT, f"contrast {found:.1f} < {settings.min_contrast:g}")
    return None
