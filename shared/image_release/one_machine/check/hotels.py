"""Checking one hotel's published objects, and one accommodation's cache."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from image_release.cache import unreadable_caches
from image_release.hotel import Damage
from image_release.one_machine.check.findings import Finding
from image_release.one_machine.workspace import Workspace
from image_release.publish import Manifest, ManifestUnreadableError, read_before, sweepable
from image_release.storage import Listed
from image_release.store_keys import hotel_folder, manifest_key, original_key, page_key
from image_release.values import Accommodation, sha256_hex

END_OF_PAGE = b"</html>"


@dataclass(frozen=True, slots=True)
class PublishedHotel:
    """What was found of a hotel: its manifest (None: there is none, or it cannot be read) and what is wrong."""

    manifest: Manifest | None
    findings: tuple[Finding, ...]
    damage: Damage
    orphans: int


def check_hotel(
    workspace: Workspace, hotel_id: str, listed: Sequence[Listed], now: datetime, grace: timedelta
) -> PublishedHotel:
    """Compare a hotel's manifest with its objects, `listed`. If it was swapped meanwhile, look again."""
    found = _checked(workspace, hotel_id, {item.key: item for item in listed}, now, grace)
    if not found.damage:
        return found
    fresh = {item.key: item for item in workspace.published.list(hotel_folder(hotel_id))}
    return _checked(workspace, hotel_id, fresh, now, grace)


def _checked(
    workspace: Workspace, hotel_id: str, objects: Mapping[str, Listed], now: datetime, grace: timedelta
) -> PublishedHotel:
    try:
        manifest = read_before(workspace.published, hotel_id).manifest
    except ManifestUnreadableError as error:
        what = "cannot be read: a newer version wrote it" if error.is_newer else "cannot be read"
        unreadable = Finding("published", manifest_key(hotel_id), what, hotel_id)
        return PublishedHotel(None, (unreadable,), Damage(manifest=not error.is_newer), 0)
    if manifest is None:
        return PublishedHotel(None, (), Damage(), 0)
    findings, damaged = [], set()
    for picture in manifest.pictures:
        for rendition in picture.renditions:
            there = objects.get(rendition.key)
            if there is None or there.size != rendition.bytes:
                what = "is lost" if there is None else f"has {there.size} bytes, the manifest says {rendition.bytes}"
                findings.append(Finding("published", rendition.key, what, hotel_id))
                damaged.add(rendition.key)
    page = workspace.published.get(page_key(hotel_id))
    has_page = page is not None and page.data.rstrip().endswith(END_OF_PAGE)
    if not has_page:
        findings.append(Finding("published", page_key(hotel_id), "is lost or cut short", hotel_id))
    orphans = len(list(sweepable(manifest, objects.values(), now, grace)))
    damage = Damage(renditions=frozenset(damaged), other=not has_page)
    return PublishedHotel(manifest, tuple(findings), damage, orphans)


def check_cache(workspace: Workspace, accommodation: Accommodation, taggers: Collection[str]) -> tuple[Finding, ...]:
    """The files of an accommodation's cache that cannot be read; `taggers` are those with a document of it."""
    keys = unreadable_caches(workspace.state, accommodation, taggers)
    return tuple(Finding("state", key, "cannot be read") for key in keys)


def is_original_whole(workspace: Workspace, accommodation: Accommodation, sha256: str) -> bool:
    """Whether an original has the bytes that its name says. One that was deleted meanwhile counts as whole."""
    stored = workspace.state.get(original_key(accommodation, sha256))
    return stored is None or sha256_hex(stored.data) == sha256
