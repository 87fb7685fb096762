"""What a function does with a hotel whose time budget ended before all images were downloaded."""

from datetime import UTC, datetime

import pytest

from image_release.hotel import Context, HotelReport, ImageReport
from image_release.outcomes import Outcome
from image_release.serverless.process_hotel import was_cut_short
from image_release.values import Accommodation, PartnerImage


@pytest.mark.parametrize(
    ("deadline_s", "outcomes", "expected"),
    [
        (10.0, [Outcome.PUBLISHED, Outcome.DEFERRED], True),
        (9.0, [Outcome.DEFERRED], True),
        (10.1, [Outcome.DEFERRED], False),
        (10.0, [Outcome.PUBLISHED], False),
        (10.0, [], False),
        (None, [Outcome.DEFERRED], False),
    ],
)
def test_it_was_cut_short_if_the_time_is_over_and_images_were_put_off(deadline_s, outcomes, expected):
    images = [ImageReport(PartnerImage(Accommodation("p", "a"), "u"), outcome, "why") for outcome in outcomes]
    report = HotelReport("h", "processed", None, tuple(images))
    context = Context(lambda: datetime.now(UTC), monotonic=lambda: 10.0, deadline_s=deadline_s)
    assert was_cut_short(report, context) is expected
