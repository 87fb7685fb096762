"""`image-release reprocess`: process the hotels of a region or a partner again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from image_release.cli.common import end
from image_release.cli.estimate import estimate_text
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.cli.requested import process_request
from image_release.cli.selection import FORCES, new_request, release_index, selected, selectors
from image_release.cli.totals import has_failures, tell_totals, totals_document
from image_release.ingest import SAMPLE, estimate_hotels
from image_release.problems import printable
from image_release.values import Nudge

MOST_IDS = 1_000
"""Maximum number of hotel ids that `--dry-run --json` lists."""
MOST_IDS_SHOWN = 20
"""Maximum number of hotel ids that `--dry-run` shows to a person."""


@click.command()
@selectors
@click.option("--force", type=click.Choice(FORCES), default="none", help="Repeat this step even where nothing changed.")
@click.option("--dry-run", is_flag=True, help="List the selected hotels, estimate the cost, and do nothing.")
@work_options
@common_options
def reprocess(invocation: Invocation, selection: dict[str, Any], force: str, dry_run: bool) -> None:
    """Process the hotels of a region or a partner again, now.

    Selectors of different kinds must all match: --country ES --partner atlas. Of several selectors of one kind, one
    must match: --city Bilbao --city Madrid.

    Example: image-release reprocess --country ES --city Bilbao --force rerender
    """
    with invocation.open() as workspace, release_index(workspace) as index:
        request = new_request({**selection, "force": force, "dry_run": dry_run})
        hotel_ids = sorted(selected(index, request))
        if dry_run:
            shown = ", ".join(printable(name) for name in hotel_ids[:MOST_IDS_SHOWN])
            found = asdict(
                estimate_hotels(hotel_ids, index, workspace.state, workspace.settings, workspace.tagger, sample=SAMPLE)
            )
            document = {"hotels": len(hotel_ids), "hotel_ids": hotel_ids[:MOST_IDS], "estimate": found}
            text = f"{len(hotel_ids)} hotels: {shown}\nat most, as if they were new:\n{estimate_text(found)}"
            invocation.show(document, text)
            return
        nudges = [Nudge(name, "request", request.request_id) for name in hotel_ids]
        with invocation.progress(len(hotel_ids)) as advance:
            totals = process_request(workspace, request, nudges, invocation.workers, advance, "request")

        def tell() -> None:
            click.echo(f"request  {request.request_id}")
            tell_totals(totals)

        invocation.show({"request_id": request.request_id, **totals_document(totals)}, tell)
    end(failed=has_failures(totals))
