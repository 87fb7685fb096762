"""`image-release estimate`: what a run over some hotels would take, before anything runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from image_release.cli.common import common_options, emit, existing, opened
from image_release.cli.reprocess import new_request, release_index, selectors
from image_release.ingest import estimate_hotels, select


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
        result = asdict(estimate_hotels(hotels, index, workspace.state, workspace.settings))
    if as_json:
        emit(result)
        return
    for name, value in result.items():
        click.echo(f"{name.replace('_', ' '):24} {value:,}")
