"""The page of a hotel with two pictures of the same view, in Chromium: joined with one click, and that undone."""

import pytest
import yaml

from image_release.store_keys import SETTINGS
from tests.end_to_end.chromium import chromium
from tests.end_to_end.desk_world import _stored, open_world
from tests.end_to_end.test_desk_hotel import HotelPage
from tests.integration.test_everywhere import Chain
from tests.integration.world import jpeg, photo
from tests.unit.dedup.test_same_view import moved

SHOTS = [
    jpeg(shot.resize(size).convert("RGB"), quality)
    for shot in moved(40)
    for size, quality in (((960, 680), 92), ((720, 510), 60), ((800, 566), 75))
]
"""Two shots from two stands, three copies of each."""
OTHERS = [jpeg(photo(seed), 90) for seed in range(50, 53)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("same-view")
    chain = Chain(folder)
    chain.world.inbox.put(SETTINGS, yaml.safe_dump(_stored(chain.world.settings)).encode())
    try:
        chain.hotels(h1=[*SHOTS, *OTHERS])
    finally:
        chain.world.close()
    with open_world(folder) as opened:
        yield opened


@pytest.fixture
def page(world):
    with chromium() as browser:
        browser.get(world.address)
        yield HotelPage(browser, world)


def test_two_pictures_of_the_same_view_are_joined_with_one_click_and_the_count_follows(page):
    """Both have copies, of which no one need look like the other picture. All that is undone again."""
    page.open("h1")
    first = page.published
    assert page.find(".facts .chip").text == "5 pictures"
    command = page.find(".same-view button").get_attribute("value")
    page.do(command)
    assert page.said.startswith("Done.")
    assert len(page.published) == len(page.order) == 4
    assert page.find(".facts .chip").text == "4 pictures"
    joined = next(picture for picture in page.manifest["pictures"] if picture["best"]["sha256"] in command)
    assert len(joined["merged"]) == len(SHOTS) - 1
    page.press("z", control=True)
    page.settle()
    assert page.published == page.order == first
