"""`image-release estimate`: what a run over some hotels would take, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import common_options, emit, existing, opened
from image_release.cli.reprocess import new_request, release_index, selectors
from image_release.triggering import ReleaseIndex, read_listing, select
from image_release.workspace import Workspace

CPU_S_AN_IMAGE = 0.045
"""Download, draft decode, print and grouping of one image on one core (docs/performance.md)."""
CPU_S_A_PICTURE = 0.15
"""Decode and 14 renditions of one picture of 2,000 pixels (docs/performance.md)."""
IMAGES_A_PICTURE = 3.0
"""Partners who send one photograph, on average: what a hotel of 60 images and 20 pictures has."""
DOLLARS_A_THOUSAND_LABELS = 1.5
"""Vision's price for label detection after the first thousand a month."""


@click.command()
@selectors
@common_options
def estimate(
    countries: tuple[str, ...],
    cities: tuple[str, ...],
    bbox: tuple[float, float, float, float] | None,
    hotel_ids: tuple[str, ...],
    partners: tuple[str, ...],
    everything: bool,
    address: str,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Hotels, images, CPU and money if these hotels were done from nothing. Without selectors: all of them.

    Example: image-release estimate --country ES
    """
    with opened(address, settings_file) as workspace, release_index(existing(workspace)) as index:
        chosen = any((countries, cities, bbox, hotel_ids, partners))
        document = {
            "countries": [country.upper() for country in countries],
            "cities": list(cities),
            "bbox": bbox,
            "hotel_ids": list(hotel_ids),
            "partners": list(partners),
            "all": everything or not chosen,
        }
        hotels = list(select(index, new_request(document)))
        images = sum(_images(workspace, index, hotel_id) for hotel_id in hotels)
        pictures = images / IMAGES_A_PICTURE
        sizes = len(workspace.settings.renditions)
    result = {
        "hotels": len(hotels),
        "images": images,
        "pictures_about": round(pictures),
        "cpu_seconds_about": round(images * CPU_S_AN_IMAGE + pictures * CPU_S_A_PICTURE, 1),
        "downloads": images,
        "store_writes_about": round(images + pictures * sizes + 3 * len(hotels)),
        "tagging_dollars_about": round(pictures * DOLLARS_A_THOUSAND_LABELS / 1000, 2),
    }
    if as_json:
        emit(result)
        return
    for name, value in result.items():
        click.echo(f"{name.replace('_', ' '):24} {value:,}")


def _images(workspace: Workspace, index: ReleaseIndex, hotel_id: str) -> int:
    row = index.row(hotel_id)
    listings = (read_listing(workspace.state, accommodation) for accommodation in (row.accommodations if row else ()))
    return sum(len(listing.images) for listing in listings if listing)
