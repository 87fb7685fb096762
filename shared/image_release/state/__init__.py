"""State: documents changed by compare-and-swap, and the due-markers that bring a hotel back on a day."""

from image_release.state.documents import (
    MAX_SWAPS,
    DocumentContendedError,
    StateUnreadableError,
    parsed_json,
    read_json,
    swap,
    swap_json,
    write_json,
)
from image_release.state.due_markers import (
    KEPT,
    SERVED,
    DueMarker,
    leave_marker,
    marker_etag,
    markers_of,
    markers_until,
    remove_marker,
)
from image_release.state.holds import accept, held, hold, is_accepted, let_go

__all__ = [
    "KEPT",
    "MAX_SWAPS",
    "SERVED",
    "DocumentContendedError",
    "DueMarker",
    "StateUnreadableError",
    "accept",
    "held",
    "hold",
    "is_accepted",
    "leave_marker",
    "let_go",
    "marker_etag",
    "markers_of",
    "markers_until",
    "parsed_json",
    "read_json",
    "remove_marker",
    "swap",
    "swap_json",
    "write_json",
]
