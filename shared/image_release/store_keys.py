"""Every key of the three stores, inbox, state and published (architecture, Keys): where each thing lies.

A key is a relative path with `/` between its parts. An id becomes a part by `key_part`, which percent-encodes it. The
other modules take their keys from here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from urllib.parse import unquote

from image_release.values import Accommodation, key_part

# The inbox: what people and partners hand in.

CATALOGUES = "catalogues/"
"""In the inbox: catalogues that partners handed in. In the state: the catalogues in force."""
RELEASES = "releases/"
"""In the inbox: Data Releases. In the state: their indexes and rows."""
REQUESTS = "requests/"
OVERRIDES = "overrides/"
SETTINGS = "settings.yaml"
"""In the inbox: the settings of a workspace, as `run --settings` stored them."""
TAGGER = "tagger.txt"
"""In the inbox: the tagger of a workspace, as `run --tagger` stored it."""
ACCEPTS = "accepts/"
"""Below it lies an object for each file that a person lets through a brake; it names the digest of what is held."""
GONE = "gone-"
"""First characters of an accept: images that disappeared on that day may be dropped."""
CATALOGUE_SUFFIXES = (".jsonl", ".jsonl.gz")
RELEASE_SUFFIXES = (".csv", ".csv.gz")


def without_suffix(name: str, suffixes: Sequence[str]) -> str | None:
    """The name without its suffix (the longest that fits); None if it has none of these, or is only a suffix."""
    suffix = next((suffix for suffix in sorted(suffixes, key=len, reverse=True) if name.endswith(suffix)), None)
    return name.removesuffix(suffix) or None if suffix else None


def partner_folder(partner_id: str) -> str:
    """Folder of a partner below `catalogues/`, in the inbox as in the state."""
    return f"{CATALOGUES}{key_part(partner_id)}/"


def catalogue_key(partner_id: str, version: str, suffix: str) -> str:
    """Inbox key of a catalogue."""
    return f"{partner_folder(partner_id)}{version}{suffix}"


def release_key(release_id: str, suffix: str) -> str:
    """Inbox key of a Data Release."""
    return f"{RELEASES}{release_id}{suffix}"


def overrides_key(hotel_id: str) -> str:
    """Inbox key of people's decisions about a hotel."""
    return f"{OVERRIDES}{key_part(hotel_id)}.jsonl"


def overridden_hotel(key: str) -> str | None:
    """The hotel whose decisions lie under an inbox key; None where the key is not one that `overrides_key` gives."""
    hotel_id = unquote(key.removeprefix(OVERRIDES).removesuffix(".jsonl"))
    return hotel_id if key == overrides_key(hotel_id) else None


def accept_catalogue_key(partner_id: str, version: str) -> str:
    """Inbox key that lets a held catalogue through."""
    return f"{ACCEPTS}{partner_folder(partner_id)}{version}"


def accept_gone_key(partner_id: str, day: date) -> str:
    """Inbox key that accepts that images which disappeared from a partner's servers on a day are dropped."""
    return accept_catalogue_key(partner_id, f"{GONE}{day.isoformat()}")


def accepts_gone_prefix(partner_id: str) -> str:
    """First characters of the inbox keys of all accepts of images that disappeared from a partner's servers."""
    return accept_catalogue_key(partner_id, GONE)


def accept_release_key(release_id: str) -> str:
    """Inbox key that lets a held release through."""
    return f"{ACCEPTS}{RELEASES}{release_id}"


# The state: what is known.

CURRENT_RELEASE = f"{RELEASES}current.json"
"""Names the release in force."""
ACCOMMODATIONS = "accommodations/"
DUE = "due/"
GONE_IMAGES = "gone/"
"""Images that disappeared from partners' servers."""
RUNS = "runs/"
PROBLEMS = "problems/"
CHANGES = "changes/"
"""Records of what manifests changed."""
CHANGED = "changed/"
"""Lists of changed hotels, by what changed them."""
STALE_GALLERY = "gallery/stale"
"""Exists while the gallery's index may be out of date: after a kill the next run writes the index."""
TIME = "%Y-%m-%dT%H%M%S.%fZ"
"""How a moment in UTC stands in a key."""
LIST_SUFFIX = ".jsonl.gz"
HELD = "held.json"
LISTING = "images.json"


