"""Measure what people use instead, beside ours and in one run: imagededup, pdqhash and img2dataset.

They are installed in an environment of their own (`make peers`: about 6 GB, because imagededup needs PyTorch). If it or
one of them is missing, a note says so.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import downloads
from benchmarks.inputs import Inputs, mixed_sizes
from benchmarks.measuring import interleaved, ratio, typical
from benchmarks.rows import Row
from benchmarks.stages import our_hashes
from image_release.fingerprint import near_pairs

ENVIRONMENT = Path(".venv-peers")
DISTANCE = 10
"""Bits: imagededup's own threshold."""


class PeerAbsentError(Exception):
    """The peer is not installed."""


class Peer:
    """A process in the peers' environment that does what it is asked for and answers with its CPU seconds."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def spends(self, **document: Any) -> float:
        """CPU seconds of what the document asks for. Raises PeerAbsentError if the peer is missing or has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(document), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise PeerAbsentError(f"{document['do']} ended")
        answer = json.loads(line)
        if "absent" in answer:
            raise PeerAbsentError(f"{document['do']}: {answer['absent']}")
        return float(answer["cpu_s"])


@contextmanager
def peer() -> Iterator[Peer | None]:
    """Start the peers' process; yields None if their environment does not exist."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        yield None
        return
    script = str(Path(__file__).with_name("peer_process.py"))
    command = [str(python), script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        try:
            yield Peer(process)
        finally:
            process.stdin.close()


def beside_peers(inputs: Inputs, folder: Path, count: int, urls: int, rounds: int) -> tuple[list[Row], list[str]]:
    """Measure all peers; returns rows, and notes about what was left out."""
    rows, absent = [], []
    with peer() as other:
        if other is None:
            return [], [f"peers left out: no {ENVIRONMENT} (make peers)"]
        for measure in (_hashing, _downloading):
            try:
                rows += measure(other, inputs, folder, count if measure is _hashing else urls, rounds)
            except PeerAbsentError as error:
                absent.append(f"left out: {error}")
    return rows, absent


def _hashing(other: Peer, inputs: Inputs, folder: Path, count: int, rounds: int) -> list[Row]:
    files = []
    for number, data in enumerate(mixed_sizes(inputs.large[:count])):
        files.append(folder / f"{number:04}.jpg")
        files[-1].write_bytes(data)
    step = max(1, len(inputs.images) // count)
    sets = {"sizes mixed ≥ 1,400 px, baseline": files, "images as sent": list(inputs.images[::step][:count])}
    return [row for name, paths in sets.items() for row in _hashing_rows(other, name, paths, rounds)]


def _hashing_rows(other: Peer, name: str, paths: Sequence[Path], rounds: int) -> list[Row]:
    names = [str(path) for path in paths]
    samples = interleaved(
        {
            "ours": lambda: [our_hashes(path.read_bytes()) for path in paths],
            "ours near": lambda: near_pairs(np.stack([our_hashes(path.read_bytes()) for path in paths]), DISTANCE),
            "imagededup": lambda: other.spends(do="imagededup", files=names),
            "imagededup near": lambda: other.spends(do="imagededup duplicates", files=names),
            "pdqhash": lambda: other.spends(do="pdqhash", files=names),
        },
        rounds,
    )
    each = {peer_name: typical(samples, peer_name) / len(paths) * 1e3 for peer_name in samples}
    note = f"{each['imagededup']:.1f} against {each['ours']:.1f} ms an image"
    return [
        Row(
            "one hash, imagededup ÷ ours with 36",
            name,
            ratio(samples, "imagededup", "ours"),
            "x",
            3,
            5,
            more=True,
            note=note,
        ),
        Row("hash and find near, imagededup ÷ ours", name, ratio(samples, "imagededup near", "ours near"), "x"),
        Row("one hash, pdqhash ÷ ours with 36", name, ratio(samples, "pdqhash", "ours"), "x"),
    ]


def _downloading(other: Peer, inputs: Inputs, folder: Path, urls: int, rounds: int) -> list[Row]:
    sets = {
        "photos ≥ 1,400 px, baseline": mixed_sizes(inputs.large[:40]),
        "images as sent": [path.read_bytes() for path in inputs.images[:urls]],
    }
    return [_downloading_row(other, name, files, folder, urls, rounds) for name, files in sets.items()]


def _downloading_row(other: Peer, name: str, files: list[bytes], folder: Path, urls: int, rounds: int) -> Row:
    site, listed, few, target = (folder / part for part in ("site", "urls.txt", "few.txt", "img2dataset"))
    site.mkdir(exist_ok=True)
    with downloads.served(site) as address:
        asked = downloads.write_urls(site, files, urls, address, listed)
        few.write_text(asked[0] + "\n")
        samples = interleaved(
            {
                "ours": lambda: downloads.ours(asked, folder / "ours"),
                "img2dataset": lambda: other.spends(do="img2dataset", urls=str(listed), to=str(target)),
                "its start": lambda: other.spends(do="img2dataset", urls=str(few), to=str(target)),
            },
            rounds,
        )
    # img2dataset starts its processes for each list. That says nothing about an image, so the start is subtracted.
    samples["net"] = [whole - start for whole, start in zip(samples["img2dataset"], samples["its start"], strict=True)]
    ours, net, gross = (typical(samples, side) / urls * 1e3 for side in ("ours", "net", "img2dataset"))
    note = f"{ours:.1f} against {net:.1f} ms an image ({gross:.1f} with its start)"
    what = "download + 256 px, ours ÷ img2dataset"
    return Row(what, f"{urls} URLs, {name}", ratio(samples, "ours", "net"), "x", 0.75, 0.45, note=note)
