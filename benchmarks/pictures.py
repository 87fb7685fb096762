"""Hotels to measure with: real photographs where there is a corpus, else the rendered samples, and copies of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from samples.partners import sample_hotels

PARTNERS = ("atlas", "bedbank", "cosmo")


def photographs(corpus: Path | None) -> list[Path]:
    """The corpus' large photos, then its other images; the samples where there is no corpus."""
    if corpus is not None and (corpus / "large").is_dir():
        return [*sorted((corpus / "large").glob("*.jpg")), *sorted((corpus / "images").glob("*/*/*.jpg"))]
    return [path for hotel in sample_hotels() for path in hotel.photographs().values()]


def write_hotel(folder: Path, paths: list[Path], images: int) -> None:
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
            size = (round(picture.width * scale), round(picture.height * scale))
            picture.convert("RGB").resize(size).save(target, "JPEG", quality=80 - generation)
