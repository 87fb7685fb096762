"""The shares of a round: what `compare_hotels` does with the share that a message names (decision 57).

    gather   each range of hotels: the images of its hotels; what did not change is taken from the round before
    meet     each group of new images and block of ranges: candidates by hashes and at a glance
    verify   each slice of a group: candidates by their pixels
    count    each part of the families: which hotels have them
    pair     some pairs of hotels: what they show is aligned

A share may be repeated as long as it has no mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from image_release.ingest import hotel_hash, read_current, shard_rows
from image_release.serverless.ports import Suite
from image_release.serverless.round_ranges import Ranges, keep_range, read_whole
from image_release.serverless.rounds import Round
from image_release.serverless.shares import SplitPlan, Step, WorkUnreadableError
from image_release.sharing import (
    AS_USUAL,
    FamilyMap,
    Gathered,
    Held,
    Images,
    InCommon,
    Link,
    Meeting,
    Pairing,
    PairsOfShare,
    ToVerify,
    Verifier,
    families_of_pairs,
    gather,
    holders_of_part,
    join_links,
    meet,
    pack_holders,
    pack_links,
    pack_pairs,
    parse_holders,
    parse_links,
    parsed_lines,
)
from image_release.sharing_keys import (
    changed_key,
    families_key,
    holders_key,
    in_common_key,
    links_folder,
    links_key,
    near_key,
    pairs_found_key,
    pairs_key,
)
from image_release.storage import Stores
from image_release.values import HotelRow

GATHER, MEET, VERIFY, COUNT, PAIR = "gather", "meet", "verify", "count", "pair"
RANGES_A_BLOCK = 64
"""Ranges that one share compares a group with."""
IMAGES_A_SLICE = 10_000
"""New images of a group that one share verifies."""
IMAGES_A_PART = 4_000_000
"""Images of all hotels for each share that counts families."""
KEPT_AFTER = 500
"""Images that are verified between two objects that keep it."""
RESERVE_S = 60.0
"""Time of the invocation that is kept for what is under way."""


class NotDoneYetError(Exception):
    """The time of a share was over; what it did is kept, and its message comes back for the rest."""


def gather_range(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Gather the images of a range of hotels: a step."""
    work = Round.of(plan)
    known, changed = _known(suite, work, share), None
    if known is not None and work.knows_changed:
        changed = _changed(suite, plan, share)
    found = gather(suite.state, _rows(suite, work, share), share, known, changed, suite.threads)
    return keep_range(suite, plan, share, found).data()


def _known(suite: Suite, work: Round, number: int) -> Gathered | None:
    """What the round before gathered of a range. If that is lost, all is read again, and nothing else is lost."""
    try:
        return Ranges(suite.state, work.before).gathered(number) if work.before else None
    except (WorkUnreadableError, IndexError):
        return None


def _changed(suite: Suite, plan: SplitPlan, number: int) -> set[str]:
    """The hotels of a range that changed since; a range of which none did has no object."""
    key = changed_key(plan.folder, Round.of(plan).planner, number)
    if suite.state.head(key) is None:
        return set()
    return read_whole(suite.state, key, lambda data: set(parsed_lines(data)))


def _rows(suite: Suite, work: Round, number: int) -> Iterator[HotelRow]:
    """The rows of a range's hotels, in the order of the release."""
    current = read_current(suite.state)
    if current is None:
        return
    width = 1 << max(0, current.shard_bits - work.range_bits)
    first = number >> max(0, work.range_bits - current.shard_bits)
    for shard in range(first * width, (first + 1) * width):
        for row in shard_rows(suite.state, current, shard).values():
            if hotel_hash(row.hotel_id) >> (32 - work.range_bits) == number:
                yield row


