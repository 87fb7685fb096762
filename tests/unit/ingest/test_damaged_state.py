"""State that was cut short: what can be made again is, and the rest is told and takes nothing away."""

import pytest

from image_release.ingest import find_row, hotel_ids, read_current
from image_release.ingest.releases.index import read_shard
from image_release.state import StateUnreadableError
from image_release.store_keys import catalogue_digests_key, rows_key
from tests.unit.ingest.test_catalogue import Catalogues, line
from tests.unit.ingest.test_release import Releases, row


@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_a_shard_that_is_cut_never_reads_as_no_hotels(keep):
    """Its hotels would be withdrawn."""
    releases = Releases()
    releases.apply("r1", row("h1"), row("h2"))
    key = rows_key("releases/r1", 0)
    releases.state.put(key, releases.state.get(key).data[:keep])
    current = read_current(releases.state)
    for read in (lambda: find_row(releases.state, current, "h1"), lambda: list(hotel_ids(releases.state, current))):
        with pytest.raises(StateUnreadableError, match=key):
            read()


def test_a_shard_that_is_not_there_has_no_hotels():
    """One without rows is never written."""
    assert read_shard(Releases().state, "releases/r1", 0) == {}


@pytest.mark.parametrize("keep", [None, 0, 1, 30])
def test_lost_digests_of_a_catalogue_are_made_again_from_its_listings(keep):
    """Otherwise the next catalogue would take every accommodation for new, and delete none that it leaves out."""
    catalogues = Catalogues()
    catalogues.apply("1", line("a", "u1"), line("b", "u2", "u3"), line("c/d", "u4"), line("e", "u5", "u6", "u7"))
    catalogues.apply("2", line("a", "u1"), line("b", "u2", "u3"), line("c/d", "u4"), line("e", "u5", "u6", "u8"))
    key = catalogue_digests_key("p", "2")
    whole = catalogues.state.get(key).data
    catalogues.state.delete(key)
    if keep is not None:
        catalogues.state.put(key, whole[:keep])
    applied = catalogues.apply("3", line("a", "u1"), line("b", "u2", "u3"), line("e", "u5", "u6", "u8"))
    assert (applied.changed, catalogues.changed) == (1, ["c/d"])
    assert (applied.new, applied.deleted, catalogues.urls("c/d")) == (0, 1, [])
