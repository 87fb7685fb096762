"""Inputs to measure with: real photographs where there is a corpus, else the rendered samples; hotels made of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from samples.partners import sample_hotels

PARTNERS = ("atlas", "bedbank", "cosmo")
LANCZOS = Image.Resampling.LANCZOS


@dataclass(frozen=True, slots=True)
class Inputs:
    """Photographs by name of the set: paths in an order that stays."""

    large: tuple[Path, ...]
    """At least 1,400 px: the corpus' own, or the samples enlarged by whoever uses them."""
    images: tuple[Path, ...]
    """As partners send them, small ones too."""
    real: bool


def inputs_of(corpus: Path | None) -> Inputs:
    """The corpus' photographs, or the samples where there is no corpus."""
    samples = tuple(path for hotel in sample_hotels() for path in hotel.photographs().values())
    if corpus is not None and (corpus / "large").is_dir():
        images = tuple(sorted((corpus / "images").glob("*/*/*.jpg")))
        return Inputs(tuple(sorted((corpus / "large").glob("*.jpg"))), images or samples, real=True)
    return Inputs(samples, samples, real=False)


def photographs(corpus: Path | None) -> list[Path]:
    """The corpus' large photos, then its other images; the samples where there is no corpus."""
    inputs = inputs_of(corpus)
    return [*inputs.large, *inputs.images] if inputs.real else list(inputs.images)


def jpeg(picture: Image.Image, quality: int = 88, *, progressive: bool = False) -> bytes:
    """The picture as a JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, progressive=progressive)
    return out.getvalue()


def opened(path: Path) -> Image.Image:
    """The whole picture, RGB, at least 1,400 px long: a sample is enlarged."""
    with Image.open(path) as image:
        picture = image.convert("RGB")
    if max(picture.size) < 1400:
        scale = 1600 / max(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), LANCZOS)
    return picture


def one_size(paths: Sequence[Path], side_px: int = 1600, *, progressive: bool = False) -> list[bytes]:
    """Few distinct sizes: every photograph with this long side."""
    return [jpeg(_within(opened(path), side_px), progressive=progressive) for path in paths]


def mixed_sizes(paths: Sequence[Path], *, progressive: bool = False) -> list[bytes]:
    """Many distinct sizes: of each photograph another part, with long sides from 1,400 px up to its own."""
    return [
        jpeg(_own_size(opened(path), number, len(paths)), progressive=progressive) for number, path in enumerate(paths)
    ]


def variants(path: Path, *, progressive: bool | None = None) -> Iterator[bytes]:
    """A photograph as three partners send it: as it is, 5/8 of its size, and cropped by 5 %.

    `progressive` is how all three are written; None leaves the file of the photograph as it is.
    """
    picture = opened(path)
    progressive_copies = bool(progressive)
    yield path.read_bytes() if progressive is None else jpeg(picture, 90, progressive=progressive_copies)
    small = picture.resize((picture.width * 5 // 8, picture.height * 5 // 8), LANCZOS)
    yield jpeg(small, 85, progressive=progressive_copies)
    x, y = picture.width // 40, picture.height // 40
    yield jpeg(picture.crop((x, y, picture.width - x, picture.height - y)), 85, progressive=progressive_copies)


def write_sixty(folder: Path, paths: Sequence[Path], *, progressive: bool | None = None) -> None:
    """A hotel: three partners, each with its variant of every photograph."""
    for number, path in enumerate(paths):
        for partner, data in zip(PARTNERS, variants(path, progressive=progressive), strict=True):
            target = folder / partner / f"{number:04}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def write_hotel(folder: Path, paths: Sequence[Path], images: int) -> None:
    """Write so many images, partner by partner: every photograph as it is, then smaller and smaller copies of them."""
    for number in range(images):
        source, generation = paths[number % len(paths)], number // len(paths)
        target = folder / PARTNERS[generation % len(PARTNERS)] / f"{number:04}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not generation:
            target.write_bytes(source.read_bytes())
            continue
        with Image.open(source) as picture:
            scale = 0.85 * 0.96 ** (generation - 1)
            size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
            picture.convert("RGB").resize(size).save(target, "JPEG", quality=max(40, 80 - generation))


def _within(picture: Image.Image, side_px: int) -> Image.Image:
    scale = side_px / max(picture.size)
    return picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), LANCZOS)


def _own_size(picture: Image.Image, number: int, count: int) -> Image.Image:
    share = 1 - 0.12 * number / count
    part = picture.crop((0, 0, round(picture.width * share), picture.height))
    least = min(1400, max(part.size))
    return _within(part, round(least + (max(part.size) - least) * ((number * 7) % count) / count))
