"""An image that kills the process that decodes it gets the outcome `crashed`; all other images are published."""

import os
import signal
from dataclasses import dataclass, replace

import pytest

from image_release.hotel import Ports
from image_release.one_machine.intake import Intake, apply_inbox, hand_in
from image_release.one_machine.run import update_workspace
from image_release.one_machine.workspace import Workspace
from image_release.settings import Settings
from image_release.values import sha256_hex
from tests.integration.world import jpeg, photo

DEADLY = jpeg(photo(99, (480, 320)))
"""An ordinary photograph; in these tests decoding it kills the process, as a bug of a decoder could."""


def die_of(sha256, function, data, *arguments, **options):
    """Call a function on bytes; if they are the deadly ones, kill the process instead."""
    if sha256_hex(data) == sha256:
        os.kill(os.getpid(), signal.SIGSEGV)
    return function(data, *arguments, **options)


@dataclass(frozen=True)
class DoomedWorkspace(Workspace):
    """A workspace whose workers are killed by one image."""

    def __reduce__(self):
        return DoomedWorkspace, super().__reduce__()[1]

    def ports(self, *, isolated: bool = False) -> Ports:
        ports = super().ports(isolated=isolated)

        def call(function, data, /, *arguments, **options):
            return ports.call(die_of, sha256_hex(DEADLY), function, data, *arguments, **options)

        return replace(ports, call=call)


@pytest.fixture
def workspace(tmp_path):
    """Six hotels with two photographs each; the third one's second photograph is deadly."""
    for number in range(6):
        folder = tmp_path / "photos" / f"h{number}" / "p"
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(jpeg(photo(number * 2, (480, 320))))
        (folder / "b.jpg").write_bytes(DEADLY if number == 2 else jpeg(photo(number * 2 + 1, (480, 320))))
    settings = Settings.model_validate({"renditions": [{"name": "only", "width": 320, "height": 240}]})
    workspace = DoomedWorkspace(tmp_path / "workspace", settings, photos=((tmp_path / "photos"),))
    hand_in(workspace, tmp_path / "photos", None, None)
    return workspace


@pytest.mark.parametrize("workers", [1, 2])
def test_the_image_is_crashed_and_every_hotel_is_published(workspace, workers):
    """Its worker dies, but no hotel fails: eleven pictures, and one `crashed` image whose reason names the signal."""
    totals = update_workspace(workspace, workers, apply_inbox(workspace), lambda _: None)
    assert totals.hotels == {"processed": 6, "unchanged": 0, "failed": 0}
    assert totals.images == {"published": 11, "crashed": 1}
    manifest = (workspace.root / "published/hotels/h2/manifest.json").read_text()
    assert "SIGSEGV" in manifest


def test_the_next_run_does_not_die_of_it_again(workspace):
    """The outcome is stored: in the next run every hotel is unchanged, and the counts are the same."""
    update_workspace(workspace, 1, apply_inbox(workspace), lambda _: None)
    again = update_workspace(workspace, 1, Intake(), lambda _: None)
    assert again.hotels == {"processed": 0, "unchanged": 6, "failed": 0}
    assert again.images == {"published": 11, "crashed": 1}
