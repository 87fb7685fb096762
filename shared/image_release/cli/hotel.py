"""`image-release hotel`: process some hotels now, and list the outcome of every image."""

from __future__ import annotations

import click

from image_release.cli.common import end
from image_release.cli.invocation import Invocation, common_options, work_options
from image_release.cli.requested import process_request
from image_release.cli.selection import FORCES, new_request
from image_release.cli.totals import has_failures, tell_totals, totals_document
from image_release.ingest import find_row, read_current
from image_release.one_machine.workers import HotelResult
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.publish import PublishedPicture
from image_release.store_keys import manifest_key
from image_release.values import Nudge


@click.command()
@click.argument("hotel_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--force", type=click.Choice(FORCES), default="none", help="Repeat this step even where nothing changed.")
@work_options
@common_options
def hotel(invocation: Invocation, hotel_ids: tuple[str, ...], force: str) -> None:
    """Process these hotels now and list the outcome of every image, and why each picture has its place.

    Example: image-release hotel 123456 --force redownload
    """
    wanted = list(dict.fromkeys(hotel_ids))
    results: list[HotelResult] = []
    with invocation.open() as workspace:
        _refuse_unknown(workspace, wanted)
        request = new_request({"hotel_ids": wanted, "force": force})
        nudges = [Nudge(hotel_id, "asked for", request.request_id) for hotel_id in wanted]
        totals = process_request(
            workspace, request, nudges, invocation.workers, results.append, "hotel", with_images=True
        )
        results.sort(key=lambda result: result.nudge.hotel_id)

        def tell() -> None:
            for result in results:
                _tell(result)
            tell_totals(totals)

        invocation.show({**totals_document(totals), "reports": [_document(result) for result in results]}, tell)
    end(failed=has_failures(totals))


def _refuse_unknown(workspace: Workspace, hotel_ids: list[str]) -> None:
    """Refuse hotels that are neither in the release in force nor published, before anything is done."""
    current = read_current(workspace.state)
    unknown = [
        printable(hotel_id)
        for hotel_id in hotel_ids
        if not (current and find_row(workspace.state, current, hotel_id))
        and workspace.published.head(manifest_key(hotel_id)) is None
    ]
    if unknown:
        raise click.UsageError(
            f"unknown hotel: {', '.join(unknown)}: neither in the release in force nor published; nothing was done"
        )


def _document(result: HotelResult) -> dict[str, object]:
    return {
        "hotel_id": result.nudge.hotel_id,
        "status": result.status,
        "images": [
            {
                "url": image.image.url,
                "partner_id": image.image.accommodation.partner_id,
                "accommodation_id": image.image.accommodation.accommodation_id,
                "outcome": image.outcome,
                "position": image.position,
                "reason": image.reason,
                **_why_there(image.picture),
            }
            for image in result.images
        ],
    }


def _why_there(picture: PublishedPicture | None) -> dict[str, object]:
    """Why a picture has its place; nothing for an image that is no picture's best."""
    if picture is None:
        return {}
    return {"kind": picture.category, "score": picture.score.model_dump(mode="json"), "held_back": picture.held_back}


def _tell_why(picture: PublishedPicture) -> None:
    parts = (
        f"{name} {part.value:.2f} × {part.weight:.2g}" + (f" by {printable(part.model, 60)}" if part.model else "")
        for name, part in sorted(picture.score.parts.items(), key=lambda item: (-item[1].weight, item[0]))
    )
    kind = printable(picture.category or "kind not known")
    held_back = f"; {printable(picture.held_back)}" if picture.held_back else ""
    click.echo(f"       {kind}, score {picture.score.total:.3f}: {' + '.join(parts)}{held_back}")


def _tell(result: HotelResult) -> None:
    click.echo(f"{printable(result.nudge.hotel_id)}: {result.status}")
    for image in result.images:
        place = f"#{image.position}" if image.position else ""
        partner = printable(image.image.accommodation.partner_id, 20)
        line = f"  {place:>4} {printable(image.outcome):18} {partner:12} {printable(image.image.url)}"
        click.echo(line + (f"  ({printable(image.reason, 160)})" if image.reason else ""))
        if image.picture:
            _tell_why(image.picture)
