"""What people use instead, beside ours, in one run: imagededup, pdqhash and img2dataset.

They live in an environment of their own (`make peers`: about 6 GB, because imagededup needs PyTorch). Where it is not
there, or one of them is not, the row says so.
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
from benchmarks.measuring import interleaved, ratio, typical
from benchmarks.pictures import Inputs, mixed_sizes
from benchmarks.rows import Row
from benchmarks.stages import our_hashes
from image_release.fingerprinting import near_pairs

ENVIRONMENT = Path(".venv-peers")
DISTANCE = 10
"""Bits: imagededup's own threshold."""


class PeerAbsentError(Exception):
    """The peer is not installed."""


class Peer:
    """A process in the peers' environment that does what it is told and answers with its CPU seconds."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def spends(self, **document: Any) -> float:
        """CPU seconds of what the document asks for. Raises PeerAbsentError."""
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
    """The peers' process, or None where their environment is not there."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        yield None
        return
    script = str(Path(__file__).with_name("peer.py"))
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
    """Rows, and the words about what was left out."""
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
    site = folder / "site"
    site.mkdir()
    rows = []
    sets = {
        "photos ≥ 1,400 px, baseline": mixed_sizes(inputs.large[:40]),
        "images as sent": [path.read_bytes() for path in inputs.images[:urls]],
    }
    for name, files in sets.items():
        with downloads.served(site) as address:
            listed, few = folder / "urls.txt", folder / "few.txt"
            asked = downloads.write_urls(site, files, urls, address, listed)
            few.write_text(asked[0] + "\n")
            target = str(folder / "img2dataset")
            samples = interleaved(
                {
                    "ours": lambda u=asked: downloads.ours(u, folder / "ours"),
                    "img2dataset": lambda f=listed: other.spends(do="img2dataset", urls=str(f), to=target),
                    "its start": lambda f=few: other.spends(do="img2dataset", urls=str(f), to=target),
                },
                rounds,
            )
        # Its processes are started anew for each list, which says nothing about an image: that is taken off.
        samples["img2dataset net"] = [a - b for a, b in zip(samples["img2dataset"], samples["its start"], strict=True)]
        each = {one: typical(samples, one) / urls * 1e3 for one in ("ours", "img2dataset net")}
        note = f"{each['ours']:.1f} against {each['img2dataset net']:.1f} ms an image"
        where = f"{urls} URLs, {name}"
        rows.append(
            Row(
                "download + 256 px, ours ÷ img2dataset",
                where,
                ratio(samples, "ours", "img2dataset net"),
                "x",
                0.75,
                0.45,
                note=note,
            )
        )
    return rows