def accommodations_folder(partner_id: str) -> str:
    """Folder of everything that is kept of a partner's accommodations."""
    return f"accommodations/{key_part(partner_id)}/"


def accommodation_folder(accommodation: Accommodation) -> str:
    """Folder of everything that is kept of an accommodation."""
    return f"{accommodations_folder(accommodation.partner_id)}{key_part(accommodation.accommodation_id)}/"


def listing_key(accommodation: Accommodation) -> str:
    """What the last applied catalogue says of an accommodation."""
    return accommodation_folder(accommodation) + LISTING


def kept_of(key: str) -> tuple[Accommodation, str] | None:
    """Whose accommodation's key this is, and what of it is kept there, `images.json` for example."""
    match = re.fullmatch(rf"{ACCOMMODATIONS}([^/]+)/([^/]+)/(.+)", key)
    return (Accommodation(unquote(match[1]), unquote(match[2])), match[3]) if match else None


def listed_accommodation(key: str) -> Accommodation | None:
    """The accommodation whose listing lies under a key; None where the key is no listing's."""
    kept = kept_of(key)
    return kept[0] if kept and kept[1] == "images.json" else None


def cached_images_key(accommodation: Accommodation) -> str:
    """What is known of an accommodation's images, by URL and by content."""
    return accommodation_folder(accommodation) + "state.json"


def fingerprints_key(accommodation: Accommodation, version: str) -> str:
    """Packed fingerprints of an accommodation's images, of one version of their format."""
    return f"{accommodation_folder(accommodation)}prints-{version}.bin"


def labels_key(accommodation: Accommodation, tagger_identity: str) -> str:
    """What one tagger said of an accommodation's images."""
    return f"{labels_prefix(accommodation)}{tagger_identity}.json"


def credits_key(accommodation: Accommodation) -> str:
    """Who made an accommodation's images, and whose they are."""
    return accommodation_folder(accommodation) + "credits.json"


def labels_prefix(accommodation: Accommodation) -> str:
    """First characters of the keys of what taggers said of an accommodation's images."""
    return f"{accommodation_folder(accommodation)}labels-"


def labelling_tagger(accommodation: Accommodation, key: str) -> str | None:
    """Identity of the tagger whose key this is (`labels_key`); None where the key is no such one."""
    prefix = labels_prefix(accommodation)
    name = key.removeprefix(prefix) if key.startswith(prefix) else ""
    return name.removesuffix(".json") or None if name.endswith(".json") and "/" not in name else None


def original_key(accommodation: Accommodation, sha256: str) -> str:
    """The bytes of an image as downloaded."""
    return f"{accommodation_folder(accommodation)}originals/{sha256}"


def catalogue_state_key(partner_id: str) -> str:
    """The partner's catalogue in force."""
    return partner_folder(partner_id) + "state.json"


def catalogue_digests_key(partner_id: str, version: str) -> str:
    """Digest and image count of every accommodation of one catalogue."""
    return f"{partner_folder(partner_id)}listings-{key_part(version)}.jsonl.gz"


def catalogue_claim_key(partner_id: str) -> str:
    """The newest version of a partner's catalogue that is being applied."""
    return partner_folder(partner_id) + "claim.json"


def touched_folder(partner_id: str) -> str:
    """Folder of the lists of accommodations that versions were going to write."""
    return partner_folder(partner_id) + "touched/"


def touched_key(partner_id: str, version: str) -> str:
    """Accommodations that one version was going to write."""
    return f"{touched_folder(partner_id)}{key_part(version)}.json"


