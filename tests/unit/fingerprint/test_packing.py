"""A fingerprint holds what grouping needs, and packing keeps every bit; damaged bytes are an error of one kind."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_release.decode import Draft
from image_release.fingerprint import (
    FingerprintsUnreadableError,
    fingerprint,
    pack_fingerprints,
    unpack_fingerprints,
    unpack_hashes,
)
from image_release.settings import FingerprintSettings
from image_release.values import ImageFacts

MOST_BYTES = 40_000


def photo(width=512, height=340, seed=1):
    """Something with structure at every scale, as photographs have."""
    random = np.random.default_rng(seed)
    layers = []
    for cells in (4, 9, 20, 45, 90):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), np.uint8))
        layers.append(np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), np.float32))
    return np.clip(sum(layers) / len(layers) * 2 - 128, 0, 255).astype(np.uint8)


def fingerprint_of(rgb):
    facts = ImageFacts("a" * 64, rgb.shape[1], rgb.shape[0], "JPEG", 1000)
    return fingerprint(Draft(Image.fromarray(rgb), facts), FingerprintSettings())


def assert_same(one, other):
    assert (one.hashes == other.hashes).all()
    assert one.contrast == other.contrast
    assert one.cues == other.cues
    assert one.working.inside == other.working.inside
    for name in ("places", "even", "odd"):
        assert (getattr(one.keypoints, name) == getattr(other.keypoints, name)).all()
    assert (one.working.grey == other.working.grey).all()


class TestFingerprint:
    def test_is_small(self):
        """A fingerprint takes at most 40 KB, packed."""
        assert len(pack_fingerprints({"a" * 64: fingerprint_of(photo())})) < MOST_BYTES

    @pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (16, 16), (3, 7), (2000, 20)])
    def test_can_be_made_of_any_size(self, size):
        """Tiny and extreme images have fingerprints too, and all their values are finite."""
        found = fingerprint_of(photo(*size))
        assert np.isfinite(found.keypoints.places).all()
        assert np.isfinite(found.cues.to_array()).all()

    def test_of_one_colour_has_no_points(self):
        """An image of one colour has no keypoints."""
        assert len(fingerprint_of(np.full((300, 400, 3), 200, np.uint8)).keypoints.places) == 0

    def test_leaves_a_frame_out(self):
        """A white frame is no part of the working image."""
        framed = np.pad(photo(), ((30, 30), (30, 30), (0, 0)), constant_values=255)
        left, top, right, bottom = fingerprint_of(framed).working.inside
        assert (left, top, right, bottom) == pytest.approx((30 / 572, 30 / 400, 542 / 572, 370 / 400), abs=0.012)

    def test_of_a_mirrored_image_has_mirrored_points(self):
        """Mirroring keeps the even parts and changes the sign of the odd ones."""
        one, other = fingerprint_of(photo()), fingerprint_of(np.ascontiguousarray(photo()[:, ::-1]))
        even = one.keypoints.even.astype(float) @ other.keypoints.even.T.astype(float)
        odd = one.keypoints.odd.astype(float) @ other.keypoints.odd.T.astype(float)
        likeness, best = (even + np.abs(odd)) / 127**2, (even + np.abs(odd)).argmax(axis=1)
        sure = likeness.max(axis=1) > 0.95
        assert sure.mean() > 0.6
        assert (odd[np.arange(len(odd)), best][sure] <= 0.12 * 127**2).all()


class TestPacking:
    def test_round_trip(self):
        """Unpacked fingerprints equal the packed ones, and packing them again gives the same bytes."""
        fingerprints = {f"{seed:064x}": fingerprint_of(photo(seed=seed)) for seed in range(3)}
        fingerprints["f" * 64] = fingerprint_of(np.zeros((50, 50, 3), np.uint8))
        packed = pack_fingerprints(fingerprints)
        unpacked = unpack_fingerprints(packed)
        assert unpacked.keys() == fingerprints.keys()
        for sha256, item in fingerprints.items():
            assert_same(item, unpacked[sha256])
        assert pack_fingerprints(dict(reversed(unpacked.items()))) == packed

    def test_of_nothing(self):
        """An empty set of fingerprints can be packed too."""
        assert unpack_fingerprints(pack_fingerprints({})) == {}

    @given(st.binary(max_size=300))
    def test_garbage_is_told(self, garbage):
        """Bytes that are no fingerprints are an error of one kind, whatever they are."""
        with pytest.raises(FingerprintsUnreadableError):
            unpack_fingerprints(garbage)

    @given(st.data())
    def test_damage_is_told(self, data):
        """Shortened or changed bytes are unreadable, or still fingerprints; no other error is raised."""
        packed = bytearray(PACKED)
        if data.draw(st.booleans()):
            packed = packed[: data.draw(st.integers(0, len(packed) - 1))]
        else:
            packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            found = unpack_fingerprints(bytes(packed))
        except FingerprintsUnreadableError:
            return
        assert all(item.hashes.shape == (36,) for item in found.values())


class TestHashesAlone:
    @pytest.mark.parametrize("count", [0, 1, 3, 40])
    def test_are_those_of_the_fingerprints(self, count):
        item = fingerprint_of(photo(64, 48))
        items = {f"{seed:064x}": replace(item, hashes=item.hashes ^ np.uint64(seed)) for seed in range(count)}
        found = unpack_hashes(pack_fingerprints(items))
        assert list(found) == list(items)
        assert all((found[sha256] == items[sha256].hashes).all() for sha256 in items)

    def test_are_read_without_what_follows(self):
        """They lie at the beginning; the end of the bytes is not needed."""
        assert unpack_hashes(PACKED[: len(PACKED) // 2]).keys() == {"a" * 64}

    @given(st.binary(max_size=300))
    def test_of_garbage_are_told(self, garbage):
        for data in (garbage, zlib.compress(garbage), zlib.compress(PLAIN[:12] + garbage)):
            with pytest.raises(FingerprintsUnreadableError):
                unpack_hashes(data)

    @given(st.integers(0, 1_200), st.integers(1, 255))
    def test_of_damaged_bytes_are_right_or_told(self, at, bits):
        """The first 1,200 bytes, unpacked, hold all that is read, also the sizes of it; times are not looked at."""
        plain = bytearray(PLAIN)
        plain[at] ^= bits
        try:
            found = unpack_hashes(zlib.compress(bytes(plain)))
        except FingerprintsUnreadableError:
            return
        assert (found["a" * 64] == unpack_fingerprints(PACKED)["a" * 64].hashes).all()

    @given(st.integers(0, 10_000), st.integers(1, 255))
    def test_of_damaged_packed_bytes_are_right_or_told(self, at, bits):
        packed = bytearray(PACKED)
        packed[at % len(packed)] ^= bits
        try:
            found = unpack_hashes(bytes(packed))
        except FingerprintsUnreadableError:
            return
        assert (found["a" * 64] == unpack_fingerprints(PACKED)["a" * 64].hashes).all()


PACKED = pack_fingerprints({"a" * 64: fingerprint_of(photo(64, 48))})
PLAIN = zlib.decompress(PACKED)
