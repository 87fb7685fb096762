"""`image-release gallery`: write the pages for people again, from what is published."""

from __future__ import annotations

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.gallery import write_index, write_pages


@click.command()
@common_options
def gallery(invocation: Invocation) -> None:
    """Write all pages of the gallery again: every hotel's page and the index.

    Example: image-release gallery --workspace my-workspace
    """
    with invocation.open() as workspace:
        pages = write_pages(workspace.stores)
        write_index(workspace.stores)
        document = {"pages": pages, "gallery": workspace.gallery}
        invocation.show(document, f"{pages} pages written; open {workspace.gallery}")
