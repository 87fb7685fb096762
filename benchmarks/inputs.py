"""Inputs of the benchmarks: photographs of a corpus, or else the rendered samples; and hotels made of them."""

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
    """The photographs that are measured with, as paths in a fixed order."""

    large: tuple[Path, ...]
    """Photographs of at least 1,400 px. The samples are smaller; `opened` enlarges them."""
    images: tuple[Path, ...]
    """Images as partners send them, small ones too."""
    real: bool
    """Whether they come from a corpus and not from the samples."""


def inputs_of(corpus: Path | None) -> Inputs:
    """The photographs of a corpus, or the samples if there is no corpus."""
    samples = tuple(path for hotel in sample_hotels() for path in hotel.photographs().values())
    if corpus is not None and (corpus / "large").is_dir():
        images = tuple(sorted((corpus / "images").glob("*/*/*.jpg")))
        return Inputs(tuple(sorted((corpus / "large").glob("*.jpg"))), images or samples, real=True)
    return Inputs(samples, samples, real=False)


def jpeg(image: Image.Image, quality: int = 88, *, progressive: bool = False) -> bytes:
    """Encode an image as a JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=progressive)
    return out.getvalue()


def opened(path: Path) -> Image.Image:
    """The whole image, RGB; if its long side is below 1,400 px, it is enlarged to 1,600 px."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    if max(image.size) < 1400:
        scale = 1600 / max(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), LANCZOS)
    return image


def one_size(paths: Sequence[Path], side_px: int = 1600, *, progressive: bool = False) -> list[bytes]:
    """JPEGs of few distinct sizes: every photograph scaled to this long side."""
    return [jpeg(_within(opened(path), side_px), progressive=progressive) for path in paths]


def mixed_sizes(paths: Sequence[Path], *, progressive: bool = False) -> list[bytes]:
    """JPEGs of many distinct sizes: another part of each photograph, with long sides from 1,400 px up to its own."""
    return [
        jpeg(_own_size(opened(path), number, len(paths)), progressive=progressive) for number, path in enumerate(paths)
    ]


def variants(path: Path, *, progressive: bool | None = None) -> Iterator[bytes]:
    """A photograph as three partners send it: as it is, at 5/8 of its size, and cropped by 5 %.

    `progressive` says how all three are encoded; None leaves the file of the photograph as it is.
    """
    image = opened(path)
    progressive_copies = bool(progressive)
    yield path.read_bytes() if progressive is None else jpeg(image, 90, progressive=progressive_copies)
    small = image.resize((image.width * 5 // 8, image.height * 5 // 8), LANCZOS)
    yield jpeg(small, 85, progressive=progressive_copies)
    x, y = image.width // 40, image.height // 40
    yield jpeg(image.crop((x, y, image.width - x, image.height - y)), 85, progressive=progressive_copies)


def write_sixty(folder: Path, paths: Sequence[Path], *, progressive: bool | None = None) -> None:
    """Write a hotel of three partners, each with its own variant of every photograph."""
    for number, path in enumerate(paths):
        for partner, data in zip(PARTNERS, variants(path, progressive=progressive), strict=True):
            target = folder / partner / f"{number:04}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def write_hotel(folder: Path, paths: Sequence[Path], images: int) -> None:
    """Write a hotel of `images` images, partner by partner: the photographs, then smaller and smaller copies."""
    for number in range(images):
        source, generation = paths[number % len(paths)], number // len(paths)
        target = folder / PARTNERS[generation % len(PARTNERS)] / f"{number:04}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not generation:
            target.write_bytes(source.read_bytes())
            continue
        with Image.open(source) as image:
            scale = 0.85 * 0.96 ** (generation - 1)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            image.convert("RGB").resize(size).save(target, "JPEG", quality=max(40, 80 - generation))


def _within(image: Image.Image, side_px: int) -> Image.Image:
    scale = side_px / max(image.size)
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), LANCZOS)


def _own_size(image: Image.Image, number: int, count: int) -> Image.Image:
    share = 1 - 0.12 * number / count
    part = image.crop((0, 0, round(image.width * share), image.height))
    least = min(1400, max(part.size))
    return _within(part, round(least + (max(part.size) - least) * ((number * 7) % count) / count))
