"""Assemble: the parts of the manifest, from what was chosen, ordered and rendered. Pure functions.

This is the only place where outcomes are given. Every image asked for ends in exactly one place: `best` or `merged` of
a picture, or `rejected` with its outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from image_release.cache import revalidate_at
from image_release.decode import DECODER_VERSION
from image_release.dedup import Evidence
from image_release.gallery import DIFFERENCE_WORDS
from image_release.hotel.acquire import Acquired
from image_release.hotel.choose import Chosen, Pin
from image_release.hotel.forced import Left
from image_release.hotel.label import Labels
from image_release.hotel.load import DECODED, Hotel
from image_release.hotel.order import Order, ShownPicture
from image_release.hotel.ports import ImageReport
from image_release.hotel.render import Rendered
from image_release.hotel.splits import why_hidden
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.publish import (
    Manifest,
    MergedImage,
    Pending,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPart,
    PublishedPicture,
    PublishedPin,
    PublishedSameView,
    PublishedScore,
    RejectedImage,
    pending_sweeps,
)
from image_release.settings import Settings
from image_release.values import Accommodation, Credit, PartnerImage

TAG_AGAIN = timedelta(hours=1)
"""Wait before a hotel asks again for labels that it was refused."""
MAX_REASON = 200
"""Maximum length of a reason, in characters: a service's own words may be long."""


def pictures_of(shown: Sequence[ShownPicture], acquired: Acquired, rendered: Rendered) -> tuple[PublishedPicture, ...]:
    """The published pictures, in order."""
    positions = {item.chosen.best.sha256: position for position, item in enumerate(shown, start=1)}
    return tuple(
        PublishedPicture(
            position=position,
            best=_image(item.chosen.image, acquired, rendered.stuck.get(item.chosen.best.sha256)),
            margin=item.chosen.best.margin,
            category=item.ranked.category,
            labels=tuple(
                PublishedLabel(description=label.description, score=label.score)
                for label in item.ranked.picture.labels or ()
            ),
            score=PublishedScore(
                total=item.ranked.score.total,
                parts={
                    name: PublishedPart(value=part.value, weight=part.weight, model=part.model)
                    for name, part in item.ranked.score.parts.items()
                },
            ),
            held_back=item.ranked.held_back,
            pinned=_pinned(item.chosen.pin),
            renditions=rendered.renditions[item.chosen.best.sha256],
            same_view=_same_view(item.chosen, positions),
            once_with=tuple(sorted(item.chosen.once_with)),
            merged=tuple(
                MergedImage(**dict(_image(image, acquired)), evidence=_evidence(evidence))
                for image, evidence in sorted(item.chosen.merged.items())
            ),
        )
        for position, item in enumerate(shown, start=1)
    )


def rejected_of(acquired: Acquired, order: Order, limit: int) -> tuple[RejectedImage, ...]:
    """Every image that is not shown, with its outcome and reason, sorted."""
    rejected = [
        _rejected(image, acquired, rejection.outcome, rejection.reason)
        for image, rejection in acquired.rejected.items()
    ]
    for chosen in order.hidden:
        rejected += _not_shown(chosen, acquired, Outcome.HIDDEN, why_hidden(chosen.hidden_by))
    for chosen, position, view in order.same_view:
        reason = f"shows the same view as picture {position}: {DIFFERENCE_WORDS[view.difference]}"
        rejected += _not_shown(chosen, acquired, Outcome.SAME_VIEW, reason)
    for chosen in order.over_limit:
        reason = f"the hotel shows {limit} better pictures"
        rejected += _not_shown(chosen, acquired, Outcome.OVER_LIMIT, reason)
    return tuple(sorted(rejected, key=lambda image: (image.partner_id, image.accommodation_id, image.url)))


def _pinned(pin: Pin | None) -> PublishedPin | None:
    decision = pin.decision if pin else None
    return PublishedPin(by=decision.by, why=decision.why, at=decision.at) if decision else None


def _same_view(chosen: Chosen, shown: Collection[str]) -> tuple[PublishedSameView, ...]:
    """The shown pictures of the same view, likeliest first."""
    views = sorted(chosen.same_view.items(), key=lambda item: (-item[1].score, item[0]))
    return tuple(
        PublishedSameView(picture=sha256, difference=view.difference.value, score=view.score, overlap=view.overlap)
        for sha256, view in views
        if sha256 in shown
    )


