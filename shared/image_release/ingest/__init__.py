"""Ingest: what came in, what changed, and which hotels have to be processed."""

from image_release.ingest.catalogues.applying import (
    CatalogueApplied,
    InputChangedError,
    apply_catalogue,
)
from image_release.ingest.catalogues.listings import read_listing, write_listing
from image_release.ingest.catalogues.reading import CatalogueMisnamedError, Changes, diff
from image_release.ingest.estimate import Estimate, estimate_hotels
from image_release.ingest.files import InputDamagedError, MissingInputError
from image_release.ingest.ids import BadValueError, checked_id
from image_release.ingest.not_applied import Held, Ignored
from image_release.ingest.overrides import append_override, read_overrides
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
    open_index,
    read_current,
    shard_hotels,
)
from image_release.ingest.releases.index import ReleaseIndex, ShardDamagedError
from image_release.ingest.releases.reading import ReleaseUnreadableError
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
from image_release.ingest.waiting import Waiting, is_let_through, waiting, waiting_catalogue, waiting_release

__all__ = [
    "RELEASE_ID",
    "BadValueError",
    "CatalogueApplied",
    "CatalogueMisnamedError",
    "Changes",
    "Current",
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
    "ShardDamagedError",
    "Waiting",
    "append_override",
    "apply_catalogue",
    "apply_release",
    "checked_id",
    "complete_release",
    "departed",
    "departed_from_shard",
    "diff",
    "estimate_hotels",
    "find_row",
    "hand_in_photos",
    "hotel_ids",
    "is_let_through",
    "mark_done",
    "mark_failed",
    "open_index",
    "parse_request",
    "progress",
    "read_current",
    "read_listing",
    "read_overrides",
    "release_id_of",
    "request_ids",
    "select",
    "shard_hotels",
    "store_request",
    "unmatched",
    "unserved_force",
    "waiting",
    "waiting_catalogue",
    "waiting_release",
    "write_listing",
]
