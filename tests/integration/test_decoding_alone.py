"""What takes much memory is decoded alone, in a child process whose memory is given back."""

import os
import threading

import pytest

from image_release.child_process import ChildLimitError, IsolatedCaller
from image_release.decode import DecodeCost, call_by_cost
from image_release.hotel.examine import Unreadable, examine
from image_release.outcomes import Outcome
from image_release.renditions import generate, generate_within_budget
from image_release.settings import DEFAULT_RENDITIONS, FilterSettings, FingerprintSettings
from tests.integration import doomed
from tests.odd_images.jpeg import PLAIN

BUDGET = FilterSettings()
DEAR, CHEAP = DecodeCost(500, 1), DecodeCost(5, 1)
ALONE = FilterSettings(alone_above_mb=0)
"""Settings by which every image is dear."""


def test_a_cheap_image_is_decoded_here():
    """A child process costs half a second."""
    assert call_by_cost(CHEAP, BUDGET, doomed.process_id) == os.getpid()


def test_a_dear_image_is_decoded_in_a_child_that_ends():
    """Its memory goes back to the machine with it."""
    child = call_by_cost(DEAR, BUDGET, doomed.process_id)
    assert child != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_child_starts_no_child():
    """What is isolated already is decoded there."""
    with IsolatedCaller() as call:
        assert call(call_by_cost, DEAR, BUDGET, doomed.process_id) == call(doomed.process_id)


def test_nothing_is_decoded_beside_a_dear_image():
    """It waits for what is being decoded, and what comes meanwhile waits for it."""
    begun, go_on, order = threading.Event(), threading.Event(), []

    def cheap():
        begun.set()
        go_on.wait(120)
        order.append("cheap")

    first = threading.Thread(target=lambda: call_by_cost(CHEAP, BUDGET, cheap))
    first.start()
    begun.wait(120)
    dear = threading.Thread(target=lambda: order.append(call_by_cost(DEAR, BUDGET, doomed.add, 1, 1)))
    dear.start()
    dear.join(0.2)
    assert order == []
    go_on.set()
    first.join(120)
    dear.join(120)
    assert order == ["cheap", 2]


def test_memory_beyond_the_limit_is_no_verdict_on_the_image():
    """The limit behind the budget raises an error of its own, which callers do not remember."""
    with pytest.raises(ChildLimitError, match="MB of memory"):
        call_by_cost(DEAR, FilterSettings(max_decode_mb=1), doomed.take_memory, 2_000)


class TestAnImage:
    def test_is_examined_the_same_in_a_child(self):
        """Facts and fingerprint do not tell where they were made."""
        here, there = (examine(PLAIN, "0" * 64, budget, FingerprintSettings()) for budget in (BUDGET, ALONE))
        assert not isinstance(here, Unreadable)
        assert repr(here) == repr(there)

    def test_gets_the_same_renditions_in_a_child(self):
        """Every byte is the same."""
        facts = examine(PLAIN, "0" * 64, BUDGET, FingerprintSettings()).facts
        recipes = DEFAULT_RENDITIONS[-2:]
        assert generate_within_budget(PLAIN, facts, recipes, ALONE) == generate(PLAIN, facts, recipes)

    def test_that_the_budget_refuses_has_too_many_pixels(self):
        """Its facts are kept, and the reason names the number."""
        found = examine(PLAIN, "0" * 64, FilterSettings(max_decode_s=0.0001), FingerprintSettings())
        assert isinstance(found, Unreadable)
        assert found.rejection.outcome is Outcome.TOO_MANY_PIXELS
        assert found.facts.width == 360

    def test_that_was_accepted_is_rendered_whatever_it_takes(self):
        """A budget that became narrower takes nothing off."""
        facts = examine(PLAIN, "0" * 64, BUDGET, FingerprintSettings()).facts
        assert generate_within_budget(PLAIN, facts, DEFAULT_RENDITIONS[-1:], FilterSettings(max_decode_s=0.0001))
