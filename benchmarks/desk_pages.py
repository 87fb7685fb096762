"""Measure pages of the running desk over HTTP on many made hotels: lists, filters, search, one hotel, reports, CSV.

    python -m benchmarks.desk_pages [--hotels 100000] [--index FILE]

Hotels are those of `benchmarks.desk_index`, whose first build of the index comes before; with --index it is kept in a
file, and the next time found there. Desk and client are one process, so a figure is what both take together. Every
page is asked for five times; medians of CPU and wall time are printed, and their quotients by the machine factor.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

from benchmarks.desk_index import ROUNDS, MadeStore, peak_mb, release_of
from benchmarks.rows import Row, table
from benchmarks.speed import measured_slowness
from image_release.child_process import IsolatedCaller
from image_release.desk.applying import HotelsUnderWay, SuiteApplier
from image_release.desk.desk import Desk
from image_release.desk.images import HotelImages
from image_release.desk.index import catch_up, open_index
from image_release.desk.keeping import IndexKeeper
from image_release.desk.web import Access, DeskServer, application
from image_release.everywhere import PrintIndex, print_index_path
from image_release.one_machine.comparing import IsolatedComparer
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores

LIST_MS = 200.0
"""What a list may take, on the machine of docs/performance.md."""
LISTS = {
    "needs a look, page 1": "/",
    "by name, last page": "/?sort=name&page=2000",
    "two filters": "/?f=never_first&f=copies_unsure",
    "a word that few hotels have": "/?q=" + quote("bilb 777"),
    "a word that a fifth has": "/?q=munchen",
    "a word that all have": "/?q=a",
    "words and a filter": "/?q=" + quote("casa kyoto") + "&f=never_first",
}
OTHERS = {
    "page of a hotel": "/hotels/{hotel}",
    "report partners": "/reports/partners",
    "report hotels": "/reports/hotels",
    "the list as CSV, all hotels": "/hotels.csv",
}


@contextmanager
def desk_of(stores: Stores, index_file: Path) -> Iterator[Desk]:
    """A desk of made hotels, whose index is up to date and goes on following."""
    settings = Settings()
    index = open_index(index_file)
    catch_up(index, stores, settings)
    with IsolatedCaller(60) as caller, closing(HotelsUnderWay(SuiteApplier())) as applying:
        keeper = IndexKeeper(index, stores, settings)
        images, compare = HotelImages(stores, settings, caller), IsolatedComparer(settings, caller)
        prints = PrintIndex(print_index_path(index_file))
        keeper.start()
        try:
            yield Desk(stores, settings, "made", index, keeper, applying, images, compare, prints)
        finally:
            keeper.stop()
            keeper.join(60)


class Client:
    """A person who entered the desk."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def get(self, path: str) -> int:
        """Read a page; returns its size."""
        connection = http.client.HTTPConnection("127.0.0.1", self._access.port, timeout=300)
        connection.request("GET", path, headers={"Cookie": f"{self._access.cookie}={self._access.session}"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status != http.client.OK:
            raise ValueError(f"{path}: {answer.status} {data[:400]!r}")
        return len(data)


def asked(client: Client, path: str, rounds: int) -> tuple[float, float, int]:
    """Medians of CPU and wall time in ms, and the size of the answer."""
    cpus, walls, size = [], [], 0
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        size = client.get(path)
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return median(cpus) * 1e3, median(walls) * 1e3, size


def desk_rows(folder: Path, hotels: int, index_file: Path | None = None) -> list[Row]:
    """Measure all pages; CPU is divided by the machine factor, so that its bound holds on every machine."""
    stores = Stores(MemoryStore(), MemoryStore(), MadeStore(hotels))
    release_of(stores, hotels)
    where = f"{hotels:,} hotels"
    rows = []
    factor = measured_slowness()
    with desk_of(stores, index_file or folder / "index.sqlite") as desk:
        server = DeskServer()
        access = Access(server.port, "Ada")
        with server.serving(application(desk, access)):
            client = Client(access)
            for what, path in {**LISTS, **OTHERS}.items():
                is_list, rounds = what in LISTS, 1 if "CSV" in what else ROUNDS
                cpu, wall, size = asked(client, path.format(hotel=hotels // 2), rounds)
                note = f"{cpu:.0f} ms CPU, {wall:.0f} ms wall, factor {factor:.1f}, {size / 1e3:,.0f} KB"
                bound = LIST_MS if is_list else None
                rows.append(Row(f"desk: {what}", where, cpu / factor, "ms", bound, note=note))
    return [*rows, Row("desk: peak memory, made manifests and release too", where, peak_mb(), "MB")]


def main() -> int:
    """Measure on so many hotels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=100_000)
    parser.add_argument("--index", type=Path, help="file of the index, kept for the next time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(table(desk_rows(Path(folder), args.hotels, args.index))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
