"""HEIC from phones: shown where pillow-heif is installed, and told what to install where it is not."""

import subprocess
import sys

import numpy as np
import pytest

from image_release.decode import decode_draft, decode_full, read_header
from image_release.decode.heic import can_decode
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from tests.odd_images.blocks import block_means
from tests.odd_images.cases import encoded, scene

FILTER = FilterSettings()
WITHOUT_THE_EXTRA = """
import sys
sys.modules["pillow_heif"] = None
from image_release.decode import read_header
from image_release.settings import FilterSettings
refused = read_header(sys.stdin.buffer.read(), "0" * 64, FilterSettings())
print(refused.outcome, refused.reason)
"""


@pytest.fixture(scope="module")
def photo() -> bytes:
    assert can_decode()
    return encoded(scene(), "HEIF", quality=95)


def test_is_shown(photo):
    """Its pixels are those of the picture, and the facts name the format."""
    facts = read_header(photo, "0" * 64, FILTER)
    assert (facts.format, facts.width, facts.height) == ("HEIC", 360, 240)
    found = block_means(np.asarray(decode_full(photo, facts)))
    assert np.abs(found - block_means(np.asarray(scene()))).max() <= 4


def test_states_its_colours_in_its_boxes(photo):
    """With the numbers of P3 the same samples are other colours."""
    at = photo.index(b"nclx") + 4
    wide = photo[:at] + bytes([0, 12, 0, 13]) + photo[at + 4 :]
    red, redder = (np.asarray(decode_full(data, read_header(data, "0" * 64, FILTER)))[..., 0] for data in (photo, wide))
    assert np.abs(red.astype(int) - redder).max() > 10


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_that_breaks_off_is_truncated(photo, share):
    """Half a picture is never shown."""
    data = photo[: int(len(photo) * share)]
    found = read_header(data, "0" * 64, FILTER)
    found = found if isinstance(found, Rejection) else decode_draft(data, found)
    assert found.outcome is Outcome.TRUNCATED


def test_is_refused_where_the_settings_name_other_formats(photo):
    """A site that accepts JPEG only gets no HEIC because an extra is installed."""
    found = read_header(photo, "0" * 64, FilterSettings(formats=("JPEG",)))
    assert (found.outcome, found.reason) == (Outcome.NOT_AN_IMAGE, "HEIC is not among the accepted formats")
    assert not isinstance(read_header(photo, "0" * 64, FilterSettings(formats=("HEIC",))), Rejection)


def test_without_the_extra_says_what_to_install(photo):
    """The outcome is `not_an_image`, and the reason is a command."""
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], input=photo, capture_output=True, check=True
    ).stdout
    assert told.decode().strip() == "not_an_image HEIC needs the extra: pip install 'image-release[heic]'"
