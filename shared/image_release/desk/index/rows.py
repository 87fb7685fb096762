"""Writes what is known of hotels into the index: their facts, their places, and the flags that come from elsewhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice

from image_release.desk.index.facts import HotelFacts
from image_release.desk.index.file import meta, next_generation, set_meta
from image_release.desk.index.filters import Filter, bit, flags_of
from image_release.desk.index.seek import line_of
from image_release.folding import folded
from image_release.values import HotelRow

_HOTEL_COLUMNS = (
    *("hotel_id", "generation", "flags", "name", "name_folded", "city", "country", "seek", "seq", "published_at"),
    *("pictures", "good", "first_sha256", "first_category", "first_thumbnail", "unlabelled", "least_join"),
    *("least_margin", "unavailable", "pending", "withdrawn", "decisions", "partners"),
)
_UPSERT = (
    f"INSERT INTO hotels ({', '.join(_HOTEL_COLUMNS)}) VALUES ({', '.join('?' * len(_HOTEL_COLUMNS))}) "  # noqa: S608 - ours
    f"ON CONFLICT (hotel_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _HOTEL_COLUMNS)} "
    "RETURNING number"
)
_INSERT_PARTNER = "INSERT INTO partners VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def write_hotels(db: sqlite3.Connection, hotels: Iterable[HotelFacts]) -> None:
    """Write hotels in place of what was known of them."""
    generation = next_generation(db)
    held = frozenset(meta(db, "held_partners") or ())
    since = meta(db, "changed_since")
    for facts in hotels:
        partners = [partner.partner_id for partner in facts.partners]
        place = db.execute("SELECT city, country FROM places WHERE hotel_id = ?", (facts.hotel_id,)).fetchone()
        city, country = place or ("", "")
        published = facts.published_at.timestamp() if facts.published_at else None
        is_changed = since is not None and published is not None and published >= since
        first = facts.first
        values = (
            *(facts.hotel_id, generation),
            flags_of(facts, is_held=not held.isdisjoint(partners), is_changed=is_changed),
            *(facts.name, folded(facts.name), city, country),
            line_of(facts.hotel_id, facts.name, city, country, partners),
            *(facts.seq, published, facts.pictures, facts.good),
            *((first.sha256, first.category, first.thumbnail) if first else (None, None, None)),
            *(facts.unlabelled, facts.least_join, facts.least_margin, facts.unavailable, json.dumps(facts.pending)),
            *(facts.withdrawn or facts.withdrawn_by_person, json.dumps(facts.decisions), json.dumps(partners)),
        )
        (number,) = db.execute(_UPSERT, values).fetchone()
        db.execute("DELETE FROM partners WHERE hotel = ?", (number,))
        db.executemany(_INSERT_PARTNER, _partner_rows(facts, number))


def _partner_rows(facts: HotelFacts, number: int) -> Iterable[tuple[object, ...]]:
    for partner in facts.partners:
        outcomes = json.dumps(partner.outcomes, separators=(",", ":"))
        counts = (partner.pictures, partner.only, partner.best, partner.shared_best, partner.unavailable)
        yield (partner.partner_id, number, partner.images, outcomes, *counts)


def forget_hotels(db: sqlite3.Connection, hotel_ids: Collection[str], identity: str) -> None:
    """Drop hotels that have no manifest any more. `identity` is a new one: readers load everything again."""
    for hotel_id in hotel_ids:
        found = db.execute("DELETE FROM hotels WHERE hotel_id = ? RETURNING number", (hotel_id,)).fetchone()
        if found:
            db.execute("DELETE FROM partners WHERE hotel = ?", found)
            set_meta(db, identity=identity)


def write_places(db: sqlite3.Connection, rows: Iterable[HotelRow], count: int) -> int:
    """Write where at most `count` hotels are; returns how many there were."""
    places = [(row.hotel_id, row.city, row.country) for row in islice(rows, count)]
    db.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", places)
    return len(places)


def move_hotels(db: sqlite3.Connection) -> int:
    """Give hotels the places that the release says; returns how many were elsewhere."""
    moved = db.execute(
        "SELECT hotels.hotel_id, name, places.city, places.country, partners FROM hotels "
        "JOIN places ON places.hotel_id = hotels.hotel_id "
        "WHERE hotels.city != places.city OR hotels.country != places.country"
    ).fetchall()
    generation = next_generation(db)
    db.executemany(
        "UPDATE hotels SET city = ?, country = ?, seek = ?, generation = ? WHERE hotel_id = ?",
        (
            (city, country, line_of(hotel_id, name, city, country, json.loads(partners)), generation, hotel_id)
            for hotel_id, name, city, country, partners in moved
        ),
    )
    return len(moved)


def hold_partners(db: sqlite3.Connection, partners: Collection[str]) -> None:
    """Mark the hotels of partners of which something is held, and no others."""
    if sorted(partners) == (meta(db, "held_partners") or []):
        return
    set_meta(db, held_partners=sorted(partners))
    marks = ", ".join("?" * len(partners))
    _mark(db, Filter.HELD, f"number IN (SELECT hotel FROM partners WHERE partner_id IN ({marks}))", list(partners))  # noqa: S608 - marks


def mark_changed(db: sqlite3.Connection, since: datetime | None) -> None:
    """Mark the hotels that were published since a moment, and no others."""
    moment = since.timestamp() if since else None
    if moment == meta(db, "changed_since"):
        return
    set_meta(db, changed_since=moment)
    _mark(db, Filter.CHANGED, "coalesce(published_at >= ?, 0)", [moment])


def _mark(db: sqlite3.Connection, name: Filter, condition: str, values: list[object]) -> None:
    """Set the bit of a filter where a condition is true, and clear it elsewhere."""
    mark, generation = bit(name), next_generation(db)
    changed = f"UPDATE hotels SET generation = {generation}, flags = "  # noqa: S608 - our words only
    db.execute(f"{changed} flags | {mark} WHERE NOT flags & {mark} AND {condition}", values)
    db.execute(f"{changed} flags & ~{mark} WHERE flags & {mark} AND NOT ({condition})", values)