def meet_block(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Find the candidates of a group's new images among the images of a block of ranges: a step."""
    work = Round.of(plan)
    ranges = Ranges(suite.state, work.name, plan.folder)
    group, block = divmod(share, blocks(work))
    first, last = work.groups[group]
    numbers = range(block * RANGES_A_BLOCK, min((block + 1) * RANGES_A_BLOCK, work.ranges))
    # a later range has nothing before these images but what an earlier round compared
    wanted = [number for number in numbers if number <= last or work.before]

    def others(number: int) -> Images:
        images = ranges.images(number)
        return images if number <= last else images.those(~images.is_new)

    found = meet(ranges.new_images(first, last), map(others, wanted))
    suite.state.put(near_key(plan.folder, share), found.packed())
    return b""


def blocks(work: Round) -> int:
    """Number of blocks of ranges."""
    return -(-work.ranges // RANGES_A_BLOCK)


def verify_slice(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Verify the candidates of a slice of a group's new images: a step. What is verified is kept after each part.

    The mark has all links of the share. Raises NotDoneYetError where there is more than one invocation can do.
    """
    work = Round.of(plan)
    group, number = divmod(share, work.slices)
    images = Ranges(suite.state, work.name, plan.folder).new_images(*work.groups[group])
    end = min((number + 1) * IMAGES_A_SLICE, len(images))
    start = max(number * IMAGES_A_SLICE, _verified_before(suite, plan, share))
    meeting = Meeting()
    for block in range(blocks(work)):
        key = near_key(plan.folder, group * blocks(work) + block)
        meeting.add(read_whole(suite.state, key, lambda data: Meeting.parsed(data, range(start, end))))
    verifier, prints = Verifier(suite.state), images.prints
    for begun in range(start, end, KEPT_AFTER):
        links: list[Link] = []
        done = begun
        for image in range(begun, min(begun + KEPT_AFTER, end)):
            if suite.seconds_left() < RESERVE_S:
                break
            candidates, beside = meeting.candidates(image), meeting.all_beside(image)
            links += verifier.links(ToVerify(prints.name(image), prints.accommodation(image), candidates, beside))
            done = image + 1
        if done > begun:
            suite.state.put(links_key(plan.folder, share, done), pack_links(links))
        if done < min(begun + KEPT_AFTER, end):
            raise NotDoneYetError(f"{end - done} images are left")
    return join_links([read_whole(suite.state, key, parse_links) for key in _kept_links(suite, plan, share)])


def _verified_before(suite: Suite, plan: SplitPlan, share: int) -> int:
    """The image up to which the share was verified by an invocation that was killed, or had no time left."""
    keys = _kept_links(suite, plan, share)
    return int(keys[-1].rpartition("/")[2]) if keys else 0


def _kept_links(suite: Suite, plan: SplitPlan, share: int) -> list[str]:
    """The keys of the links of a share that are kept so far, in their order."""
    return [listed.key for listed in suite.state.list(links_folder(plan.folder, share))]


def count_part(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Find which hotels have the families of one part, and what pairs of them have in common: a step."""
    work = Round.of(plan)
    ranges = Ranges(suite.state, work.name)
    families = read_whole(suite.state, families_key(work.name), FamilyMap.parsed)
    found = list(holders_of_part(ranges.every_held, families, share, parts(work)))
    suite.state.put(holders_key(plan.folder, share), pack_holders(found))
    suite.state.put(in_common_key(plan.folder, share), InCommon.of(found, AS_USUAL).packed())
    return b""


def parts(work: Round) -> int:
    """Number of parts of the families."""
    return max(1, -(-work.images // IMAGES_A_PART))


def pair_hotels(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Compare some pairs of hotels closely: a step."""
    work = Round.of(plan)
    given = read_whole(suite.state, pairs_key(plan.folder, share), PairsOfShare.parsed)
    hotels = {hotel_id for pair in given.pairs for hotel_id in pair}
    holders, pairs = families_of_pairs(given.pairs, every_holder(plan, work, suite, hotels), AS_USUAL)
    stores = Stores(suite.inbox, suite.state, suite.published)
    pairing = Pairing(stores, holders, AS_USUAL, aligned=given.aligned)
    found = list(pairing.pairs_of(pairs))
    suite.state.put(pairs_found_key(plan.folder, share), pack_pairs(found, pairing.problems))
    return b""


def every_holder(
    plan: SplitPlan, work: Round, suite: Suite, hotels: Collection[str] | None = None
) -> Iterator[tuple[bytes, Held]]:
    """The families that are in several hotels, part by part; those that some hotels have, or all."""
    for part in range(parts(work)):
        key = holders_key(plan.folder, part)
        yield from read_whole(suite.state, key, lambda data: list(parse_holders(data, hotels)))


STEPS: Mapping[str, Step] = {
    GATHER: gather_range,
    MEET: meet_block,
    VERIFY: verify_slice,
    COUNT: count_part,
    PAIR: pair_hotels,
}
"""What is done with a share of a round, by its step."""
