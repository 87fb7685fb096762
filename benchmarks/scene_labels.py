"""Make a labelled corpus of the scenes: hotels whose pictures nobody changed, so each is a photograph of its own.

    python -m benchmarks.scene_labels SCENES OUT

SCENES has scenes.csv and images/. OUT gets a link to the images and labels.csv. Some hotels have a photograph twice,
cropped or in a collage, as a person saw: these have one label.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

SAME = {
    "cape_residency/012": "cape_residency/009",
    "hotel_six/010": "hotel_six/009",
    "liozu_villa/002": "liozu_villa/000",
    "paris_hotel/016": "paris_hotel/007",
    "salinetas/013": "salinetas/001",
    "vemara_goa/003": "vemara_goa/002",
    "vemara_goa/004": "vemara_goa/000",
    "vemara_goa/006": "vemara_goa/002",
}
"""Picture -> the one whose photograph it shows, too."""


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with (args.scenes / "scenes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "images").symlink_to((args.scenes / "images").resolve())
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "hotel_id", "label"])
        for row in rows:
            picture = row["image"].rpartition(".")[0]
            writer.writerow([row["image"], row["hotel_id"], SAME.get(picture, picture)])


if __name__ == "__main__":
    main()
