"""What a function does with a hotel whose time budget ended before all images were downloaded."""

from dataclasses import dataclass, field

import pytest

from image_release.outcomes import Outcome
from image_release.serverless.process_hotel import was_cut_short


@dataclass
class Context:
    now_s: float

    def monotonic(self) -> float:
        return self.now_s


@dataclass
class Ports:
    context: Context


@dataclass
class Report:
    outcomes: dict[Outcome, int] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("deadline_s", "outcomes", "expected"),
    [
        (10.0, {Outcome.DEFERRED: 1}, True),
        (9.0, {Outcome.DEFERRED: 1}, True),
        (10.1, {Outcome.DEFERRED: 1}, False),
        (10.0, {Outcome.DEFERRED: 0, Outcome.PUBLISHED: 3}, False),
        (10.0, {}, False),
        (None, {Outcome.DEFERRED: 1}, False),
    ],
)
def test_it_was_cut_short_if_the_time_is_over_and_images_were_put_off(deadline_s, outcomes, expected):
    assert was_cut_short(Report(outcomes), Ports(Context(10.0)), deadline_s) is expected
