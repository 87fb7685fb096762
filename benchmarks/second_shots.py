"""Make second shots from photographs: pairs that nearly are one photograph, and copies that are hard to tell from them.

    python -m benchmarks.second_shots CORPUS OUT [--seed 1] [--hotels N]

CORPUS is a labelled corpus, or a folder of photographs (`<hotel>/<photo>`). Between the two shots of a photograph the
camera moved (`camera`: layers shift by different amounts), the light changed in parts (`light`), or things moved
(`things`), or two of these; and groups of pictures share a template (`frame`, `plan`). Each shot is a label of its own
and is written as two or three copies by the recipe `benchmarks/second_shots.yaml`, in which captions, overlays and
filters are frequent. OUT gets `shots/`, `images/` and `labels.csv` as a corpus has them, and `pairs.csv`, which names
every two labels that are related: what is different, and whether they are the same view.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.shot_changes import (
    Chance,
    Floats,
    changed_share,
    exposed,
    framed_anew,
    levels,
    local_light,
    parallax,
    things_moved,
)
from benchmarks.templates import floor_plans, framed
from image_release.lab.grouping import Original, make_corpus, read_originals, read_recipe

RECIPE = str(Path(__file__).with_suffix(".yaml"))
LONGEST_PX = 720
"""Long side, in pixels, to which a photograph is reduced first."""
LEAST_PX = 300
"""A photograph whose long side is shorter is not used."""
KINDS = ("camera", "light", "things", "camera", "light", "things", "camera", "camera+light", "light+things", "same")
"""What is different between the two shots of a photograph, in turn; `same` has one shot, of which copies are made."""
LEAST_CHANGED = 0.04
"""Share of blocks whose light must differ, so that a person sees that these are two shots."""
MOST_TRIES = 8
IN_TEMPLATE = 8
"""Every eighth photograph of a hotel is kept for a template, so that none is shown with and without one."""

Shot = tuple[str, str, Image.Image]
"""The name of the photograph or template, what is different, and the shot."""
PAIR_COLUMNS = ("hotel_id", "one", "other", "difference", "same_view")


def opened(path: Path) -> Image.Image | None:
    """A photograph, reduced; None if it is too small."""
    photograph = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    photograph.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return photograph if max(photograph.size) >= LEAST_PX else None


def two_shots(photograph: Floats, other: Floats, kind: str, chance: Chance) -> list[Image.Image]:
    """Two shots of a photograph that differ as `kind` says; one if it is `same`."""
    if kind == "same":
        return [exposed(photograph, chance)]
    second = photograph
    for _ in range(MOST_TRIES):
        second = parallax(photograph, chance) if "camera" in kind else photograph
        if "things" in kind:
            second = things_moved(second, other, chance)
        if "light" in kind:
            second = local_light(second, chance)
        if kind == "camera" or changed_share(photograph, second) >= LEAST_CHANGED:
            break
    tripod = "camera" not in kind and chance.random() < 0.6
    if not tripod:
        second = framed_anew(second, chance, float(chance.uniform(0.01, 0.06)))
    return [exposed(photograph, chance), exposed(second, chance)]


def shots_of(originals: list[Original], seed: int) -> Iterator[Shot]:
    """Every shot that is made of the photographs of one hotel."""
    opened_ones = [(original, photograph) for original in originals if (photograph := opened(original.path))]
    kept, used = opened_ones[::IN_TEMPLATE], [each for k, each in enumerate(opened_ones) if k % IN_TEMPLATE]
    for k, (original, photograph) in enumerate(used):
        chance = np.random.default_rng([seed, *original.label.encode()])
        kind = KINDS[int(chance.integers(len(KINDS)))]
        for shot in two_shots(levels(photograph), levels(used[k - 1][1]), kind, chance):
            yield original.path.stem, kind, shot
    drawing = random.Random(f"{seed}/{originals[0].hotel_id}")
    if len(kept) > 1:
        for page in framed([photograph for _, photograph in kept], drawing):
            yield "template", "frame", page
    if drawing.random() < 0.5:
        for page in floor_plans(3, drawing):
            yield "plans", "plan", page


def written(out: Path, hotel_id: str, shots: Iterator[Shot]) -> tuple[list[Original], list[list[str]]]:
    """Write the shots of a hotel. Returns them as originals, and the rows of the pairs."""
    made: list[Original] = []
    pairs: list[list[str]] = []
    for (name, kind), group in groupby(shots, key=lambda shot: shot[:2]):
        labels = []
        for number, (_, _, shot) in enumerate(group):
            path = out / "shots" / hotel_id / f"{name}-{kind}-{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            shot.save(path, compress_level=1)
            made.append(Original(hotel_id, f"{hotel_id}/{path.stem}", path))
            labels.append(made[-1].label)
        same_view = str(int(kind not in {"frame", "plan"}))
        pairs += [[hotel_id, one, other, kind, same_view] for one, other in combinations(labels, 2)]
    return made, pairs


def main() -> None:
    """Make the shots of every hotel, and copies of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hotels", type=int, help="only so many hotels")
    parser.add_argument("--each", type=int, help="only so many photographs of a hotel")
    args = parser.parse_args()
    made: list[Original] = []
    pairs: list[list[str]] = []
    by_hotel = sorted(read_originals(args.corpus), key=lambda each: (each.hotel_id, each.label))
    hotels = [(hotel, list(group)) for hotel, group in groupby(by_hotel, key=lambda each: each.hotel_id)]
    for hotel_id, originals in hotels[: args.hotels]:
        shots, related = written(args.out, hotel_id, shots_of(originals[: args.each], args.seed))
        made, pairs = made + shots, pairs + related
        print(f"{hotel_id}: {len(shots)} shots", flush=True)
    count, problems = make_corpus(made, args.out, read_recipe(RECIPE), args.seed, lambda _hotel, _copies: None)
    with (args.out / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PAIR_COLUMNS)
        writer.writerows(pairs)
    print(f"{count} images of {len(made)} shots, {len(pairs)} pairs, {len(problems)} problems")


if __name__ == "__main__":
    main()
