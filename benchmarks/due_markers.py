"""Measure ticks when a million hotels are due, with the real clients of S3 and SQS and stubs that answer late.

    python -m benchmarks.due_markers [--markers 1000000] [--ticks 2] [--seconds 240] [--kind revalidate]

S3 answers after 20 ms (a page of a listing after 50), SQS after 10. The stubs run in a process of their own: their work
is not the tick's. Prints for each tick what was nudged, its time, the CPU time, as seconds of a Lambda of 512 MB too,
and the peak memory. Ends with status 1 where a tick took more than half of its time, or more memory than it has.
"""

from __future__ import annotations

import argparse
import asyncio
import email.utils
import json
import multiprocessing
import os
import re
import resource
import sys
import time
import urllib.parse
import xml.sax.saxutils
from datetime import UTC, datetime, timedelta
from typing import Any

MOST_MB = 512
LAMBDA_MB, WHOLE_CPU_MB = 512, 1_769
"""A Lambda of 1,769 MB has one processor; one of 512 MB a share of it."""
S3_S, PAGE_S, SQS_S = 0.020, 0.050, 0.010
DAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
PAGE = 1_000
OLD = "2026-01-01T00:00:00.000Z"


class Stub:
    """Answers for S3 and SQS. A marker is a number; those that were written since have a time of their own."""

    def __init__(self, markers: int, kind: str) -> None:
        self.folder = f"due/{DAY}/{kind}/"
        self.markers = markers
        self.written: dict[int, str] = {}
        self.objects: dict[str, bytes] = {}
        self.counts: dict[str, int] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        while head := await self._head(reader):
            method, target = head.split(b" ", 2)[:2]
            found = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(found[1])) if found else b""
            delay_s, status, answer, kind = self._answer(method.decode(), target.decode(), body)
            await asyncio.sleep(delay_s)
            now = email.utils.format_datetime(datetime.now(UTC), usegmt=True)
            lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(answer)}")
            marks = ('ETag: "e"', f"Last-Modified: {now}", "\r\n")
            writer.write("\r\n".join(lines + marks).encode() + answer)
        writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    def _answer(self, method: str, target: str, body: bytes) -> tuple[float, str, bytes, str]:
        path, _, query = target.partition("?")
        if method == "POST":
            return self._send(body)
        key = urllib.parse.unquote(path).removeprefix("/state").lstrip("/")
        self._count("LIST" if not key else method)
        if not key:
            return PAGE_S, "200 OK", self._page(dict(urllib.parse.parse_qsl(query))), "application/xml"
        if method == "PUT":
            if key.startswith(self.folder):
                self.written[int(key.removeprefix(self.folder))] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            else:
                self.objects[key] = body
            return S3_S, "200 OK", b"", "text/plain"
        if key in self.objects or key.startswith(self.folder):
            return S3_S, "200 OK", self.objects.get(key, b'{"images": 20}'), "text/plain"
        missing = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        return S3_S, "404 Not Found", missing, "application/xml"

    def _page(self, query: dict[str, str]) -> bytes:
        """A page of the listing: markers after a key, or those that a continuation token names."""
        prefix, after = query.get("prefix", ""), query.get("continuation-token") or query.get("start-after", "")
        inside = self.folder.startswith(prefix) or prefix.startswith(self.folder)
        first = self._first(after) if inside else self.markers
        last = min(first + PAGE, self.markers)
        items = "".join(
            f"<Contents><Key>{self.folder}{number:07d}</Key>"
            f"<LastModified>{self.written.get(number, OLD)}</LastModified>"
            "<ETag>&quot;e&quot;</ETag><Size>0</Size></Contents>"
            for number in range(first, last)
        )
        more = last < self.markers
        token = xml.sax.saxutils.escape(f"{self.folder}{last - 1:07d}") if more else ""
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>state</Name>'
            f"<Prefix>{prefix}</Prefix><KeyCount>{last - first}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>"
            + (f"<NextContinuationToken>{token}</NextContinuationToken>" if more else "")
            + f"{items}</ListBucketResult>"
        ).encode()

    def _first(self, after: str) -> int:
        if after < self.folder:
            return 0
        if not after.startswith(self.folder):
            return self.markers
        return int(after.removeprefix(self.folder)) + 1

    def _send(self, body: bytes) -> tuple[float, str, bytes, str]:
        entries = json.loads(body)["Entries"]
        self._count("SQS")
        self._count("messages", len(entries))
        taken = [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0" * 32} for entry in entries]
        answer = json.dumps({"Successful": taken, "Failed": []}).encode()
        return SQS_S, "200 OK", answer, "application/x-amz-json-1.0"

    def _count(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number
        if name != "messages":
            self.objects["counts"] = json.dumps(self.counts).encode()


def _serve(markers: int, kind: str, port: Any) -> None:
    """Run the stubs until the process is ended."""

    async def run() -> None:
        server = await asyncio.start_server(Stub(markers, kind).serve, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def main() -> int:
    """Measure the ticks; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--markers", type=int, default=1_000_000)
    parser.add_argument("--ticks", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--kind", choices=("revalidate", "tag"), default="revalidate")
    chosen = parser.parse_args()
    receiving, sending = multiprocessing.Pipe(duplex=False)
    stubs = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(chosen.markers, chosen.kind, sending), daemon=True
    )
    stubs.start()
    address = f"http://127.0.0.1:{receiving.recv()}"
    os.environ.update(
        AWS_ENDPOINT_URL=address,
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",
        AWS_REGION="eu-west-1",
        AWS_DEFAULT_REGION="eu-west-1",
    )
    try:
        return max(_tick(chosen.seconds, address) for _ in range(chosen.ticks))
    finally:
        stubs.terminate()


def _now() -> datetime:
    return datetime.now(UTC)


def _tick(seconds: float, address: str) -> int:
    """Measure one tick; returns the exit status."""
    import functions.tick.handler  # noqa: F401 - what the function has loaded
    from image_release.queueing import SqsQueue
    from image_release.serverless.ports import Suite
    from image_release.serverless.tick import tick
    from image_release.settings import Settings
    from image_release.storage import S3Address, S3Store
    from image_release.tag import AccountQuota, MemoryCounters

    store, queue = S3Store(S3Address("state")), SqsQueue(f"{address}/q", threads=8)
    began, cpu = time.perf_counter(), time.process_time()
    quota = AccountQuota(MemoryCounters(), 1_800, 50_000, _now)
    suite = Suite(
        store, store, store, queue, queue, queue, queue, queue, quota, Settings(), _now, "google", threads=32,
        seconds_left=lambda: seconds - (time.perf_counter() - began),
    )  # fmt: skip
    ticked = tick(suite)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    counts = store.get("counts")
    print(f"{ticked.did['nudged']} {ticked.did['nudged_for_labels']} failed: {ticked.failed or 'nothing'}")
    print(
        f"  {took:.1f} s, {cpu:.1f} s of CPU ({cpu * WHOLE_CPU_MB / LAMBDA_MB:.0f} s in a Lambda of {LAMBDA_MB} MB), "
        f"peak memory {peak:.0f} MB; all requests so far: {counts.data.decode() if counts else ''}",
        flush=True,
    )
    return int(took > seconds / 2 or peak > MOST_MB or bool(ticked.failed))


if __name__ == "__main__":
    sys.exit(main())
