"""Write a Data Release of a million hotels, or index it as `run` does.

python -m benchmarks.release_index write FILE.csv --rows 1000000
python -m benchmarks.release_index index FILE.csv
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.storage import FolderStore

CITIES = (("ES", "Bilbao", 43.3, -2.9), ("JP", "京都", 35.0, 135.8), ("GB", "Manchester", 53.5, -2.2))


def write(path: Path, rows: int) -> None:
    """Write a release: three accommodations a hotel, ids with characters that need encoding, three cities."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write("hotel_id,name,country,city,latitude,longitude,accommodations\n")
        for number in range(rows):
            country, city, latitude, longitude = CITIES[number % len(CITIES)]
            place = f"{latitude + chance.uniform(-2, 2):.6f},{longitude + chance.uniform(-2, 2):.6f}"
            pairs = f"atlas:{number};bedbank:%24bb-{number};cosmo:c{number}"
            file.write(f'{number},"Hotel, number {number}",{country},{city},{place},{pairs}\n')


def index(path: Path) -> str:
    """Apply the release to empty stores; returns the number of hotels as text."""
    with tempfile.TemporaryDirectory() as folder:
        inbox, state = FolderStore(Path(folder) / "inbox"), FolderStore(Path(folder) / "state")
        inbox.put_file(f"releases/{path.name}", path)
        applied = apply_release(inbox, state, f"releases/{path.name}", Settings(), datetime.now(UTC))
    assert isinstance(applied, ReleaseApplied)
    assert not applied.problems
    return f"{applied.hotels:,} hotels"


def main() -> int:
    """Write a release or index it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("write", "index"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    if args.action == "write":
        write(args.file, args.rows)
    else:
        print(index(args.file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