def touched_version(key: str) -> str:
    """The version of a key that `touched_key` gave."""
    return unquote(key.rpartition("/")[2].removesuffix(".json"))


def held_catalogue_key(partner_id: str) -> str:
    """The partner's catalogue that waits for a person."""
    return partner_folder(partner_id) + HELD


def gone_slot_folder(partner_id: str, slot: int) -> str:
    """Folder of the names that say how many images of an accommodation go since a day, one slot of the partner's."""
    return f"{GONE_IMAGES}{key_part(partner_id)}/{slot}/"


def held_gone_folder(partner_id: str) -> str:
    """Below it lies a record for each day on which disappearing images of the partner were held."""
    return f"{GONE_IMAGES}{key_part(partner_id)}/held/"


def held_gone_key(partner_id: str, day: date) -> str:
    """The record that disappearing images of a partner were held on a day."""
    return f"{held_gone_folder(partner_id)}{day.isoformat()}"


def release_folder(release_id: str) -> str:
    """Folder of a release's index and rows, without a `/` at its end (another content of one id adds `+<digest>`)."""
    return f"{RELEASES}{key_part(release_id)}"


def release_digest_key(folder: str) -> str:
    """The digest of the content that owns a release's folder."""
    return f"{folder}/digest"


def release_index_key(folder: str) -> str:
    """The SQLite index of a release."""
    return f"{folder}/index.sqlite"


def rows_key(folder: str, shard: int) -> str:
    """The rows of one shard of a release."""
    return f"{folder}/rows/{shard}.jsonl.gz"


def fanned_out_folder(folder: str) -> str:
    """Below it lies a mark for each shard of a release whose hotels were nudged."""
    return f"{folder}/fanned/"


def fanned_out_key(folder: str, shard: int) -> str:
    """The mark of one shard whose hotels were nudged."""
    return f"{fanned_out_folder(folder)}{shard}"


def held_release_key(release_id: str) -> str:
    """A release that waits for a person."""
    return f"{release_folder(release_id)}/{HELD}"


def request_key(request_id: str, name: str) -> str:
    """An object of a request: `request.json`, `selected.json.gz`, `dry_run.json`, or a folder of markers."""
    return f"{REQUESTS}{key_part(request_id)}/{name}"


def request_marker_key(request_id: str, kind: str, hotel_id: str) -> str:
    """The marker that a hotel of a request is `done` or `failed`."""
    return request_key(request_id, f"{kind}/{key_part(hotel_id)}")


def due_key(day: date, kind: str, hotel_id: str) -> str:
    """The marker that brings a hotel back on a day."""
    return f"{DUE}{day.isoformat()}/{kind}/{key_part(hotel_id)}"


def run_key(started: datetime) -> str:
    """The history of one run on one machine."""
    return f"{RUNS}{started.strftime(TIME)}.json"


def changes_folder(hotel_id: str) -> str:
    """Folder of the records of what a hotel's manifests changed."""
    return f"{CHANGES}{key_part(hotel_id)}/"


def change_key(hotel_id: str, seq: int) -> str:
    """The record of what the manifest of this `seq` changed."""
    return f"{changes_folder(hotel_id)}{seq}.json"


def recorded_change(key: str) -> tuple[str, int] | None:
    """Whose record lies under a key: hotel and `seq`; None where the key is no record's."""
    match = re.fullmatch(rf"{CHANGES}([^/]+)/([1-9][0-9]*)\.json", key)
    return (unquote(match[1]), int(match[2])) if match else None


def changed_key(started: datetime, kind: str, name: str) -> str:
    """The list of the hotels that a run, a request or a decision changed; it is written when that has ended."""
    return f"{CHANGED}{started.strftime(TIME)}/{kind}-{key_part(name)}{LIST_SUFFIX}"


def changed_folder(key: str) -> str:
    """Folder of what is known of a list of changed hotels while it is being made; `key` is the list's."""
    return f"{key.removesuffix(LIST_SUFFIX)}/"


