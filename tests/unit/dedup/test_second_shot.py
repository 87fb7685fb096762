"""What tells a second shot from a copy: each statistic on made pictures, a copy beside a shot."""

import numpy as np
import pytest
from PIL import Image

from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import shipped_weights
from tests.unit.dedup.images import captioned, photo, seen


def found(first, second):
    """The statistics of two pictures."""
    items = [seen(image).fingerprint for image in (first, second)]
    pair = next(candidate_pairs(items))
    one, other = (PreparedImage(item) for item in items)
    coarse = align_coarsely(one, other, pair)
    assert coarse is not None
    registered = register(one, other, pair, coarse)
    assert registered is not None
    return statistics(one, other, pair, registered, displacements(one, registered))


def with_thing(image, left, seed):
    """The picture with a thing that stands at `left`."""
    image = image.copy()
    image.paste(photo(seed, (90, 120)), (left, 150))
    return image


def lit(image):
    """The picture with lamps that light parts of it, so that contrast changes from place to place."""
    pixels = np.asarray(image, np.float32)
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    light = 0.8 + 0.2 * np.sin(x / 17) * np.sin(y / 13)
    return Image.fromarray((pixels * light[..., None]).astype(np.uint8))


def bent(image, amount):
    """The picture as a camera sees it that turned, or a perspective correction."""
    width, height = image.size
    return image.transform(
        (width, height), Image.Transform.PERSPECTIVE, (1, 0, 0, 0, 1, 0, amount / width, 0), Image.Resampling.BICUBIC
    )


def two_planes(image, by):
    """The picture in which the nearer half has moved sideways by some pixels, as for a camera that takes a step."""
    near, image = image.crop((0, 170, 480, 340)), image.copy()
    image.paste(near, (by, 170))
    return image.crop((30, 0, 450, 340))


ROOM = photo(5)
COPY = ROOM.resize((300, 212), Image.Resampling.LANCZOS)


def test_things_that_moved_contradict_where_both_have_texture():
    """A caption hides one place; a thing that stands elsewhere contradicts in two, with neighbours that agree."""
    moved = found(with_thing(ROOM, 60, 11), with_thing(ROOM, 300, 11))
    copy = found(ROOM, captioned(ROOM))
    assert moved["contradicting"] > copy["contradicting"] + 0.5
    assert moved["together_98"] > copy["together_98"] + 0.5


def test_a_block_that_moved_a_little_is_found_elsewhere():
    """A step of the camera moves the nearer half; a copy has nothing to look for."""
    step, copy = found(two_planes(ROOM, 0), two_planes(ROOM, 14)), found(ROOM, COPY)
    assert step["elsewhere"] > copy["elsewhere"] + 0.5
    assert step["drift_50"] > copy["drift_50"]
    assert step["together_98"] > copy["together_98"]


def test_light_that_changed_in_places_leaves_gains():
    """A filter changes contrast everywhere alike, lamps do not."""
    lamps, filtered = found(ROOM, lit(ROOM)), found(ROOM, COPY.point(lambda value: 40 + value * 0.5))
    assert lamps["gain_left_90"] > filtered["gain_left_90"] + 0.5


def test_perspective_is_sure_where_there_is_some():
    """What resizing leaves is smaller than what the blocks allow."""
    turned, copy = found(ROOM, bent(ROOM, 0.15)), found(ROOM, COPY)
    assert turned["bend_sure"] > copy["bend_sure"] + 2
    assert turned["skew_sure"] > copy["skew_sure"] + 1
    assert turned["bend_most"] > copy["bend_most"] + 0.5


@pytest.mark.parametrize("shade", [0, 120, 255])
def test_a_picture_that_is_almost_plain_has_statistics(shade):
    """Where few blocks have texture, every statistic is still a number."""
    plain = Image.new("RGB", (480, 340), (shade,) * 3)
    plain.paste(photo(3, (150, 110)), (160, 110))
    assert all(np.isfinite(value) for value in found(plain, plain.resize((360, 255))).values())


def test_of_the_ways_to_move_a_camera_the_likelier_is_what_was_done():
    """A camera that turned, a camera that took a step: each is told by weights of its own."""
    for kind, first, second in (
        ("turned", ROOM, bent(ROOM, 0.15)),
        ("moved", two_planes(ROOM, 0), two_planes(ROOM, 14)),
    ):
        values = found(first, second)
        against = {name: shipped_weights().kinds[name].score(values) for name in ("turned", "moved")}
        assert min(against, key=lambda name: against[name]) == kind
        assert against[kind] < 0


def test_one_kind_that_is_likely_is_enough():
    """The score is below that against each kind, and close to the lowest."""
    weights = shipped_weights()
    for second in (COPY, lit(ROOM), two_planes(ROOM, 4)):
        values = found(ROOM, second)
        against = [kind.score(values) for kind in weights.kinds.values()]
        assert min(against) - np.log(len(against)) <= weights.score(values) <= min(against)
