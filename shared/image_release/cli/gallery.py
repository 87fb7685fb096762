"""`image-release gallery`: the pages for people, written again from what is published."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import common_options, emit, existing, opened
from image_release.gallery import write_index, write_pages


@click.command()
@common_options
def gallery(address: str, settings_file: Path | None, as_json: bool) -> None:
    """Write the pages again: every hotel's and the index.

    Example: image-release gallery --workspace my-workspace
    """
    with opened(address, settings_file) as workspace:
        existing(workspace)
        pages = write_pages(workspace.published)
        write_index(workspace.published)
        if as_json:
            emit({"pages": pages, "gallery": str(workspace.gallery)})
        else:
            click.echo(f"{pages} pages written; open {workspace.gallery}")
