"""Make rotated-camera pairs: two shots of one room, between which the camera was only turned.

    python -m benchmarks.rotated_camera_pairs CORPUS OUT

A camera that only turns sees no parallax, so a homography aligns one shot with the other as exactly as a copy. What
differs is that each shot shows something that the other one does not, that the transform has perspective, and what the
lens and the exposure did. Hotels have many such pairs and labelled corpora few, so the fit of the grouping gets them
from here. Each photograph is treated as a scene at infinity that a camera sees while it turns by 5 to 16 degrees. The
two shots are *different* pictures; each is written as two files.
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
"""Width and height of a shot, in pixels."""
LONGEST_PX = 1400
"""Long side, in pixels, to which a photograph is reduced first."""
LEAST_WIDTH_PX = 500
"""Minimum width, in pixels, of a photograph that is used."""


def rays(focal: float, yaw: float, pitch: float, roll: float, distortion: float) -> tuple[Floats, Floats, Floats]:
    """Follow the ray of each pixel of a shot to a plane straight ahead of the camera at rest.

    Angles are in radians and the focal length in widths of a shot. Returns x and y on that plane, and the squared
    distance of each pixel from the middle of the shot; all are (height, width).
    """
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
    """Sample a scene (height, width, 3) bilinearly at each position; returns three channels a position."""
    height, width = scene.shape[:2]
    x, y = np.clip(x, 0, width - 1.01), np.clip(y, 0, height - 1.01)
    left, top = x.astype(int), y.astype(int)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = scene[top, left] * (1 - across) + scene[top, left + 1] * across
    lower = scene[top + 1, left] * (1 - across) + scene[top + 1, left + 1] * across
    samples: Floats = upper * (1 - down) + lower * down
    return samples


def shots(scene: Floats, chance: random.Random) -> list[Image.Image]:
    """Two shots of a scene (height, width, 3; 0…1) by one camera that turned between them."""
    height, width = scene.shape[:2]
    focal, half = chance.uniform(0.6, 1.2), math.radians(chance.uniform(2.5, 8))
    distortion = chance.choice([0, 0, 1]) * chance.uniform(-0.03, 0.03)
    tilt, vignette = chance.uniform(-0.05, 0.05), chance.uniform(0, 0.5)
    views = []
    for side in (-1, 1):
        pitch = tilt * chance.uniform(0, 1) * side + chance.uniform(-0.02, 0.02)
        views.append(rays(focal, side * half, pitch, math.radians(chance.gauss(0, 0.5)), distortion))
    every_x, every_y = (np.stack([view[axis] for view in views]) for axis in (0, 1))
    left, right, top, bottom = every_x.min(), every_x.max(), every_y.min(), every_y.max()
    scale = min((width - 2) / (right - left), (height - 2) / (bottom - top))
    taken = []
    for x, y, radius in views:
        seen = sampled(
            scene, x * scale + (width - scale * (left + right)) / 2, y * scale + (height - scale * (top + bottom)) / 2
        )
        seen *= (1 - vignette * radius / radius.max())[..., None] * chance.uniform(0.85, 1.15)
        seen = np.clip(seen, 0, 1) ** chance.uniform(0.85, 1.18)
        seen += np.random.default_rng(chance.getrandbits(30)).normal(0, chance.uniform(0.004, 0.015), seen.shape)
        taken.append(Image.fromarray(np.clip(seen * 255, 0, 255).astype(np.uint8)))
    return taken


def main() -> None:
    """Write OUT/images and OUT/labels.csv from every second label's best image in CORPUS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with (args.corpus / "labels.csv").open(newline="", encoding="utf-8") as file:
        first = {row["label"]: row for row in reversed(list(csv.DictReader(file))) if row["best"] == "1"}
    rows = []
    for label, row in sorted(first.items())[::2]:
        chance = random.Random(f"pan{label}")  # the word is part of the seed: another one makes another corpus
        photograph = ImageOps.exif_transpose(Image.open(args.corpus / "images" / row["image"])).convert("RGB")
        photograph.thumbnail((LONGEST_PX, LONGEST_PX))
        if photograph.width < LEAST_WIDTH_PX:
            continue
        for number, shot in enumerate(shots(np.asarray(photograph, np.float64) / 255, chance)):
            for copy in range(2):
                name, quality = f"{row['hotel_id']}/p{copy}/{chance.getrandbits(40):010x}.jpg", chance.randint(60, 92)
                image = shot.copy()
                if copy:
                    image.thumbnail((chance.choice([400, 550, 700]),) * 2)
                path = args.out / "images" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                image.save(path, quality=quality)
                rows.append([name, row["hotel_id"], f"{label}-{number}", f"q:{quality}", int(not copy)])
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "hotel_id", "label", "attacks", "best"])
        writer.writerows(sorted(rows))
    shot_labels = sorted({(row[1], row[2].rsplit("-", 1)[0]) for row in rows})
    with (args.out / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["hotel_id", "one", "other", "difference"])
        writer.writerows([hotel_id, f"{label}-0", f"{label}-1", "turn"] for hotel_id, label in shot_labels)
    print(f"{len(rows)} files of {len(rows) // 4} rotated-camera pairs")


if __name__ == "__main__":
    main()
