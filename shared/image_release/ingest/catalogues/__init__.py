"""A partner's catalogue: read as a stream, compared with the one in force, and written where it differs."""

from image_release.ingest.catalogues.applying import InputChangedError, apply_catalogue
from image_release.ingest.catalogues.deciding import SplitOutdatedError, SplitWork
from image_release.ingest.catalogues.findings import COMPARE, WRITE
from image_release.ingest.catalogues.in_force import CatalogueApplied
from image_release.ingest.catalogues.reading import (
    FOLDER_IS_GONE,
    PHOTOS_PREFIX,
    Changes,
    GoodLine,
    diff,
    read_catalogue,
)
from image_release.ingest.catalogues.rebuild import rebuild_catalogue_state, rebuild_listing, unreadable_catalogue_state
from image_release.ingest.catalogues.shares import compare_share, write_share
from image_release.ingest.catalogues.splitting import (
    SplitCatalogue,
    folder_prefix,
    given_at,
    is_large,
    to_split,
    write_shares,
)

__all__ = [
    "COMPARE",
    "FOLDER_IS_GONE",
    "PHOTOS_PREFIX",
    "WRITE",
    "CatalogueApplied",
    "Changes",
    "GoodLine",
    "InputChangedError",
    "SplitCatalogue",
    "SplitOutdatedError",
    "SplitWork",
    "apply_catalogue",
    "compare_share",
    "diff",
    "folder_prefix",
    "given_at",
    "is_large",
    "read_catalogue",
    "rebuild_catalogue_state",
    "rebuild_listing",
    "to_split",
    "unreadable_catalogue_state",
    "write_share",
    "write_shares",
]
