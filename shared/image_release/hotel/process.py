"""One hotel, on one screen: from what partners send to what a traveller sees.

Everything between `load` and `publish` is a function of values. The order of the steps is the order of the safety
argument: the manifest's ETag is read before all inputs, knowledge is kept before renditions are made, renditions are
put before the manifest that names them, and the manifest is swapped in last (design, section 5).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from image_release.gallery import hotel_page
from image_release.hotel.acquire import acquire, read_cache
from image_release.hotel.assemble import name_of, pending_of, pictures_of, rejected_of, report_of
from image_release.hotel.choose import choose
from image_release.hotel.label import label
from image_release.hotel.load import DEPARTED, algorithm_versions, inputs_digest, is_unchanged, load, sweep_is_due
from image_release.hotel.order import in_order
from image_release.hotel.ports import HotelReport, Ports
from image_release.hotel.render import UnreadableBestError, render, standing_renditions
from image_release.hotel.repair import LostOriginalError, forget_copy, read_original, remember_unreadable
from image_release.hotel.update_cache import keep
from image_release.ingest import mark_done, unserved_force
from image_release.keys import page_key
from image_release.publish import (
    Before,
    LostSwapError,
    Manifest,
    RenditionTakenError,
    publish,
    read_before,
    sweep_renditions,
)
from image_release.values import Nudge
from image_release.work import Work


class HotelContendedError(Exception):
    """Other writers of a hotel kept winning, or its originals kept vanishing: the nudge has to come again."""


def process_hotel(nudge: Nudge, ports: Ports, *, deadline_s: float | None = None) -> HotelReport:
    """Bring what is published of a hotel up to date with the present state of the world.

    `deadline_s` is a moment of `ports.monotonic`. Raises HotelContendedError, HotelOutOfTimeError and
    storage faults; what was published stays whole in every case.
    """
    ports = replace(ports, deadline_s=deadline_s, work=Work())
    least_seq, lost = 1, False
    for _ in range(ports.settings.publishing.max_swaps):
        before = read_before(ports.published, nudge.hotel_id)
        try:
            report = _look(nudge, before, max(before.next_seq, least_seq), ports)
        except LostSwapError:
            lost = True
        except RenditionTakenError:
            least_seq = max(before.next_seq, least_seq) + 1
        except UnreadableBestError as error:
            remember_unreadable(load(nudge.hotel_id, ports), error, ports)
        except LostOriginalError as error:
            forget_copy(load(nudge.hotel_id, ports), error.sha256, ports)
        else:
            if report.status == "processed" and report.manifest and _is_stale(report.manifest, ports):
                continue  # what was published is whole, but of inputs that are gone: look again
            if lost and report.status == "unchanged" and report.manifest:
                write_page(ports, report.manifest)  # ours was written before we lost, over the winner's
            if nudge.request_id is not None:
                mark_done(ports.state, nudge.request_id, nudge.hotel_id)
            return report
    raise HotelContendedError(nudge.hotel_id)


def _look(nudge: Nudge, before: Before, seq: int, ports: Ports) -> HotelReport:
    hotel = load(nudge.hotel_id, ports)
    if before.manifest is None and hotel.row is None and nudge.reason != DEPARTED:
        return HotelReport(nudge.hotel_id, "absent", None, (), ports.work)
    now, force = ports.now(), unserved_force(ports.state, nudge)
    digest = inputs_digest(hotel, ports.settings, ports.tagger.identity)
    if before.manifest and sweep_is_due(nudge, before.manifest, now):
        grace = timedelta(days=ports.settings.publishing.grace_days)
        sweep_renditions(ports.published, before.manifest, now, grace)
    if before.manifest and force == "none" and is_unchanged(before.manifest, digest, now):
        return HotelReport(nudge.hotel_id, "unchanged", before.manifest, report_of(before.manifest), ports.work)

    known = read_cache(hotel, ports)
    acquired = acquire(hotel, known, ports, redownload=force == "redownload")
    original = partial(read_original, acquired, ports)
    chosen = choose(hotel, acquired, ports.settings)
    labels = label(chosen, known, acquired, original, ports, retag=force == "retag")
    order = in_order(chosen, hotel, acquired, labels, ports.settings)
    forget_at = keep(hotel, known, acquired, labels.learned, ports)
    standing = {} if force == "rerender" else standing_renditions(before.manifest, ports)
    facts = [acquired.facts[item.chosen.best.sha256] for item in order.shown]
    renditions = render(hotel, facts, standing, seq, original, ports)
    pictures = pictures_of(order.shown, acquired, renditions)
    manifest = Manifest(
        seq=seq,
        hotel_id=hotel.hotel_id,
        name=name_of(hotel, before.manifest),
        release_id=hotel.release_id,
        inputs=digest,
        versions=algorithm_versions(ports.settings),
        published_at=now,
        withdrawn=hotel.row is None,
        pictures=pictures,
        rejected=rejected_of(acquired, order, ports.settings.publishing.max_pictures),
        pending=pending_of(hotel, acquired, labels, before.manifest, pictures, forget_at, ports.settings, now),
    )
    write_page(ports, manifest)
    ports.remind(before.manifest, manifest)
    publish(ports.published, manifest, before)
    return HotelReport(hotel.hotel_id, "processed", manifest, report_of(manifest), ports.work)


def _is_stale(manifest: Manifest, ports: Ports) -> bool:
    """Whether the inputs changed while we worked.

    The swap alone does not tell: who read newer inputs, and found that what is published fits them, wrote nothing that
    would have made us lose.
    """
    hotel = load(manifest.hotel_id, ports)
    return inputs_digest(hotel, ports.settings, ports.tagger.identity) != manifest.inputs


def write_page(ports: Ports, manifest: Manifest) -> None:
    """Write the gallery page: before the manifest, so that a kill in between leaves work to do and not a stale page."""
    ports.published.put(page_key(manifest.hotel_id), hotel_page(manifest))
