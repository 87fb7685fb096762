"""A hotel whose swap is lost, or whose number was used by another writer: it is processed again, but not for ever."""

import pytest

from image_release.hotel import HotelContendedError
from image_release.publish import Manifest
from image_release.storage import MemoryStore
from image_release.store_keys import manifest_key, page_key, rendition_seq
from tests.integration.world import World, jpeg, photo


class Rivals(MemoryStore):
    """A store in which rivals publish the hotel just before we do, or use our number for other bytes."""

    publishing = 0
    rendering = 0

    def put(self, key, data, **conditions):
        if key == manifest_key("h1") and self.publishing:
            self.publishing -= 1
            ours = Manifest.from_bytes(data)
            super().put(key, ours.model_copy(update={"inputs": "of a rival"}).to_bytes())
        if rendition_seq(key) and self.rendering and not self.head(key):
            self.rendering -= 1
            super().put(key, b"of a rival")
        super().put(key, data, **conditions)


@pytest.fixture
def world():
    found = World(published=Rivals())
    url = found.serve("/1.jpg", jpeg(photo(1)))
    found.catalogue("atlas", "1", {"a1": [url]})
    found.release("r1", {"h1": [("atlas", "a1")]})
    yield found
    found.close()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_swap_is_repeated_with_the_next_number(world, lost):
    """Every rival published one manifest: ours comes after theirs."""
    world.published.publishing = lost
    report = world.process()
    assert (report.status, report.manifest.seq) == ("processed", lost + 1)
    assert world.published.get(manifest_key("h1")).data == report.manifest.to_bytes()


@pytest.mark.parametrize("taken", [1, 2])
def test_a_number_that_another_writer_used_is_passed_over(world, taken):
    """Its keys are immutable: each attempt takes the next number, though no manifest was published meanwhile."""
    world.published.rendering = taken
    assert world.process().manifest.seq == taken + 1


@pytest.mark.parametrize("rivals", ["publishing", "rendering"])
def test_a_hotel_is_given_up_when_rivals_win_every_time(world, rivals):
    world.settings = world.settings.model_validate({**world.settings.model_dump(), "publishing": {"max_swaps": 3}})
    setattr(world.published, rivals, 2)
    assert world.process().status == "processed"
    world.catalogue("atlas", "2", {"a1": [world.serve("/2.jpg", jpeg(photo(2)))]})
    setattr(world.published, rivals, 3)
    with pytest.raises(HotelContendedError, match="h1"):
        world.process()


def test_a_loser_leaves_the_page_of_the_winner():
    """The loser wrote its page over that of the winner, and must write the winner's again."""

    class Overtaken(MemoryStore):
        """A store in which a rival processes the hotel just before we write our page."""

        rival = None

        def put(self, key, data, **conditions):
            if key == page_key("h1") and self.rival:
                rival, self.rival = self.rival, None
                rival()
            super().put(key, data, **conditions)

    world = World(published=Overtaken())
    urls = [world.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(2)]
    world.catalogue("atlas", "1", {"a1": urls[:1]})
    world.release("r1", {"h1": [("atlas", "a1")]})

    def rival():
        world.catalogue("atlas", "2", {"a1": urls[1:]})
        world.process()
        pages.append(world.published.get(page_key("h1")).data)

    pages = []
    world.published.rival = rival
    assert world.process().status == "unchanged"
    assert world.published.get(page_key("h1")).data == pages[0]
    world.close()
