"""Make a labelled corpus of the shots that `samples/render/shots.py` took of the samples' scenes.

    python -m benchmarks.rendered_pairs SHOTS OUT [--seed 1]

What is different between two of these shots is known exactly, and so is how the camera moved. Each shot is a label of
its own, except that two shots from a tripod, which differ by exposure and noise only, have one label. Each is written
as two or three copies by the recipe `benchmarks/second_shots.yaml`. A scene is a hotel, so scenes can be held out. OUT
gets `images/`, `labels.csv` and `pairs.csv` (two labels, what is different, whether they are one view, the motion).
A shot in which nobody would see the change is left out.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from PIL import Image

from benchmarks.second_shots import RECIPE
from benchmarks.shot_changes import changed_share, levels
from image_release.lab.grouping import Original, make_corpus, read_recipe

LEAST_CHANGED = 0.01
"""Share of blocks whose light must differ where something moved or the light changed."""
LEAST_OVERLAP = 0.6
"""Share of the scene seen in one shot that is seen in the other one too, for the same view."""
MOST_MOTION = 0.35
"""How far the camera moved, as a share of the scene's distance, for the same view."""

Row = dict[str, str]


def hotel_of(row: Row) -> str:
    """The hotel of a scene. The three pictures of one room begin with the same letters, so they share a fold."""
    return f"{row['scene']}-{row['hotel']}"


def label_of(row: Row, shot: str) -> str:
    """The label of a shot: the two shots from a tripod have one."""
    return f"{hotel_of(row)}/{'base' if shot == 'tripod' else shot}"


def is_visible(folder: Path, shot: str) -> bool:
    """Whether a person would see what changed in a shot; a camera that moved always counts."""
    if shot not in {"things", "people", "light"}:
        return True
    base, tripod, changed = (
        levels(Image.open(folder / f"{name}.png").convert("RGB")) for name in ("base", "tripod", shot)
    )
    return changed_share(base, changed) >= max(LEAST_CHANGED, 2 * changed_share(base, tripod))


def is_same_view(row: Row) -> bool:
    """Whether two shots show the same thing from nearly the same place."""
    motion = sum(float(row[axis]) ** 2 for axis in ("sideways_m", "upwards_m", "forward_m")) ** 0.5
    return float(row["overlap"]) >= LEAST_OVERLAP and motion <= MOST_MOTION * float(row["depth_m"])


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shots", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with (args.shots / "pairs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    originals: dict[tuple[str, str], Original] = {}
    hidden: set[tuple[str, str]] = set()
    for row in rows:
        folder = args.shots / "shots" / row["hotel"] / row["scene"]
        for shot in (row["one"], row["other"]):
            key = (hotel_of(row), shot)
            if key in originals or key in hidden:
                continue
            if is_visible(folder, shot):
                originals[key] = Original(key[0], f"{key[0]}/{shot}", folder / f"{shot}.png")
            else:
                hidden.add(key)
    made = [originals[key] for key in sorted(originals)]
    count, problems = make_corpus(made, args.out, read_recipe(RECIPE), args.seed, lambda _hotel, _copies: None)
    labels = args.out / "labels.csv"
    labels.write_text(labels.read_text(encoding="utf-8").replace("/tripod,", "/base,"), encoding="utf-8")
    related = [row for row in rows if not {(hotel_of(row), row["one"]), (hotel_of(row), row["other"])} & hidden]
    with (args.out / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        motion = list(rows[0])[list(rows[0]).index("sideways_m") :]
        writer.writerow(["hotel_id", "one", "other", "difference", "same_photograph", "same_view", *motion])
        for row in related:
            ends = [label_of(row, row["one"]), label_of(row, row["other"])]
            kinds = [row["difference"], row["same_photograph"], int(is_same_view(row))]
            writer.writerow([hotel_of(row), *ends, *kinds, *(row[name] for name in motion)])
    print(f"{count} images of {len(made)} shots, {len(related)} pairs of shots, {len(problems)} problems")
    print(f"left out, nothing to be seen: {', '.join('/'.join(key) for key in sorted(hidden)) or 'none'}")


if __name__ == "__main__":
    main()
