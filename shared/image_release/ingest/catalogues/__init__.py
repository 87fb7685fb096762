"""A partner's catalogue: read as a stream, compared with the one in force, and written where it differs."""

from image_release.ingest.catalogues.applying import (
    CatalogueApplied,
    InputChangedError,
    apply_catalogue,
)
from image_release.ingest.catalogues.listings import read_listing, write_listing
from image_release.ingest.catalogues.reading import CatalogueMisnamedError, Changes, diff

__all__ = [
    "CatalogueApplied",
    "CatalogueMisnamedError",
    "Changes",
    "InputChangedError",
    "apply_catalogue",
    "diff",
    "read_listing",
    "write_listing",
]
