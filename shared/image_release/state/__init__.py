"""State: JSON documents changed by compare-and-swap, and the markers that bring a hotel back on a day."""

from image_release.state.documents import MAX_SWAPS, DocumentContendedError, read_json, swap_json, write_json
from image_release.state.due_markers import due_key, parse_due_key

__all__ = [
    "MAX_SWAPS",
    "DocumentContendedError",
    "due_key",
    "parse_due_key",
    "read_json",
    "swap_json",
    "write_json",
]
