"""`compare_hotels`: a round over all hotels, step by step, each of them safe to repeat (decision 57).

    begin    what changed since the round before is read from the feed
    gather, meet, verify, count, pair       in shares (round_steps.py)
    end      what was found comes into force, and what no round needs any more is deleted

The plan says which step the round is at, and moves by compare-and-swap. `shared/latest.json` names the round in force
and moves last: of two rounds at once, the slower one finds another name there, and ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, groupby
from operator import itemgetter

from image_release.feed import ListUnreadableError, Position, changed_since
from image_release.fingerprint import FINGERPRINT_VERSION
from image_release.ingest import hotel_hash, read_current
from image_release.problems import Problem
from image_release.serverless.messages import GoOnMessage
from image_release.serverless.ports import Suite
from image_release.serverless.round_ranges import (
    RangeSummary,
    families_of_round,
    keep_summaries,
    read_whole,
)
from image_release.serverless.round_steps import (
    COUNT,
    GATHER,
    IMAGES_A_SLICE,
    MEET,
    PAIR,
    VERIFY,
    blocks,
    every_holder,
    parts,
)
from image_release.serverless.rounds import BEGIN, Round
from image_release.serverless.shares import ENDED, SplitPlan, end_work, missing_shares, moved_on, read_plan, send_shares
from image_release.sharing import (
    AS_USUAL,
    RULE,
    FamilyMap,
    InCommon,
    Latest,
    copies_known_before,
    pack_found,
    packed_lines,
    parse_links,
    parsed_lines,
    plan_pairs,
    problem_document,
    read_latest,
)
from image_release.sharing_keys import (
    LATEST_ROUND,
    SHARED,
    changed_key,
    families_key,
    found_key,
    in_common_key,
    pairs_found_key,
    pairs_key,
    round_folder,
    round_work,
)
from image_release.side_by_side import side_by_side
from image_release.split_keys import share_done_key
from image_release.state import write_json
from image_release.storage import ConditionFailedError

SHARDS_A_RANGE_BITS = 2
"""A range has four shards of the release: about 1,000 hotels."""
IMAGES_A_GROUP = 100_000
"""New images that are compared together, at most, unless one range has more."""
PAIRS_A_SHARE = 1_000
"""Pairs of hotels that one share looks at, of which few are aligned."""
FOLLOWS_FOR = timedelta(days=60)
"""After a longer time all hotels are read again: the feed forgets after 90 days."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of a round: the step that it is at, and for how many shares messages were sent."""

    step: str
    shares: int = 0


def go_on(order: GoOnMessage, suite: Suite) -> Stepped:
    """Take the next step of a round. A late message of one that ended does nothing."""
    plan = read_plan(suite.state, order.go_on)
    return Stepped(ENDED) if plan is None else advance(plan, suite)


def advance(plan: SplitPlan, suite: Suite) -> Stepped:
    """Do what comes next, or send the shares again that are not done. Raises WorkUnreadableError."""
    while plan.step != ENDED:
        work = Round.of(plan)
        if plan.step != BEGIN and read_latest(suite.state)[1] != work.latest:
            return _ended(plan, work, suite)  # this round is in force already, or another one was faster
        if missing := missing_shares(suite.state, plan):
            return Stepped(plan.step, send_shares(suite, plan, missing))
        if plan.step == PAIR:
            _bring_into_force(plan, work, suite)
            return _ended(plan, work, suite)
        steps = {BEGIN: _begin, GATHER: _begin_to_meet, MEET: _begin_to_verify, VERIFY: _unite, COUNT: _split_pairs}
        plan = moved_on(suite, steps[plan.step](plan, work, suite))
    end_work(plan, suite)
    return Stepped(ENDED)


def _begin(plan: SplitPlan, work: Round, suite: Suite) -> SplitPlan:
    """Plan what has to be read: of each range all hotels, or those that changed since the round before."""
    current = read_current(suite.state)
    bits = max(0, current.shard_bits - SHARDS_A_RANGE_BITS) if current else 0
    latest, etag = read_latest(suite.state)
    if latest and latest.rule != _rule():
        latest = None
    before = latest if latest and latest.range_bits == bits else None
    planned = work.with_what(
        planner=secrets.token_hex(4),
        latest=etag,
        families=latest.round if latest else None,
        before=before.round if before else None,
        range_bits=bits,
        pairs_after=latest.pairs_after if latest else None,
    )
    position, changed = _since(before, suite)
    if changed is not None:
        _keep_changed(plan, planned, changed, suite)
    planned = planned.with_what(position=position.to_text(), knows_changed=changed is not None)
    return replace(plan, step=GATHER, shares=planned.ranges, details=planned.details())


def _rule() -> str:
    """What must be the same for what an earlier round knows to hold."""
    return f"{RULE} {FINGERPRINT_VERSION}"


def _since(before: Latest | None, suite: Suite) -> tuple[Position, set[str] | None]:
    """How far the feed is followed now, and the hotels that changed since a round; None if nobody knows."""
    now = suite.now()
    try:
        followed = Position.from_text(before.position) if before else None
    except ValueError:
        followed = None
    if followed is None or followed.is_ahead(now) or followed.moment < now - FOLLOWS_FOR:
        return Position(now), None
    since = changed_since(suite.state, followed)
    try:
        return since.position, {changed.hotel_id for changed in since.changed}
    except ListUnreadableError:  # it may name any hotel
        return since.position, None


