"""What a brake holds is told as a share of what there was."""

import pytest

from image_release.ingest import Held


@pytest.mark.parametrize(("leaving", "of", "share"), [(1, 4, 0.25), (4, 4, 1.0), (0, 3, 0.0), (0, 0, 0.0)])
def test_the_share_that_would_leave_is_between_none_and_all(leaving, of, share):
    assert Held("catalogue", ("p", "1"), leaving, of, limit=0.3).share == share