def changed_part_key(key: str, part: str) -> str:
    """A part of a list of changed hotels that is being made; `key` is the list's."""
    return f"{changed_folder(key)}{part}{LIST_SUFFIX}"


def changed_note_key(key: str, hotel_id: str, seq: int) -> str:
    """The note that a manifest is about to be published; `key` is that of the list where it belongs."""
    return f"{changed_notes_folder(key)}{seq}/{key_part(hotel_id)}"


def changed_notes_folder(key: str) -> str:
    """Folder of the notes that belong to a list of changed hotels; `key` is the list's."""
    return f"{changed_folder(key)}noted/"


def changed_list(key: str) -> tuple[str, str, str, str] | None:
    """To which list of changed hotels a key belongs, and what it is of it; None where the key is none of these.

    Gives the list's time, kind and name, and the rest of the key: empty for the list itself.
    """
    match = re.fullmatch(rf"{CHANGED}([^/]+)/([a-z]+)-([^/]+?)(?:{re.escape(LIST_SUFFIX)}|/(.+))", key)
    return (match[1], match[2], unquote(match[3]), match[4] or "") if match else None


def changed_note(rest: str) -> tuple[str, int] | None:
    """The hotel and `seq` of a note, by the rest of its key; None where that is no note."""
    match = re.fullmatch(r"noted/([1-9][0-9]*)/([^/]+)", rest)
    return (unquote(match[2]), int(match[1])) if match else None


def run_problems_key(started: datetime) -> str:
    """What one run on one machine could not do, and what it warns of."""
    return f"{PROBLEMS}{started.strftime(TIME)}/problems.csv"


# The published: what a site shows.

HOTELS = "hotels/"
MANIFEST = "manifest.json"
GALLERY_INDEX = "index.html"
FEED = "feed/"
"""Dated snapshots: a line for each hotel."""
LATEST_SNAPSHOT = f"{FEED}latest.json"
"""Names the latest snapshot."""


def snapshot_key(made: datetime) -> str:
    """A snapshot of all hotels."""
    return f"{FEED}{made.strftime(TIME)}/hotels{LIST_SUFFIX}"


def snapshot_time(key: str) -> datetime | None:
    """When the snapshot under a key was made; None where the key is no snapshot's."""
    match = re.fullmatch(rf"{FEED}([^/]+)/hotels{re.escape(LIST_SUFFIX)}", key)
    try:
        return datetime.strptime(match[1], TIME).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def hotel_folder(hotel_id: str) -> str:
    """Folder of everything that is published of a hotel."""
    return f"{HOTELS}{key_part(hotel_id)}/"


def folder_of_hotel(key: str) -> str | None:
    """The hotel below whose folder a published key lies; None where it lies below none."""
    match = re.fullmatch(rf"{HOTELS}([^/]+)/.+", key)
    return unquote(match[1]) if match else None


def manifest_key(hotel_id: str) -> str:
    """The manifest of a hotel."""
    return hotel_folder(hotel_id) + MANIFEST


def page_key(hotel_id: str) -> str:
    """The gallery page of a hotel."""
    return hotel_folder(hotel_id) + "index.html"


def renditions_folder(hotel_id: str) -> str:
    """Folder of the renditions of a hotel, of every `seq`."""
    return hotel_folder(hotel_id) + "renditions/"


def rendition_key(hotel_id: str, seq: int, sha256: str, name: str, extension: str) -> str:
    """A rendition: immutable and cacheable for ever. `seq` is the number of the manifest that published it first."""
    return f"{renditions_folder(hotel_id)}{seq}/{sha256[:20]}-{name}.{extension}"


def rendition_seq(key: str) -> int | None:
    """The `seq` in a rendition's key; None where the key is no rendition's."""
    match = re.fullmatch(r"hotels/[^/]+/renditions/([0-9]+)/[^/]+", key)
    return int(match[1]) if match else None
