"""The 36 hashes of the published method: ImageHash's bits at a fortieth of the cost, and the same groups."""

import itertools

import imagehash
import numpy as np
import pytest
from PIL import Image

from image_release.decode import decode_draft, read_header
from image_release.fingerprint import crop_hashes, hash_distances, to_hex
from image_release.settings import FilterSettings
from samples.partners import sent_files

SAME_DISTANCE = 8
"""Maximum number of differing bits, of 64, as in the published method."""
PUBLISHED = {"phash": imagehash.phash, "dhash": imagehash.dhash}


@pytest.fixture(scope="module")
def feed():
    """The photographs that the sample partners send: a name for what they show, and their pixels, upright and whole."""
    found = []
    for sent in sent_files():
        if sent.photograph and sent.data:
            facts = read_header(sent.data, "0" * 64, FilterSettings())
            draft = decode_draft(sent.data, facts, side_px=max(facts.width, facts.height))
            found.append((f"{sent.hotel.hotel_id}/{sent.photograph}", draft.rgb))
    return found


def published_hashes(rgb: np.ndarray, kind: str) -> list[imagehash.ImageHash]:
    """As the talk's code does it: 36 centred crops of the whole image, each hashed by ImageHash."""
    image = Image.fromarray(rgb)
    width, height = image.size
    crops = []
    for across, down in itertools.product(range(6), repeat=2):
        x, y = width * across / 20, height * down / 20
        crops.append(image.crop((round(x), round(y), round(width - x), round(height - y))))
    return [PUBLISHED[kind](crop) for crop in crops]


def bits(hashes: list[imagehash.ImageHash]) -> np.ndarray:
    return np.array([int(str(item), 16) for item in hashes], np.uint64)


def groups(distances: np.ndarray) -> set[frozenset[int]]:
    """Connected components below the threshold."""
    component = np.arange(len(distances))
    for one, other in zip(*np.nonzero(distances <= SAME_DISTANCE), strict=True):
        component[component == component[other]] = component[one]
    return {frozenset(np.nonzero(component == name)[0].tolist()) for name in set(component.tolist())}


@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_bits_are_imagehashs(feed, kind):
    """For 95 of 100 crops at most two bits of 64 differ, with either kind of hash."""
    drift = []
    for _, rgb in feed[::4]:
        apart = bits(published_hashes(rgb, kind)) ^ crop_hashes(Image.fromarray(rgb).convert("L"), kind)
        drift += np.bitwise_count(apart).tolist()
    assert np.percentile(drift, 95) <= 2
    assert np.percentile(drift, 99) <= 6
    assert np.mean(drift) < 1


def test_groups_are_those_of_the_published_method(feed):
    """For all images of a hotel, our hashes and those of the published method give the same groups."""
    for hotel in ("100001", "100002", "100003"):
        images = [rgb for name, rgb in feed if name.startswith(hotel)]
        slow = np.stack([bits(published_hashes(rgb, "phash")) for rgb in images])
        fast = np.stack([crop_hashes(Image.fromarray(rgb).convert("L")) for rgb in images])
        assert groups(hash_distances(fast, fast)) == groups(hash_distances(slow, slow))


def test_a_hash_reads_as_imagehash_writes_it():
    """`imagehash.hex_to_hash` reads it."""
    assert str(imagehash.hex_to_hash(to_hex(np.uint64(0xF0F0_0000_0000_0001)))) == "f0f0000000000001"
