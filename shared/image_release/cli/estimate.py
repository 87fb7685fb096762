"""`image-release estimate`: what processing some hotels would cost, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.cli.selection import new_request, release_index, selected, selectors
from image_release.ingest import estimate_hotels
from image_release.problems import printable


@click.command()
@selectors
@common_options
def estimate(invocation: Invocation, selection: dict[str, Any]) -> None:
    """Estimate images, CPU time and cost of processing these hotels from the beginning. Without selectors: all hotels.

    Tagging costs what the stored tagger costs: Google takes money for each picture, the local model takes CPU time.

    Example: image-release estimate --country ES
    """
    with invocation.open() as workspace, release_index(workspace) as index:
        request = new_request(selection if any(selection.values()) else {**selection, "all": True})
        hotels = selected(index, request)
        found = asdict(estimate_hotels(hotels, index, workspace.state, workspace.settings, workspace.tagger))
    invocation.show(found, estimate_text(found))


def estimate_text(found: Mapping[str, Any]) -> str:
    """An estimate for a person: one line for each figure."""
    told = {name: printable(value) if isinstance(value, str) else f"{value:,}" for name, value in found.items()}
    return "\n".join(f"{name.replace('_', ' '):24} {value}" for name, value in told.items())
