"""A picture that is kept everywhere, beside decisions to hide it: one after the other, and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from image_release.everywhere import (
    actions_in_force,
    decide_everywhere,
    job_of,
    listed_everywhere,
    run_job,
    undo_everywhere,
)
from image_release.ingest import EverywhereRefusedError, read_decisions
from image_release.values import sha256_hex
from tests.integration.test_everywhere import LOGO, ROOMS, SMALL_LOGO, Chain

IMAGE = sha256_hex(LOGO)


@pytest.fixture
def chain(tmp_path):
    made = Chain(tmp_path)
    made.hotels(h1=[LOGO, ROOMS[0]], h2=[SMALL_LOGO, ROOMS[1]])
    yield made
    made.world.close()


def said(chain, action, at):
    return decide_everywhere(chain.stores, "h1", IMAGE, action, by=action, at=f"2026-11-{at}")


def brought(chain, decision):
    """Bring a decision to its hotels as the desk does: hotels are looked for only where it writes lines."""
    found = chain.found(LOGO) if decision.writes_lines else ()
    run_job(chain.stores, job_of(chain.world.state, decision, found), chain.process)


def pictures(chain):
    return [len(chain.shown(name)) for name in ("h1", "h2")]


def test_hidden_then_kept_then_hidden_again_each_time_does_what_was_said_last(chain):
    brought(chain, said(chain, "hide", 20))
    assert pictures(chain) == [1, 1]
    with pytest.raises(EverywhereRefusedError, match="hide decided hide for every hotel already"):
        said(chain, "keep", 21)
    assert actions_in_force(chain.stores) == {IMAGE: "hide"}
    undo_everywhere(chain.stores, IMAGE, by="cy", at="2026-11-22")
    kept = said(chain, "keep", 23)  # before the lines of the first one were undone
    assert pictures(chain) == [1, 1]
    brought(chain, kept)
    assert pictures(chain) == [2, 2]
    assert actions_in_force(chain.stores) == {IMAGE: "keep"}
    with pytest.raises(EverywhereRefusedError, match="keep decided keep for every hotel already"):
        said(chain, "hide", 24)
    brought(chain, undo_everywhere(chain.stores, IMAGE, by="cy", at="2026-11-25"))
    assert actions_in_force(chain.stores) == {}
    brought(chain, said(chain, "hide", 26))
    assert pictures(chain) == [1, 1]
    [[listed], problems] = listed_everywhere(chain.stores)
    assert ([listed.action, *(item.action for item in listed.earlier)], problems) == (["hide", "keep", "hide"], ())


def test_a_hotel_that_comes_later_shows_what_is_kept(chain):
    brought(chain, said(chain, "keep", 20))
    chain.hotels(h1=[LOGO, ROOMS[0]], h2=[SMALL_LOGO, ROOMS[1]], h3=[SMALL_LOGO])
    assert chain.shown("h3") == {sha256_hex(SMALL_LOGO)}
    assert [read_decisions(chain.world.inbox, name)[0] for name in ("h1", "h2", "h3")] == [(), (), ()]


def test_of_one_who_keeps_and_one_who_hides_at_once_one_is_told_what_the_other_said(chain):
    for day in range(10, 20):
        start, told = Barrier(2), []

        def say(action, start=start, told=told, day=day):
            start.wait()
            try:
                return said(chain, action, day)
            except EverywhereRefusedError as error:
                told.append(str(error))

        with ThreadPoolExecutor(2) as pool:
            [decision] = [made for made in pool.map(say, ("keep", "hide")) if made]
        assert actions_in_force(chain.stores) == {IMAGE: decision.action}
        assert len(told) == 1
        assert f"decided {decision.action} for every hotel already" in told[0]
        undo_everywhere(chain.stores, IMAGE, by="cy", at=f"2026-11-{day}T12:00:00")
