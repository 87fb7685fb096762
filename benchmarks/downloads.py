"""Download and resize once, as the maker of a data set does: our side of the comparison with img2dataset.

The server is a process of its own on 127.0.0.1, so that its CPU time counts for neither side.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stages import facts_of
from image_release.fetch import Fetched, UrlFetcher
from image_release.outcomes import Rejection
from image_release.renditions import generate
from image_release.settings import DownloadSettings, RenditionSettings

THREADS = 16
SMALL = RenditionSettings(name="small", width=256, height=256, quality=95)
"""The defaults of img2dataset: 256 px, quality 95."""
SERVER = """
import sys, time
from pathlib import Path
from samples.serve import serving
with serving(Path(sys.argv[1])) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder from another process; yields its address."""
    command = [sys.executable, "-c", SERVER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield f"http://{server.stdout.readline().strip()}"
        finally:
            server.stdin.close()  # its signal to end


def write_urls(folder: Path, files: list[bytes], count: int, address: str, to: Path) -> list[str]:
    """Write `count` files into the served folder, and their URLs into the list `to`; returns the URLs."""
    for number in range(count):
        (folder / f"{number:04}.jpg").write_bytes(files[number % len(files)])
    urls = [f"{address}/{number:04}.jpg" for number in range(count)]
    to.write_text("\n".join(urls) + "\n")
    return urls


def ours(urls: list[str], target: Path) -> None:
    """Fetch each URL, check the header, decode as small as 256 px allow, resize and save."""
    settings = DownloadSettings.model_validate(
        {"allowed_networks": ["127.0.0.0/8"], "connections": THREADS, "connections_per_host": THREADS}
    )
    fetcher = UrlFetcher(settings)
    target.mkdir(parents=True, exist_ok=True)

    def one(numbered: tuple[int, str]) -> None:
        number, url = numbered
        answer = fetcher.fetch(url)
        assert isinstance(answer, Fetched), answer
        made = generate(answer.data, facts_of(answer.data), [SMALL])
        assert not isinstance(made, Rejection), made
        (target / f"{number:04}.jpg").write_bytes(made[0].data)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(one, enumerate(urls)):
            pass
    fetcher.close()
