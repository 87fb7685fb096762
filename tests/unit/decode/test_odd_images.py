"""More than a hundred odd images, each with its right outcome, and its colours where arithmetic tells them."""

import numpy as np
import pytest
from PIL import Image

from image_release.decode import decode_draft, decode_full, read_header
from image_release.outcomes import Rejection
from image_release.settings import FilterSettings
from tests.odd_images.blocks import block_means
from tests.odd_images.every import CASES

FILTER = FilterSettings()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_odd_image_has_its_right_outcome(case):
    """It is shown as it is meant, or refused; the draft and the whole image agree."""
    facts = read_header(case.data, "0" * 64, FILTER)
    draft = facts if isinstance(facts, Rejection) else decode_draft(case.data, facts)
    assert (draft.outcome if isinstance(draft, Rejection) else None) == case.outcome, draft
    if case.truth is None:
        return
    image = decode_full(case.data, facts)
    assert isinstance(image, Image.Image), image
    found, truth = block_means(np.asarray(image)), block_means(case.truth)
    assert found.shape == truth.shape
    assert np.abs(found - truth).max() <= case.tolerance


def test_there_are_more_than_a_hundred():
    """Each has a name of its own."""
    assert len({case.name for case in CASES}) == len(CASES) > 100
