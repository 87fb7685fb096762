"""Measure each stage against the same stage of the published method: fingerprints, comparison, renditions.

Every figure is a ratio of CPU times within one run, on the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import published
from benchmarks.inputs import Inputs, mixed_sizes, one_size
from benchmarks.measuring import interleaved, ratio, typical
from benchmarks.rows import Row
from benchmarks.similarity import structural_similarity
from image_release.decode import Draft, decode_draft, decode_full, read_header
from image_release.decode.pixels import DRAFT_SIDE_PX
from image_release.fingerprint import crop_hashes, near_pairs
from image_release.outcomes import Rejection
from image_release.renditions import generate
from image_release.settings import FilterSettings, RenditionSettings, Settings
from image_release.values import ImageFacts

EVERY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)
RENDITIONS = Settings().renditions
NAME = "0" * 64
SMALLER_DRAFT_PX = 400
"""Side of the draft that the hashes alone would need. The shipped draft also serves the choice of the best image."""
PAIRS_TIMED = 435
"""Maximum number of pairs (of 30 images) that nested Python is timed on; for more the time is extrapolated."""

T = TypeVar("T")


def facts_of(data: bytes) -> ImageFacts:
    """The facts in the header of an image of any size."""
    facts = read_header(data, NAME, EVERY_SIZE)
    assert isinstance(facts, ImageFacts), facts
    return facts


def draft_of(data: bytes, side_px: int = DRAFT_SIDE_PX) -> Draft:
    """The draft that an image is examined by, or a smaller one."""
    draft = decode_draft(data, facts_of(data), side_px)
    assert isinstance(draft, Draft), draft
    return draft


def our_hashes(data: bytes, side_px: int = DRAFT_SIDE_PX) -> NDArray[np.uint64]:
    """Decode a draft and make its 36 hashes."""
    return crop_hashes(draft_of(data, side_px).image.convert("L"))


def _each(function: Callable[[bytes], T], files: Sequence[bytes]) -> Callable[[], list[T]]:
    return lambda: [function(data) for data in files]


def fingerprints(inputs: Inputs, count: int, rounds: int) -> list[Row]:
    """Measure 36 hashes an image, with decoding, against ImageHash on 36 crops; and count the bits that differ."""
    step = max(1, len(inputs.images) // count)
    sets = {
        "one size 1,600 px, baseline": (one_size(inputs.large[:count]), 30.0, 42.0),
        "sizes mixed ≥ 1,400 px, baseline": (mixed_sizes(inputs.large[:count]), 25.0, 36.0),
        "sizes mixed ≥ 1,400 px, progressive": (mixed_sizes(inputs.large[:count], progressive=True), None, None),
        "images as sent": ([path.read_bytes() for path in inputs.images[::step][:count]], None, None),
    }
    rows: list[Row] = []
    drift: list[int] = []
    for name, (files, least, aim) in sets.items():
        rows += _hashing_rows(name, files, rounds, least, aim)
        if not name.startswith("one size"):
            drift += [bits for data in files for bits in _drift(data)]
    where = f"{len(drift) // 36} images of mixed sizes"
    rows += [
        Row("drift from ImageHash, mean", where, float(np.mean(drift)), "bits", 0.45, 0.25),
        Row("drift from ImageHash, p95", where, float(np.percentile(drift, 95)), "bits", 2, 2),
        Row("drift from ImageHash, p99", where, float(np.percentile(drift, 99)), "bits", 4, 2),
    ]
    return rows


def _hashing_rows(
    name: str, files: Sequence[bytes], rounds: int, least: float | None, aim: float | None
) -> Iterator[Row]:
    # Each file is another image, mostly of another size: what depends on the size is not reused.
    samples = interleaved(
        {
            "ours": _each(our_hashes, files),
            "published": _each(published.hashes, files),
            "draft": _each(draft_of, files),
            "smaller": _each(partial(our_hashes, side_px=SMALLER_DRAFT_PX), files),
        },
        rounds,
    )
    times, alone = ratio(samples, "published", "ours"), ratio(samples, "published", "smaller")
    note = f"{typical(samples, 'ours') / len(files) * 1e3:.1f} ms an image"
    yield Row("36 hashes, ImageHash ÷ ours", name, times, "x", least, aim, more=True, note=note)
    yield Row(f"the same from a draft of {SMALLER_DRAFT_PX} px", name, alone, "x")
    yield Row("36 hashes ÷ draft decode alone", name, ratio(samples, "ours", "draft"), "x", None, 1.15)


def _near_repeatedly(hashes: NDArray[np.uint64], times: int) -> None:
    for _ in range(times):
        near_pairs(hashes, published.NEAR)


def _drift(data: bytes) -> list[int]:
    apart = our_hashes(data) ^ np.array(published.hashes(data), np.uint64)
    found: list[int] = np.bitwise_count(apart).tolist()
    return found


def comparison(inputs: Inputs, rounds: int, sizes: Sequence[int] = (30, 300, 3000)) -> list[Row]:
    """Measure finding images with near hashes, against nested Python; if real hashes are too few, they are varied."""
    real = np.stack([our_hashes(path.read_bytes()) for path in inputs.images[: max(sizes)]])
    chance = np.random.default_rng(1)
    rows = []
    for images, least, aim in zip(sizes, (250, 320, 850), (500, 700, 2000), strict=False):
        turns = chance.integers(0, 2**64, (images // len(real) + 1, 1), np.uint64)
        hashes = np.concatenate([real ^ turn for turn in turns])[:images]  # XOR by one number keeps all distances
        numbers = hashes[:30].tolist()
        repeat = max(1, 300 // images)
        samples = interleaved(
            {
                "ours": partial(_near_repeatedly, hashes, repeat),
                "published": partial(published.distances, numbers),
            },
            rounds,
        )
        pairs = images * (images - 1) / 2
        times = ratio(samples, "published", "ours") * repeat * pairs / PAIRS_TIMED
        how = "" if images == 30 else f"nested Python extrapolated from {PAIRS_TIMED} pairs; "
        note = f"{how}{typical(samples, 'ours') / repeat * 1e3:.1f} ms"
        rows.append(
            Row(
                "any of 36×36, nested Python ÷ ours", f"{images:,} images", times, "x", least, aim, more=True, note=note
            )
        )
    return rows


def renditions(inputs: Inputs, count: int, rounds: int) -> list[Row]:
    """Measure fourteen sizes, from bytes to bytes, against the published method and against the lower bound."""
    sets = {
        "photos as they are (progressive)" if inputs.real else "samples": [
            p.read_bytes() for p in inputs.large[:count]
        ],
        "photos, baseline": mixed_sizes(inputs.large[:count]),
        "1,600 px, baseline": one_size(inputs.large[:count]),
    }
    rows = []
    for name, files in sets.items():
        known = [(data, facts_of(data)) for data in files]
        made = [_made(data, facts) for data, facts in known]
        samples = interleaved(
            {
                "ours": partial(_made_all, known),
                "published": _each(lambda data: published.renditions(data, RENDITIONS), files),
                "floor": partial(_floor, files, made),
            },
            rounds,
        )
        note = f"{typical(samples, 'ours') / len(files) * 1e3:.0f} ms a picture"
        rows.append(
            Row(
                "14 renditions, published ÷ ours",
                name,
                ratio(samples, "published", "ours"),
                "x",
                3,
                4.5,
                more=True,
                note=note,
            )
        )
        rows.append(Row("14 renditions ÷ (decode + encode)", name, ratio(samples, "ours", "floor"), "x"))
    worst = min(_worst_similarity(data) for data in sets["photos, baseline"])
    rows.append(
        Row("SSIM against direct Lanczos", f"worst of 14 sizes × {count} photos", worst, "", 0.996, 0.997, more=True)
    )
    return rows


def _made(data: bytes, facts: ImageFacts) -> list[Image.Image]:
    made = generate(data, facts, RENDITIONS)
    assert not isinstance(made, Rejection), made
    return [Image.open(io.BytesIO(item.data)) for item in made]


def _made_all(known: Sequence[tuple[bytes, ImageFacts]]) -> None:
    for data, facts in known:
        _made(data, facts)


def _floor(files: Sequence[bytes], made: Sequence[Sequence[Image.Image]]) -> None:
    """Decode each image once and encode each of its renditions once."""
    for data, images in zip(files, made, strict=True):
        decode_full(data, facts_of(data))
        for image, recipe in zip(images, RENDITIONS, strict=True):
            image.save(io.BytesIO(), "JPEG", quality=recipe.quality, subsampling="4:2:0")


def _worst_similarity(data: bytes) -> float:
    """The lowest similarity of the 14 sizes, before encoding, with resizing the whole image directly in Pillow."""
    plain = [
        RenditionSettings(name=item.name, width=item.width, height=item.height, format="png") for item in RENDITIONS
    ]
    facts = facts_of(data)
    whole, made = decode_full(data, facts), generate(data, facts, plain)
    assert isinstance(whole, Image.Image), whole
    assert not isinstance(made, Rejection), made
    return min(
        structural_similarity(
            Image.open(io.BytesIO(item.data)), whole.resize((item.width, item.height), Image.Resampling.LANCZOS)
        )
        for item in made
    )
