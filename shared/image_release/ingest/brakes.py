"""The brakes on what one file may take away (architecture, Formats)."""

from __future__ import annotations


def brake_reason(leaving: int, of: int, max_share: float, harmless: int) -> str | None:
    """Why `leaving` of `of` may not go without a person; None if they may.

    Everything at once is always held. Otherwise a change is held if it exceeds the share *and* the number of things
    that are harmless. A share of 1 switches the brake off.
    """
    if not leaving or max_share >= 1:
        return None
    if leaving >= of:
        return "everything would go"
    if leaving > max_share * of and leaving > harmless:
        return f"more than {max_share * 100:g} % and more than {harmless} would go"
    return None
