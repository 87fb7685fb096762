"""Small pictures of a hotel's images: only of those that its manifest names, and from hostile bytes, too."""

import io

import pytest
from PIL import Image

from image_release.child_process import IsolatedCaller
from image_release.desk import images as images_module
from image_release.desk.images import HotelImages, UnknownImageError, small_jpeg
from image_release.publish import PublishedImage
from image_release.settings import Settings
from image_release.store_keys import original_key
from image_release.values import Accommodation, sha256_hex
from tests.integration.world import jpeg, photo
from tests.unit.desk.hotels import image, manifest, picture, stores

TINY = jpeg(photo(1, (90, 60)))
GOOD = jpeg(photo(2, (900, 600)))
HOSTILE = b"\xff\xd8\xff\xe0 this is no picture"


@pytest.fixture(scope="module")
def kept():
    """A hotel of three images; a fourth is kept, but of another hotel."""
    named = {}
    for name, data in (("tiny", TINY), ("good", GOOD), ("hostile", HOSTILE)):
        named[name] = PublishedImage(**image("aaaaaa1") | {"sha256": sha256_hex(data)})
    gone = PublishedImage(**image("bbbbbb1"))
    pictures = [
        picture(at, "cccccc1").model_copy(update={"best": best}) for at, best in enumerate([*named.values(), gone], 1)
    ]
    made = stores(manifest(pictures=tuple(pictures), rejected=()))
    for data in (TINY, GOOD, HOSTILE, b"other"):
        made.state.put(original_key(Accommodation("p", "1"), sha256_hex(data)), data)
    made.state.put(original_key(Accommodation("p", "1"), gone.sha256), b"not the bytes of this name")
    return made, gone.sha256


@pytest.fixture(scope="module")
def images(kept):
    with IsolatedCaller() as call:
        yield HotelImages(kept[0], Settings(), call)


def size_of(data):
    return Image.open(io.BytesIO(data)).size


def test_a_picture_has_the_size_that_is_asked_for_and_is_never_made_larger(images):
    assert size_of(images.picture("h", sha256_hex(GOOD), "small")) == (320, 213)
    assert size_of(images.picture("h", sha256_hex(GOOD), "large")) == (900, 600)
    assert size_of(images.picture("h", sha256_hex(TINY), "small")) == (90, 60)


def test_bytes_that_cannot_be_opened_give_none(images):
    assert images.picture("h", sha256_hex(HOSTILE), "small") is None


def test_bytes_that_are_not_those_of_their_name_are_not_shown(images, kept):
    assert images.picture("h", kept[1], "small") is None
    assert images.original("h", kept[1]) is None


@pytest.mark.parametrize("hotel_id", ["h", "another"])
def test_an_image_that_the_manifest_does_not_name_is_unknown(images, hotel_id):
    with pytest.raises(UnknownImageError):
        images.picture(hotel_id, sha256_hex(b"other"), "small")


def test_what_was_made_is_remembered_and_forgotten_at_a_limit(images, kept, monkeypatch):
    made = images.picture("h", sha256_hex(GOOD), "small")
    assert images.picture("h", sha256_hex(GOOD), "small") is made
    monkeypatch.setattr(images_module, "MOST_BYTES", 1_000)
    images.picture("h", sha256_hex(HOSTILE), "large")
    assert images.picture("h", sha256_hex(GOOD), "small") is not made


def test_a_picture_that_is_too_small_to_be_shown_to_travellers_is_shown_to_people_here():
    any_size = Settings().filter.model_copy(update={"min_short_side_px": 1, "min_long_side_px": 1})
    assert small_jpeg(TINY, sha256_hex(TINY), 320, any_size)
    assert small_jpeg(TINY, sha256_hex(TINY), 320, Settings().filter) is None