def _keep_changed(plan: SplitPlan, work: Round, changed: Iterable[str], suite: Suite) -> None:
    placed = sorted((hotel_hash(hotel_id) >> (32 - work.range_bits), hotel_id) for hotel_id in changed)

    def keep(item: tuple[int, list[str]]) -> None:
        suite.state.put(changed_key(plan.folder, work.planner, item[0]), packed_lines(item[1]))

    ranges = ((number, [hotel_id for _, hotel_id in own]) for number, own in groupby(placed, itemgetter(0)))
    for _ in side_by_side(keep, ranges, suite.threads):
        pass


def _begin_to_meet(plan: SplitPlan, work: Round, suite: Suite) -> SplitPlan:
    """Note what was gathered, and make groups of ranges whose new images are compared together."""
    summaries = list(side_by_side(lambda share: _summary(plan, share, suite), range(plan.shares), suite.threads))
    keep_summaries(suite.state, work, summaries)
    groups = tuple(_groups(summaries))
    most = max((sum(item.new for item in summaries[first : last + 1]) for first, last in groups), default=0)
    planned = work.with_what(
        groups=groups,
        slices=max(1, -(-most // IMAGES_A_SLICE)),
        images=sum(item.images for item in summaries),
        hotels=sum(item.hotels for item in summaries),
    )
    return replace(plan, step=MEET, shares=len(groups) * blocks(planned), details=planned.details())


def _summary(plan: SplitPlan, share: int, suite: Suite) -> RangeSummary:
    return read_whole(suite.state, share_done_key(plan.folder, GATHER, share), RangeSummary.parsed)


def _groups(summaries: Iterable[RangeSummary]) -> Iterator[tuple[int, int]]:
    """Ranges that follow one another and have new images: the first and the last one of each group."""
    first, last, images = 0, -1, 0
    for number, summary in enumerate(summaries):
        if images and images + summary.new > IMAGES_A_GROUP:
            yield first, last
            images = 0
        if summary.new:
            first, last, images = (first if images else number), number, images + summary.new
    if images:
        yield first, last


def _begin_to_verify(plan: SplitPlan, work: Round, suite: Suite) -> SplitPlan:
    del suite
    return replace(plan, step=VERIFY, shares=len(work.groups) * work.slices)


def _unite(plan: SplitPlan, work: Round, suite: Suite) -> SplitPlan:
    """Make families of what was verified, and of those that were known."""
    keys = (share_done_key(plan.folder, VERIFY, share) for share in range(plan.shares))
    links = side_by_side(lambda key: read_whole(suite.state, key, parse_links), keys, suite.threads)
    families, left_out = families_of_round(suite.state, work.families).joined_by(links)
    suite.state.put(families_key(work.name), families.packed())
    planned = work.with_what(links_left_out=left_out)
    return replace(plan, step=COUNT, shares=parts(work), details=planned.details())


def _split_pairs(plan: SplitPlan, work: Round, suite: Suite) -> SplitPlan:
    """Split the pairs of hotels that may share enough."""
    keys = (in_common_key(plan.folder, share) for share in range(plan.shares))
    parts_found = (read_whole(suite.state, key, InCommon.parsed) for key in keys)
    found = plan_pairs(parts_found, AS_USUAL, PAIRS_A_SHARE, work.pairs_after)
    for number, share in enumerate(found.shares):
        suite.state.put(pairs_key(plan.folder, number), share.packed())
    planned = work.with_what(pairs_left_out=found.left_out, pairs_after=found.last)
    return replace(plan, step=PAIR, shares=len(found.shares), details=planned.details())


def _bring_into_force(plan: SplitPlan, work: Round, suite: Suite) -> None:
    """Write what was found, then name the round as the last one, unless another round was faster."""
    pictures = (item for item in every_holder(plan, work, suite) if len(item[1]) > AS_USUAL.many)
    families = read_whole(suite.state, families_key(work.name), FamilyMap.parsed)
    copies = copies_known_before(suite.state, work.families, families)
    found = (
        read_whole(suite.state, pairs_found_key(plan.folder, share), lambda data: list(parsed_lines(data)))
        for share in range(plan.shares)
    )
    lines = chain(chain.from_iterable(found), map(problem_document, _left_out(work)))
    suite.state.put(found_key(work.name), pack_found(AS_USUAL, pictures, copies, lines))
    latest = Latest(
        round=work.name,
        asked=work.asked_at,
        ended=suite.now(),
        rule=_rule(),
        range_bits=work.range_bits,
        position=work.position,
        hotels=work.hotels,
        images=work.images,
        pairs_after=work.pairs_after,
    )
    try:
        data = write_json(latest.model_dump(mode="json"))
        suite.state.put(LATEST_ROUND, data, if_absent=work.latest is None, if_match=work.latest)
    except ConditionFailedError:
        return  # another round, or another invocation, was faster


def _left_out(work: Round) -> Iterator[Problem]:
    """What a round had no room for, for the person who reads what it found."""
    if work.links_left_out:
        yield Problem(work.name, 0, f"copies: {work.links_left_out}", "there is no room for them")
    if work.pairs_left_out:
        rule = "there is no room for them in one round; the next rounds look at them in turn"
        yield Problem(work.name, 0, f"pairs of hotels: {work.pairs_left_out}", rule)


def _ended(plan: SplitPlan, work: Round, suite: Suite) -> Stepped:
    """Delete what no round needs any more, and last the work itself."""
    latest, _ = read_latest(suite.state)
    kept = {latest.round} if latest else set()
    for name in list(suite.state.folders(SHARED)):
        is_other_work = name != work.name and read_plan(suite.state, round_work(name)) is not None
        if name not in kept and not is_other_work:
            keys = [listed.key for listed in suite.state.list(round_folder(name))]
            for _ in side_by_side(suite.state.delete, keys, suite.threads):
                pass
    end_work(plan, suite)
    return Stepped(ENDED)
