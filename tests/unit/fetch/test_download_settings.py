"""The download section of the settings: values that cannot work are refused when they are read."""

import pytest
from pydantic import ValidationError

from image_release.settings import DownloadSettings


@pytest.mark.parametrize("endpoint", ["127.0.0.1:80", "[::1]:8080", "10.0.0.1:65535"])
def test_a_stand_in_is_an_address_and_a_port(endpoint):
    """Host names are kept in lower case, as the fetcher uses them."""
    assert DownloadSettings(resolve={"Photos.Example": endpoint}).resolve == {"photos.example": endpoint}


@pytest.mark.parametrize(
    "endpoint", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:+8", "localhost:80", ":80"]
)
def test_anything_else_is_an_error(endpoint):
    """A name would have to be resolved, and a stand-in replaces just that."""
    with pytest.raises(ValidationError):
        DownloadSettings(resolve={"photos.example": endpoint})


@pytest.mark.parametrize("user_agent", ["", "a\r\nX-Evil: 1", "ü"])
def test_a_user_agent_fits_into_a_header(user_agent):
    """It cannot contain a character that ends a header line."""
    with pytest.raises(ValidationError):
        DownloadSettings(user_agent=user_agent)
