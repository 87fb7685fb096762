"""One hotel, on one screen: from what partners send to what a traveller sees.

Everything between `load` and `publish` is a function of values. The order of the steps is what makes them safe: the
manifest's ETag is read before all inputs, the cache is written before renditions are made, renditions are put before
the manifest that names them, and the manifest is swapped in last (invariants 2 and 3).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from image_release.gallery import write_page, write_page_again
from image_release.hotel.acquire import acquire
from image_release.hotel.assemble import name_of, pending_of, pictures_of, rejected_of, report_of
from image_release.hotel.cached import read_cache
from image_release.hotel.choose import choose
from image_release.hotel.everywhere import Looked, follow_everywhere, images_in, look_again
from image_release.hotel.forced import forced_by, no_longer_waiting
from image_release.hotel.label import label, pixels_of
from image_release.hotel.load import (
    DEPARTED,
    inputs_digest,
    is_unchanged,
    load,
    sweep_is_due,
    tagger_has_recovered,
)
from image_release.hotel.newer import leave_if_outdated, leave_to_asked, leave_to_maker
from image_release.hotel.order import in_order
from image_release.hotel.ports import HotelReport, Ports
from image_release.hotel.published import PublishedBefore
from image_release.hotel.render import UnreadableBestsError, render
from image_release.hotel.repair import Damage, LostOriginalsError, cache_unreadable, read_original
from image_release.hotel.update_cache import update_cache
from image_release.ingest import EVERYWHERE, asked_of, mark_done, mark_waiting
from image_release.publish import (
    Before,
    LostSwapError,
    Manifest,
    PublishedSettings,
    SeqTakenError,
    change_of,
    last_recorded,
    publish,
    put_change,
    read_before,
    sweep_renditions,
)
from image_release.values import Nudge
from image_release.work_counter import Work

UNDAMAGED = Damage()


class HotelContendedError(Exception):
    """Other writers of a hotel kept winning, or its originals kept disappearing: the nudge has to come again."""


def process_hotel(
    nudge: Nudge, ports: Ports, *, deadline_s: float | None = None, damage: Damage = UNDAMAGED
) -> HotelReport:
    """Bring what is published of a hotel up to date with the present state of the world, and mend its `damage`.

    `deadline_s` is a moment of the context's `monotonic`. Raises NewerEditionError, HotelContendedError,
    HotelOutOfTimeError, StateUnreadableError, ManifestUnreadableError and storage faults; what was published stays
    whole in every case.
    """
    ports = replace(ports, context=replace(ports.context, deadline_s=deadline_s, work=Work()))
    state, published = ports.stores.state, ports.stores.published
    least_seq, lost_swap = 1, False
    seqs: tuple[int, ...] = ()
    for _ in range(ports.settings.publishing.max_swaps):
        before = read_before(published, nudge.hotel_id, replace_unreadable=damage.manifest)
        leave_to_maker(before, ports)
        try:
            report = _attempt(nudge, before, max(before.next_seq, least_seq), damage, ports)
        except LostSwapError:
            lost_swap = True
        except SeqTakenError:
            least_seq = max(before.next_seq, least_seq, last_recorded(state, nudge.hotel_id)) + 1
        except LostOriginalsError as error:
            damage = replace(damage, originals=damage.originals | error.contents)
        except UnreadableBestsError as error:
            hotel = load(nudge.hotel_id, ports.stores)
            cache_unreadable(hotel, error.rejections, state, ports.settings, ports.context.now())
        else:
            seqs += report.seqs
            if report.status == "processed" and report.manifest and _is_stale(report.manifest, ports):
                continue  # what was published is whole, but its inputs have changed meanwhile
            leave_if_outdated(seqs, ports)
            if lost_swap and report.status == "unchanged" and report.manifest:
                write_page_again(ports.stores, report.manifest)  # ours lies over the winner's
            if nudge.request_id is not None:
                waits = report.manifest is not None and nudge.request_id in report.manifest.waiting_requests()
                (mark_waiting if waits else mark_done)(state, nudge.request_id, nudge.hotel_id)
            return replace(report, seqs=seqs)
    raise HotelContendedError(nudge.hotel_id)


def _attempt(nudge: Nudge, before: Before, seq: int, damage: Damage, ports: Ports) -> HotelReport:
    stores, settings, context = ports.stores, ports.settings, ports.context
    hotel, asked = stores.together([partial(load, nudge.hotel_id, stores), partial(asked_of, stores.state, nudge)])
    leave_to_asked(asked, ports)
    if before.manifest is None and hotel.row is None and nudge.reason != DEPARTED:
        return HotelReport(nudge.hotel_id, "absent", None, (), context.work)
    if nudge.reason == EVERYWHERE:
        hotel = look_again(hotel, ports.everywhere, stores)
    now, forced = context.now(), forced_by(nudge, asked, before.manifest)
    force = forced.force
    grace = timedelta(days=settings.publishing.grace_days)
    digest = inputs_digest(hotel, settings, ports.tagger.identity)
    if before.manifest and sweep_is_due(nudge, before.manifest, now):
        sweep_renditions(stores.published, before.manifest, now, grace)
    must = force != "none" or damage or (before.manifest and tagger_has_recovered(before.manifest, ports.tagger))
    if before.manifest and not must and is_unchanged(before.manifest, digest, now):
        return HotelReport(nudge.hotel_id, "unchanged", before.manifest, report_of(before.manifest), context.work)

    cached = read_cache(hotel, stores, ports.tagger)
    was = PublishedBefore(before.manifest, digest, damage.renditions)
    acquired = acquire(hotel, cached, was, ports, again=forced.urls(hotel), lost=damage.originals)
    new = {record.sha256 for record in acquired.records.values() if record.sha256} - images_in(before.manifest)
    looked = Looked(acquired.fingerprints, frozenset(new))
    if new:
        hotel = follow_everywhere(hotel, looked, ports.everywhere, stores)
    chosen = choose(hotel, acquired, settings, before.manifest)
    original = partial(read_original, acquired, frozenset(item.best.sha256 for item in chosen), stores.state)
    pixels = pixels_of(original, acquired, ports)
    again = forced.contents(chosen)
    labels = label(chosen, cached, pixels, ports.tagger, context, again=again, lost=acquired.lost, best_of=was.best_of)
    acquired.views.clear()  # rendering needs the memory
    order = in_order(chosen, hotel, acquired, labels, settings)
    forget_at = update_cache(hotel, cached, acquired, labels.learned, stores.state, now=context.now(), grace=grace)
    facts = [acquired.facts[item.chosen.best.sha256] for item in order.shown]
    rendered = render(hotel, facts, was, acquired.lost, seq, original, ports, again=force == "rerender")
    pictures = pictures_of(order.shown, acquired, rendered)
    left = forced.left(hotel, acquired, labels, chosen)
    manifest = Manifest(
        seq=seq,
        hotel_id=hotel.hotel_id,
        name=name_of(hotel, before.manifest),
        release_id=hotel.release_id,
        inputs=inputs_digest(hotel, settings, ports.tagger.identity),
        versions=rendered.versions(was, settings),
        published_at=now,
        withdrawn=hotel.is_withdrawn,
        settings=PublishedSettings(digest=settings.digest(), stored_at=ports.edition.stored_at),
        program=ports.edition.program,
        epoch=ports.edition.epoch,
        pictures=pictures,
        rejected=rejected_of(acquired, order, settings.publishing.max_pictures),
        pending=pending_of(hotel, acquired, labels, before.manifest, pictures, forget_at, left, settings, now),
    )
    change = change_of(before.manifest, manifest, nudge)
    put_change(stores.state, change)
    manifest = manifest.model_copy(update={"change": change.digest})
    write_page(stores.published, manifest, hotel.row, acquired.fingerprints)
    ports.leave_markers(before.manifest, manifest)
    for request_id in no_longer_waiting(before.manifest, manifest):
        mark_done(stores.state, request_id, hotel.hotel_id)  # before the swap: nobody else would come for it
    publish(stores.published, manifest, before)
    if new and ports.everywhere.refresh(stores.inbox):
        follow_everywhere(hotel, looked, ports.everywhere, stores)  # decided while we worked: the inputs have changed
    return HotelReport(hotel.hotel_id, "processed", manifest, report_of(manifest), context.work, (seq,))


def _is_stale(manifest: Manifest, ports: Ports) -> bool:
    """Whether the inputs changed while we worked.

    The swap alone does not tell: another writer may have read the newer inputs, found that what was published fits
    them, and written nothing that would have made us lose.
    """
    hotel = load(manifest.hotel_id, ports.stores)
    return inputs_digest(hotel, ports.settings, ports.tagger.identity) != manifest.inputs
