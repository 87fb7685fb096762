"""Triggering: what came in, what changed, and which hotels have to be looked at."""

from image_release.triggering.applying import (
    CatalogueApplied,
    InputChangedError,
    apply_catalogue,
    catalogue_state_key,
)
from image_release.triggering.catalogue import CatalogueMisnamedError, Changes, diff
from image_release.triggering.documents import DocumentContendedError, InputDamagedError, MissingInputError
from image_release.triggering.due import due_key, parse_due_key
from image_release.triggering.index import ReleaseIndex
from image_release.triggering.listing import read_listing, write_listing
from image_release.triggering.overrides import append_override, overrides_key, read_overrides
from image_release.triggering.photos import RELEASE_ID, PhotosFolderError, hand_in_photos
from image_release.triggering.release import BadValueError, ReleaseUnreadableError
from image_release.triggering.requests import (
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
    unserved_force,
)
from image_release.triggering.switch_over import (
    Current,
    Held,
    Ignored,
    Release,
    ReleaseApplied,
    apply_release,
    complete_release,
    departed,
    departed_from_shard,
    find_row,
    hotel_ids,
    open_index,
    read_current,
    release_id_of,
    shard_hotels,
)

__all__ = [
    "RELEASE_ID",
    "BadValueError",
    "CatalogueApplied",
    "CatalogueMisnamedError",
    "Changes",
    "Current",
    "DocumentContendedError",
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
    "append_override",
    "apply_catalogue",
    "apply_release",
    "catalogue_state_key",
    "complete_release",
    "departed",
    "departed_from_shard",
    "diff",
    "due_key",
    "find_row",
    "hand_in_photos",
    "hotel_ids",
    "mark_done",
    "mark_failed",
    "open_index",
    "overrides_key",
    "parse_due_key",
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
    "unserved_force",
    "write_listing",
]
