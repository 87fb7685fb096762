"""The thumbnails of the page: made from real images, cached up to a limit, and None for what is no image."""

import io

import pytest
from PIL import Image

from image_release.child_process import ChildCrashedError
from image_release.lab.grouping.labelling import Thumbnails


@pytest.fixture
def photo(tmp_path):
    def write(name, size=(900, 600), kind="JPEG"):
        Image.effect_noise(size, 60).convert("RGB").save(tmp_path / name, kind)
        return tmp_path / name

    return write


class Counted:
    """Calls functions in this process, and counts the calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, function, *args):
        self.calls += 1
        return function(*args)


class TestPictures:
    def test_are_small_or_large_jpegs(self, photo):
        """This holds for every input format; an image is never enlarged."""
        pictures = Thumbnails(Counted())
        sizes = {
            size: Image.open(io.BytesIO(pictures.get(photo("a.webp", (2000, 1000), "WEBP"), size)))
            for size in ("small", "large")
        }
        assert {size: (image.format, image.size) for size, image in sizes.items()} == {
            "small": ("JPEG", (320, 160)),
            "large": ("JPEG", (1600, 800)),
        }

    def test_are_decoded_once(self, photo):
        """Scrolling back costs nothing, and a file that cannot be decoded is not tried again."""
        call = Counted()
        pictures = Thumbnails(call)
        path = photo("a.jpg")
        broken = path.with_name("broken.jpg")
        broken.write_bytes(path.read_bytes()[:300])
        assert pictures.get(path, "small") == pictures.get(path, "small")
        assert (pictures.get(broken, "small"), pictures.get(broken, "small")) == (None, None)
        assert call.calls == 2

    def test_stay_within_the_size_of_the_cache(self, photo):
        """The least recently used thumbnail is removed first."""
        call = Counted()
        one = len(Thumbnails(Counted()).get(photo("one.jpg"), "small"))
        pictures = Thumbnails(call, cache_bytes=int(2.5 * one))
        paths = [photo(f"{number}.jpg") for number in range(6)]
        for path in paths:
            pictures.get(path, "small")
            assert pictures.held_bytes <= 2.5 * one
        pictures.get(paths[-1], "small")
        assert call.calls == 6
        pictures.get(paths[0], "small")
        assert call.calls == 7

    @pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg onload=alert(1)>"])
    def test_are_none_for_what_is_no_image(self, tmp_path, data):
        """The bytes of a partner are never passed on unchanged."""
        (tmp_path / "a.jpg").write_bytes(data)
        assert Thumbnails(Counted()).get(tmp_path / "a.jpg", "small") is None
        assert Thumbnails(Counted()).get(tmp_path / "gone.jpg", "small") is None

    def test_are_none_for_an_image_that_kills_its_decoder(self, photo):
        """The child process dies, and the page continues."""

        def dies(*_):
            raise ChildCrashedError("killed")

        assert Thumbnails(dies).get(photo("a.jpg"), "small") is None
