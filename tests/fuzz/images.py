"""Images: damaged files of all formats become pixels or an outcome, in bounded time, and the same ones every time."""

import random
import time

from image_release.decode import Draft, cost_of, decode_draft, judge_cost, read_header
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from image_release.values import sha256_hex
from tests.fuzz.damage import damaged
from tests.odd_images.every import CASES

FILTER = FilterSettings(min_short_side_px=1, min_long_side_px=1)
REFUSALS = {Outcome.NOT_AN_IMAGE, Outcome.TRUNCATED, Outcome.TOO_MANY_PIXELS, Outcome.TOO_SMALL}
SLACK_S = 5
"""Seconds that an image may take beyond what its header says, on a machine that does other things as well."""


def check(seed: int) -> None:
    """Damage an image and decode it."""
    rng = random.Random(seed)
    data = damaged(rng.choice(CASES).data, rng)
    facts = read_header(data, sha256_hex(data), FILTER)
    if isinstance(facts, Rejection):
        assert facts.outcome in REFUSALS, facts
        assert facts.reason.isprintable(), facts
        return
    cost = cost_of(data, facts, FILTER)
    if judge_cost(cost, FILTER):
        return
    begun = time.process_time()
    drawn = decode_draft(data, facts)
    taken = time.process_time() - begun
    assert taken < 2 * cost.cpu_s + SLACK_S, f"{taken:.1f} s, its header says {cost.cpu_s:.1f}"
    if isinstance(drawn, Rejection):
        assert drawn.outcome in REFUSALS, drawn
        assert drawn.reason.isprintable(), drawn
        return
    assert isinstance(drawn, Draft), drawn
    assert drawn.image.mode == "RGB"
    assert max(drawn.image.size) <= max(facts.width, facts.height)
