"""A person's machine: the installed command as a process, a partner's server, and a workspace in a folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from image_release.values import key_part
from tests.integration.world import Site, jpeg, photo

COMMAND = Path(sys.executable).with_name("image-release")
TIMEOUT_S = 120
"""Maximum time of a command, in seconds. A run takes a few; this ends a test that hangs."""
SETTINGS = {
    "download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0},
    "renditions": [
        {"name": "gallery-640", "width": 640, "height": 427},
        {"name": "thumb-120", "width": 120, "height": 80},
    ],
}


class Machine:
    """Hand in files, call the command, read what is published."""

    def __init__(self, folder: Path, site: Site | None = None) -> None:
        self.folder = folder
        self.workspace = folder / "ws"
        self.site = site or Site()
        self.settings = folder / "settings.yaml"
        self.settings.write_text(json.dumps(SETTINGS), encoding="utf-8")

    def close(self) -> None:
        self.site.close()

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Self]:
        """A machine with a copy of this workspace, for one test: what many tests begin with is run once.

        The partner's server is the same one. Afterwards it answers again as before.
        """
        files, asked = dict(self.site.files), list(self.site.asked)
        shutil.copytree(self.workspace, folder / "ws")
        yield type(self)(folder, self.site)
        self.site.files, self.site.asked = files, asked

    # what people and partners do

    def serve(self, path: str, answer: bytes | int) -> str:
        self.site.files[path] = answer
        return self.site.address + path

    def photo(self, path: str, seed: int, size: tuple[int, int] = (480, 320)) -> str:
        """Serve a generated photo; returns its URL. Photos with one seed and different sizes are copies."""
        return self.serve(path, jpeg(photo(seed).resize(size)))

    def catalogue(self, partner: str, version: str, accommodations: dict[str, list]) -> None:
        lines = [
            json.dumps({"accommodation_id": name, "images": [{"url": i} if isinstance(i, str) else i for i in images]})
            for name, images in accommodations.items()
        ]
        self.hand_in(f"catalogues/{key_part(partner)}/{version}.jsonl", "\n".join(lines))

    def release(self, release_id: str, hotels: dict[str, list[tuple[str, str]]]) -> None:
        rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        for hotel_id, accommodations in hotels.items():
            pairs = ";".join(f"{key_part(partner)}:{key_part(name)}" for partner, name in accommodations)
            rows.append(f"{hotel_id},Hotel {hotel_id},ES,Bilbao,43.2,-2.9,{pairs}")
        self.hand_in(f"releases/{release_id}.csv", "\n".join(rows) + "\n")

    def hand_in(self, key: str, text: str) -> None:
        path = self.workspace / "inbox" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    # the command

    def arguments(self, *words: str) -> list[str]:
        named = ["--workspace", str(self.workspace)] if "--workspace" not in words else []
        settings = ["--settings", str(self.settings)] if "--settings" not in words else []
        return [str(COMMAND), *words, *named, *settings]

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.arguments(*words), cwd=self.folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )

    def told(self, *words: str, status: int = 0) -> dict:
        """The document that a command prints with `--json`; its exit status must be `status`."""
        ended = self.call(*words, "--json")
        assert ended.returncode == status, (ended.returncode, ended.stdout, ended.stderr)
        return json.loads(ended.stdout)

    def run(self, *words: str, status: int = 0) -> dict:
        return self.told("run", *words, status=status)

    def start(self, *words: str, workers: int = 2) -> subprocess.Popen[str]:
        """Start the command as the leader of its own process group, as a shell does.

        SIGINT gets its default handler: tests that run in the background ignore SIGINT, and children inherit that.
        """
        return subprocess.Popen(
            self.arguments(*words, "--workers", str(workers)),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - before exec only
        )

    # what came out

    def manifest(self, hotel_id: str) -> dict:
        path = self.workspace / "published/hotels" / key_part(hotel_id) / "manifest.json"
        return json.loads(path.read_bytes())

    def pictures(self, hotel_id: str) -> list[str]:
        """Paths of the best images, in the order of the pictures."""
        return [self.path(picture["best"]["url"]) for picture in self.manifest(hotel_id)["pictures"]]

    def path(self, url: str) -> str:
        return url.removeprefix(self.site.address)

    def files(self) -> dict[str, int]:
        """File of the workspace -> time when it was written, in nanoseconds."""
        return {
            str(path.relative_to(self.workspace)): path.stat().st_mtime_ns
            for path in self.workspace.rglob("*")
            if path.is_file()
        }


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill the command and all its workers at once; they cannot clean up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def living(session: int) -> list[int]:
    """Processes of a session, without those that ended and were not waited for."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, its_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(folder.name))
    return found


def assert_whole(workspace: Path) -> int:
    """Check that every manifest can be read and that its renditions exist with their sizes; returns their number."""
    published = workspace / "published"
    manifests = sorted(published.glob("hotels/*/manifest.json"))
    for path in manifests:
        document = json.loads(path.read_bytes())
        for picture in document["pictures"]:
            assert picture["renditions"]
            for rendition in picture["renditions"]:
                assert (published / rendition["key"]).stat().st_size == rendition["bytes"]
    return len(manifests)
