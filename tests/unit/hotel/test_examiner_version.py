"""The version of a remembered refusal: it follows the decoder and the settings that refuse, and nothing else."""

from image_release.decode import DECODER_VERSION
from image_release.hotel.examine import examiner_version
from image_release.settings import FilterSettings, FingerprintSettings, Settings

BEFORE_REFUSALS_HAD_A_DECODER = "4-1-92757319"


def test_a_refusal_by_an_older_decoder_does_not_hold_any_more():
    """The stored version of the same settings differs by the decoder's number only."""
    assert examiner_version(Settings()) == f"{BEFORE_REFUSALS_HAD_A_DECODER}-{DECODER_VERSION}"


def test_a_refusal_by_other_settings_does_not_hold():
    """What the filter or the fingerprint's settings refused is judged again by others."""
    others = [
        Settings(filter=FilterSettings(min_contrast=3)),
        Settings(fingerprint=FingerprintSettings(hash="dhash")),
    ]
    assert len({examiner_version(settings) for settings in [Settings(), *others]}) == 3
