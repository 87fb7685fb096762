"""Thumbnails of images that have no rendition: made of fingerprints, few and small."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from image_release.decode import Draft, decode_draft, read_header
from image_release.fingerprint import Fingerprint, fingerprint
from image_release.gallery import thumbnails_of
from image_release.gallery.thumbnails import MAX_THUMBNAILS, SIDE_PX
from image_release.settings import FilterSettings, FingerprintSettings
from image_release.values import sha256_hex
from tests.integration.world import jpeg, photo
from tests.unit.gallery.test_pages import manifest


@pytest.fixture(scope="module")
def known() -> Fingerprint:
    data = jpeg(photo(1, (480, 320)))
    facts = read_header(data, sha256_hex(data), FilterSettings())
    draft = decode_draft(data, facts)
    assert isinstance(draft, Draft)
    return fingerprint(draft, FingerprintSettings())


def test_a_copy_and_a_rejected_image_have_one_of_their_fingerprint(known):
    """It is a small grey JPEG of the shape of the image."""
    made = manifest("h")
    copy = made.pictures[0].merged[0].model_copy(update={"sha256": "b" * 64})
    hotel = made.model_copy(update={"pictures": (made.pictures[0].model_copy(update={"merged": (copy,)}),)})
    found = thumbnails_of(hotel, {"a" * 64: known, "b" * 64: known})
    assert list(found) == ["b" * 64, "a" * 64]
    kind, _, data = found["b" * 64].partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as shown:
        assert (shown.mode, shown.size) == ("L", (SIDE_PX, 80))
        assert np.corrcoef(np.asarray(shown).ravel(), np.asarray(_small(known)).ravel())[0, 1] > 0.95


def _small(known: Fingerprint) -> Image.Image:
    return Image.fromarray(known.working.grey).resize((SIDE_PX, 80))


def test_an_image_whose_fingerprint_is_lost_has_none():
    assert thumbnails_of(manifest("h"), {}) == {}


def test_a_page_has_only_so_many(known):
    """The first ones are shown: the page of the largest hotel stays below a megabyte."""
    made = manifest("h")
    names = [f"{number:064x}" for number in range(MAX_THUMBNAILS + 5)]
    rejected = [made.rejected[0].model_copy(update={"sha256": name}) for name in names]
    found = thumbnails_of(
        made.model_copy(update={"pictures": (), "rejected": tuple(rejected)}), dict.fromkeys(names, known)
    )
    assert list(found) == names[:MAX_THUMBNAILS]
    assert sum(map(len, found.values())) < 1_000_000