def pending_of(
    hotel: Hotel,
    acquired: Acquired,
    labels: Labels,
    before: Manifest | None,
    pictures: Sequence[PublishedPicture],
    forget_at: datetime | None,
    left: Mapping[str, Left],
    settings: Settings,
    now: datetime,
) -> tuple[Pending, ...]:
    """Everything that is put off, one entry for each kind and moment.

    `forget_at` is when the next unnamed original may be deleted, if there is one; `left` is what requests force and was
    not done.
    """
    revalidate_after = timedelta(days=settings.download.revalidate_after_days)
    failures = [record.failure for record in acquired.records.values() if record.failure]
    retries = [failure.retry_at for failure in failures if failure.retry_at]
    revalidations = [
        moment
        for image, record in acquired.records.items()
        if not (record.failure and record.failure.retry_at)
        and (moment := revalidate_at(record, hotel.images[image], revalidate_after))
    ]
    pending = []
    if retries:
        pending.append(Pending(kind="download", not_before=min(retries), **asdict(left["download"])))
    if labels.missing:
        waits = {"reason": _commonest(labels.missing.values()), "images": len(labels.missing)}
        pending.append(Pending(kind="tag", not_before=now + TAG_AGAIN, **waits, **asdict(left["tag"])))
    if revalidations:
        pending.append(Pending(kind="revalidate", not_before=min(revalidations)))
    named = frozenset(rendition.key for picture in pictures for rendition in picture.renditions)
    grace = timedelta(days=settings.publishing.grace_days)
    pending += pending_sweeps(before, named, now, _day_after(now + grace), _day_after(forget_at) if forget_at else None)
    return tuple(pending)


def name_of(hotel: Hotel, before: Manifest | None) -> str:
    """The hotel's name; a hotel that left the release keeps the one it had."""
    if hotel.row is not None:
        return hotel.row.name
    return before.name if before else ""


def report_of(manifest: Manifest) -> tuple[ImageReport, ...]:
    """What became of every image, read back from a manifest: a picture's images, then the rejected ones."""
    reports = []
    for picture in manifest.pictures:
        best = picture.best
        published = ImageReport(_partner_image(best), Outcome.PUBLISHED, best.reason or "", picture.position, picture)
        reports.append(published)
        for merged in picture.merged:
            how = f"same photograph as {best.url} ({merged.evidence.method})"
            reason = f"{how}; {merged.reason}" if merged.reason else how
            reports.append(ImageReport(_partner_image(merged), Outcome.MERGED, reason, picture.position))
    reports += [ImageReport(_partner_image(image), image.outcome, image.reason) for image in manifest.rejected]
    return tuple(reports)


def _partner_image(image: PublishedImage | RejectedImage) -> PartnerImage:
    return PartnerImage(Accommodation(image.partner_id, image.accommodation_id), image.url)


def _commonest(reasons: Collection[str]) -> str:
    """The most frequent reason, printable; of equally frequent ones the first in the alphabet."""
    counts = Counter(reasons)
    return printable(min(counts, key=lambda reason: (-counts[reason], reason)), MAX_REASON)


def _image(image: PartnerImage, acquired: Acquired, stuck: str | None = None) -> PublishedImage:
    facts = acquired.facts[acquired.copies[image]]
    kept = acquired.kept_because.get(image)
    renditions_kept = f"earlier renditions are shown: {stuck}" if stuck else None
    return PublishedImage(
        url=image.url,
        partner_id=image.accommodation.partner_id,
        accommodation_id=image.accommodation.accommodation_id,
        sha256=facts.sha256,
        width=facts.width,
        height=facts.height,
        reason="; ".join(filter(None, (kept, renditions_kept))) or None,
        **_credit(acquired, facts.sha256),
    )


def _rejected(image: PartnerImage, acquired: Acquired, outcome: Outcome, reason: str) -> RejectedImage:
    return RejectedImage(
        url=image.url,
        partner_id=image.accommodation.partner_id,
        accommodation_id=image.accommodation.accommodation_id,
        sha256=acquired.records[image].sha256,
        outcome=outcome,
        reason=reason,
        decoder=DECODER_VERSION if outcome in DECODED else None,
        **_credit(acquired, acquired.records[image].sha256),
    )


def _not_shown(chosen: Chosen, acquired: Acquired, outcome: Outcome, reason: str) -> list[RejectedImage]:
    """All images of a picture that is not shown."""
    of_picture = {"picture": chosen.best.sha256, "once_with": tuple(sorted(chosen.once_with))}
    images = (chosen.image, *chosen.merged)
    return [_rejected(image, acquired, outcome, reason).model_copy(update=of_picture) for image in images]


def _credit(acquired: Acquired, sha256: str | None) -> dict[str, str | None]:
    known = acquired.credits.get(sha256 or "", Credit())
    return {"credit": known.credit, "copyright": known.copyright}


def _evidence(evidence: Evidence) -> PublishedEvidence:
    return PublishedEvidence(
        method=evidence.method,
        distance=evidence.distance,
        overlap=evidence.overlap,
        score=evidence.score,
        mirrored=evidence.mirrored,
    )


def _day_after(moment: datetime) -> datetime:
    """The first midnight (UTC) after a moment: so two runs of one day write the same bytes."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
