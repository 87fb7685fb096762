"""How large the catalogues are that are split, and their shares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SplitSizes:
    """From which size on a catalogue is split, and how large its shares are.

    A catalogue just below the limit takes about three minutes in one invocation of `detect_changes`, and a share a few
    seconds of `fan_out_shard`.
    """

    most_lines: int = 50_000
    most_bytes: int = 64_000_000
    """Unpacked."""
    share_lines: int = 2_000
    share_bytes: int = 6_000_000
