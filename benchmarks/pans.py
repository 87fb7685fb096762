"""Makes what photographers do and partners do not: two shots of one room by turning the camera on the spot.

    python benchmarks/pans.py CORPUS OUT

A camera that only turns sees no parallax, so a homography lays one shot over the other as exactly as a copy. What
differs is that each shows something that the other does not, that the transform bends, and what the lens and the
exposure did. Hotels have many such pairs and labelled corpora few, so the fit of the grouping gets them from here: each
photograph is seen as a scene at infinity by a camera that turns by 5 to 16 degrees. The two shots are *different*
pictures; of each there are two files.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Floats = NDArray[np.float64]

SHOT = (800, 533)
LONGEST_PX = 1400
LEAST_WIDTH_PX = 500


def rays(focal: float, yaw: float, pitch: float, roll: float, distortion: float) -> tuple[Floats, Floats, Floats]:
    """Where each pixel of a shot looks, on a plane straight ahead of the camera at rest; and its squared radius."""
    width, height = SHOT
    y, x = np.mgrid[0:height, 0:width]
    u, v = (x - width / 2) / (focal * width), (y - height / 2) / (focal * width)
    radius = u * u + v * v
    away = np.stack([u * (1 + distortion * radius), v * (1 + distortion * radius), np.ones_like(u)], axis=-1)
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(angle), math.sin(angle)) for angle in (yaw, pitch, roll))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    away = away @ (turn @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])).T
    return away[..., 0] / away[..., 2], away[..., 1] / away[..., 2], radius


def sampled(scene: Floats, x: Floats, y: Floats) -> Floats:
    """Bilinear samples of a scene (height, width, 3)."""
    height, width = scene.shape[:2]
    x, y = np.clip(x, 0, width - 1.01), np.clip(y, 0, height - 1.01)
    left, top = x.astype(int), y.astype(int)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = scene[top, left] * (1 - across) + scene[top, left + 1] * across
    lower = scene[top + 1, left] * (1 - across) + scene[top + 1, left + 1] * across
    samples: Floats = upper * (1 - down) + lower * down
    return samples


def shots(scene: Floats, chance: random.Random) -> list[Image.Image]:
    """Two shots of a scene by one camera that turned between them."""
    height, width = scene.shape[:2]
    focal, half = chance.uniform(0.6, 1.2), math.radians(chance.uniform(2.5, 8))
    distortion = chance.choice([0, 0, 1]) * chance.uniform(-0.03, 0.03)
    tilt, vignette = chance.uniform(-0.05, 0.05), chance.uniform(0, 0.5)
    looks = []
    for side in (-1, 1):
        pitch = tilt * chance.uniform(0, 1) * side + chance.uniform(-0.02, 0.02)
        looks.append(rays(focal, side * half, pitch, math.radians(chance.gauss(0, 0.5)), distortion))
    every_x, every_y = (np.stack([look[axis] for look in looks]) for axis in (0, 1))
    left, right, top, bottom = every_x.min(), every_x.max(), every_y.min(), every_y.max()
    scale = min((width - 2) / (right - left), (height - 2) / (bottom - top))
    pictures = []
    for x, y, radius in looks:
        seen = sampled(
            scene, x * scale + (width - scale * (left + right)) / 2, y * scale + (height - scale * (top + bottom)) / 2
        )
        seen *= (1 - vignette * radius / radius.max())[..., None] * chance.uniform(0.85, 1.15)
        seen = np.clip(seen, 0, 1) ** chance.uniform(0.85, 1.18)
        seen += np.random.default_rng(chance.getrandbits(30)).normal(0, chance.uniform(0.004, 0.015), seen.shape)
        pictures.append(Image.fromarray(np.clip(seen * 255, 0, 255).astype(np.uint8)))
    return pictures


def main() -> None:
    """Write OUT/images and OUT/labels.csv from every second cleanest copy of CORPUS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with (args.corpus / "labels.csv").open(newline="", encoding="utf-8") as file:
        first = {row["label"]: row for row in reversed(list(csv.DictReader(file))) if row["best"] == "1"}
    rows = []
    for label, row in sorted(first.items())[::2]:
        chance = random.Random(f"pan{label}")
        picture = ImageOps.exif_transpose(Image.open(args.corpus / "images" / row["image"])).convert("RGB")
        picture.thumbnail((LONGEST_PX, LONGEST_PX))
        if picture.width < LEAST_WIDTH_PX:
            continue
        for number, shot in enumerate(shots(np.asarray(picture, np.float64) / 255, chance)):
            for copy in range(2):
                name, quality = f"{row['hotel_id']}/p{copy}/{chance.getrandbits(40):010x}.jpg", chance.randint(60, 92)
                file_picture = shot.copy()
                if copy:
                    file_picture.thumbnail((chance.choice([400, 550, 700]),) * 2)
                path = args.out / "images" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                file_picture.save(path, quality=quality)
                rows.append([name, row["hotel_id"], f"{label}-{number}", f"q:{quality}", int(not copy)])
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "hotel_id", "label", "attacks", "best"])
        writer.writerows(sorted(rows))
    print(f"{len(rows)} files of {len(rows) // 4} pans")


if __name__ == "__main__":
    main()
