"""Ingest: what came in, what changed, and which hotels have to be processed."""

from image_release.ingest.catalogues.applying import (
    CatalogueApplied,
    InputChangedError,
    apply_catalogue,
)
from image_release.ingest.catalogues.listings import read_listing, write_listing
from image_release.ingest.catalogues.reading import CatalogueMisnamedError, Changes, diff
from image_release.ingest.catalogues.rebuild import (
    rebuild_catalogue_state,
    rebuild_listing,
    unreadable_catalogue_state,
)
from image_release.ingest.estimate import SAMPLE, Estimate, estimate_hotels
from image_release.ingest.files import InputDamagedError, MissingInputError
from image_release.ingest.ids import BadValueError, checked_id, is_text
from image_release.ingest.not_applied import Held, Ignored
from image_release.ingest.overrides import (
    Decision,
    append_override,
    append_revoke,
    decisions_in,
    override_line,
    read_decisions,
    read_overrides,
    revoking_line,
    with_lines,
)
from image_release.ingest.photo_folder import RELEASE_ID, PhotosFolderError, hand_in_photos
from image_release.ingest.releases.applying import ReleaseApplied, apply_release, release_id_of
from image_release.ingest.releases.current import (
    Current,
    Release,
    complete_release,
    departed,
    departed_from_shard,
    find_row,
    hotel_ids,
    hotel_rows,
    open_index,
    read_current,
    shard_hotels,
)
from image_release.ingest.releases.index import ReleaseIndex
from image_release.ingest.releases.reading import ReleaseUnreadableError
from image_release.ingest.releases.rebuild import (
    has_whole_index,
    rebuild_current,
    rebuild_index,
    rebuild_rows,
    unreadable_shards,
)
from image_release.ingest.requests import (
    Progress,
    Request,
    RequestError,
    mark_done,
    mark_failed,
    parse_request,
    progress,
    request_ids,
    select,
    store_request,
    unmatched,
    unserved_force,
)
from image_release.ingest.waiting import Waiting, all_waiting, is_let_through, waiting_catalogue, waiting_release

__all__ = [
    "RELEASE_ID",
    "SAMPLE",
    "BadValueError",
    "CatalogueApplied",
    "CatalogueMisnamedError",
    "Changes",
    "Current",
    "Decision",
    "Estimate",
    "Held",
    "Ignored",
    "InputChangedError",
    "InputDamagedError",
    "MissingInputError",
    "PhotosFolderError",
    "Progress",
    "Release",
    "ReleaseApplied",
    "ReleaseIndex",
    "ReleaseUnreadableError",
    "Request",
    "RequestError",
    "Waiting",
    "all_waiting",
    "append_override",
    "append_revoke",
    "apply_catalogue",
    "apply_release",
    "checked_id",
    "complete_release",
    "decisions_in",
    "departed",
    "departed_from_shard",
    "diff",
    "estimate_hotels",
    "find_row",
    "hand_in_photos",
    "has_whole_index",
    "hotel_ids",
    "hotel_rows",
    "is_let_through",
    "is_text",
    "mark_done",
    "mark_failed",
    "open_index",
    "override_line",
    "parse_request",
    "progress",
    "read_current",
    "read_decisions",
    "read_listing",
    "read_overrides",
    "rebuild_catalogue_state",
    "rebuild_current",
    "rebuild_index",
    "rebuild_listing",
    "rebuild_rows",
    "release_id_of",
    "request_ids",
    "revoking_line",
    "select",
    "shard_hotels",
    "store_request",
    "unmatched",
    "unreadable_catalogue_state",
    "unreadable_shards",
    "unserved_force",
    "waiting_catalogue",
    "waiting_release",
    "with_lines",
    "write_listing",
]
