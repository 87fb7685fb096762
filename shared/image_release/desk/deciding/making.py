"""Making a decision and undoing one: checked and appended in one compare-and-swap, so that none is lost.

What is checked is what the file says at the moment of the swap: of two people who decide at once, the second one's
decision is checked against the first one's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from image_release.desk.deciding.checking import MAX_BY, MAX_WHY, check_text, foresee
from image_release.desk.deciding.errors import AlreadyDecidedError, DecisionRefusedError, OutdatedPageError
from image_release.desk.deciding.reading import LEAST_PREFIX, HotelNow, read_hotel
from image_release.desk.deciding.sentences import decided_by, said, short
from image_release.ingest import Decision, override_line, revoking_line, with_lines
from image_release.problems import printable
from image_release.state import DocumentContendedError, swap
from image_release.storage import Stores
from image_release.store_keys import overrides_key
from image_release.values import Override, sha256_hex


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was recorded. `hotel` is the hotel with it, `notes` are sentences that a person should read."""

    hotel: HotelNow
    digests: tuple[str, ...]
    """SHA-256 of the lines that were appended."""
    notes: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version of the hotel with this decision: what its page sends with the next one."""
        return self.hotel.version


Lines = tuple[list[bytes], tuple[str, ...]]
"""Lines to append, and notes about them."""


def decide(stores: Stores, hotel_id: str, override: Override, *, seen: str | None = None) -> Decided:
    """Check a decision and append it, whoever else is deciding.

    `override` names images by full SHA-256, and says by whom and when it was made. `seen` is the version of the page
    on which it was made; None: of no page. Raises DecisionRefusedError and what is below it, and storage faults.
    """
    return decide_all(stores, hotel_id, (override,), seen=seen)


def decide_all(stores: Stores, hotel_id: str, overrides: tuple[Override, ...], *, seen: str | None = None) -> Decided:
    """Append several decisions of one hotel at once, each checked after those before it; all of them, or none."""

    def lines(now: HotelNow) -> Lines:
        appended: list[bytes] = []
        notes: list[str] = []
        for override in overrides:
            line, known = deciding_line(now, override)
            now = now.with_lines([line])
            appended.append(line)
            notes += known
        return appended, tuple(notes)

    return append(stores, hotel_id, seen, lines)


def revoke(
    stores: Stores, hotel_id: str, *digests: str, by: str, at: str, why: str = "", seen: str | None = None
) -> Decided:
    """Undo decisions, each named by its digest or the first digits of it; of several all are undone, or none.

    Undoing a `revoke` brings back what it undid. Raises DecisionRefusedError and what is below it, and storage faults.
    """

    def lines(now: HotelNow) -> Lines:
        appended: list[bytes] = []
        told: list[str] = []
        for digest in digests:
            line, notes = undoing_line(now, digest, by=by, at=at, why=why)
            now = now.with_lines([line])
            appended.append(line)
            told += notes
        return appended, tuple(told)

    return append(stores, hotel_id, seen, lines)


def revoke_all(stores: Stores, hotel_id: str, *, by: str, at: str, why: str = "", seen: str | None = None) -> Decided:
    """Undo every decision of a hotel that is in force, in one step."""

    def lines(now: HotelNow) -> Lines:
        _check_signature(by, why)
        in_force = dict.fromkeys(item.digest for item in now.decisions if item.override and not item.is_revoked)
        if not in_force:
            raise DecisionRefusedError(f"{printable(hotel_id)}: no decision is in force, so there is nothing to undo")
        return [revoking_line(line, by=by, at=at, why=why) for line in in_force], ()

    return append(stores, hotel_id, seen, lines)


def deciding_line(now: HotelNow, override: Override) -> tuple[bytes, tuple[str, ...]]:
    """The line of a decision, and what should be known of it. Raises DecisionRefusedError."""
    notes = foresee(now, override)
    return override_line(override), notes


def undoing_line(now: HotelNow, digest: str, *, by: str, at: str, why: str) -> tuple[bytes, tuple[str, ...]]:
    """The line that undoes a decision, and what should be known of it. Raises DecisionRefusedError."""
    _check_signature(by, why)
    decision = decision_named(now, digest)
    note = _what_undoing_does(now, decision)
    return revoking_line(decision.digest, by=by, at=at, why=why), (note,) if note else ()


def decision_named(now: HotelNow, digest: str) -> Decision:
    """The decision of a digest, or of its first digits. Raises DecisionRefusedError if none or several have it."""
    found = {item.digest: item for item in now.decisions if item.digest.startswith(digest.lower())}
    if len(digest) < LEAST_PREFIX or len(found) != 1:
        rule = f"must be the first {LEAST_PREFIX} or more digits of one decision's digest; `list` shows them"
        raise DecisionRefusedError(f"{printable(digest)}: {rule} (fits {len(found)})")
    return next(iter(found.values()))


def revoker_of(decision: Decision, decisions: tuple[Decision, ...]) -> Decision | None:
    """The decision that undid another one; None if that is in force."""
    if not decision.is_revoked:
        return None
    undoing = (item for item in reversed(decisions) if item.revokes == decision.digest and not item.is_revoked)
    return next(undoing, None)


def _what_undoing_does(now: HotelNow, decision: Decision) -> str | None:
    if undone := revoker_of(decision, now.decisions):
        raise AlreadyDecidedError(
            f"{short(decision.digest)} is revoked already: {decided_by(undone, now.decisions)}; "
            f"to bring it back, revoke {short(undone.digest)}"
        )
    if decision.override is None:
        back = next((item for item in now.decisions if item.digest == decision.revokes), None)
        return f"this is in force again: {said(back, now.decisions)}" if back else None
    return None


def _check_signature(by: str, why: str) -> None:
    check_text("the person's name", by, MAX_BY)
    check_text("the reason", why, MAX_WHY)


def append(stores: Stores, hotel_id: str, seen: str | None, make: Callable[[HotelNow], Lines]) -> Decided:
    """Append the lines that `make` makes of the hotel as it is at the moment of the swap.

    `make` is called again if somebody else decided meanwhile. Raises what it raises, OutdatedPageError and the errors
    of `read_hotel`.
    """
    hotel = read_hotel(stores, hotel_id)
    done: Decided | None = None

    def change(data: bytes | None) -> bytes | None:
        nonlocal done
        now = replace(hotel, file=data)
        if seen is not None and (happened := now.since(seen)):
            raise OutdatedPageError(
                f"the page is older than the hotel, so nothing was recorded. Meanwhile: {happened}. "
                "Load the page again, and decide anew if that is still right"
            )
        lines, notes = make(now)
        wanted = with_lines(data, lines) if lines else data
        done = Decided(replace(hotel, file=wanted), tuple(sha256_hex(line) for line in lines), notes)
        return wanted

    try:
        swap(stores.inbox, overrides_key(hotel_id), change)
    except DocumentContendedError as error:
        raise DecisionRefusedError("many people decide about this hotel at this moment; decide again") from error
    assert done is not None
    return done
