"""Copies: whether one image shows what another one does, where nothing else of their hotels is known.

Grouping compares the images of one hotel, and its weights were fitted on photographs. A decision for every hotel meets
logos and "photo coming soon", which have few points and share frames and letters with other logos, and a mistake there
hides a picture in a hotel that nobody looks at. So both images are aligned, and everything that both show has to agree:
the whole of it, and nearly every detail that either shows. Recompressed, smaller and lightly cropped copies pass;
another text does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.evidence import overlaps
from image_release.dedup.glances import alike_at_a_glance, glance
from image_release.dedup.grouping import content_key
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Registered, align_coarsely, register
from image_release.fingerprint import Fingerprint, hash_distances

INDEXED_HASHES = (0, 7, 14, 21)
"""Of the 36 crops of an image those that an index keeps: 0, 10, 20 and 30 % cut away, of the width as of the height."""
HASHES_INDEXED = len(INDEXED_HASHES)
MOST_BITS = 12
"""Maximum distance between one of the 36 hashes of one image and an indexed one of the other, in bits."""
LEAST_CORRELATION = 0.95
"""Minimum correlation over all pixels that lie in both images."""
MOST_UNLIKE = 0.12
"""Maximum share of the detailed blocks that differ. Copies have up to 0.10, most logos with another word 0.16."""
LEAST_LIKENESS = 0.7
"""Likeness below which a block differs: its covariance in the two images, divided by the larger of its variances."""
LEAST_DETAILED = 5
"""Minimum number of detailed blocks; an image with fewer shows nothing that could be compared."""
LEAST_OVERLAP = 0.78
"""Minimum share of each image that the other one shows."""
LEAST_CONTRAST = 1.0
"""Minimum standard deviation of an image, in grey levels. Of a flatter one only the very bytes are a copy."""
DETAIL_SHARE = 0.1
"""Share of the contrast of its image by which a block varies that is detailed: more than a shaded ground does."""
LEAST_DETAIL = 3.0
"""Grey levels by which it varies at least: less is the noise of compression."""

Hashes = NDArray[np.uint64]


def indexed_hashes(hashes: Hashes) -> Hashes:
    """Of all hashes of images (n, 36) those that an index keeps (n, 4)."""
    return hashes[:, list(INDEXED_HASHES)]


def copies_of(image: Fingerprint, others: Mapping[str, Fingerprint], among: Collection[str]) -> Iterator[str]:
    """Yield those of the others (by SHA-256) that show the same as an image and nothing else."""
    names = [name for name in among if name in others]
    if not names:
        return
    hashes = np.array([others[name].hashes for name in names], np.uint64)
    near = np.minimum(
        hash_distances(image.hashes[None], indexed_hashes(hashes))[0],
        hash_distances(hashes, indexed_hashes(image.hashes[None]))[:, 0],
    )
    for name, distance in zip(names, near, strict=True):
        if distance <= MOST_BITS and is_copy(image, others[name]):
            yield name


def may_be_copy(image: Fingerprint, candidate: Fingerprint) -> bool:
    """Whether two images look alike at a glance: a quick test before `is_copy`, which takes twenty times as long."""
    return bool(alike_at_a_glance(glance(image)[None], glance(candidate)[None])[0])


def is_copy(image: Fingerprint, candidate: Fingerprint) -> bool:
    """Whether two images show the same and nothing else. It does not matter which of the two is named first."""
    one, other = sorted((image, candidate), key=content_key)
    mine, theirs = PreparedImage(one), PreparedImage(other)
    if min(mine.contrast, theirs.contrast) < LEAST_CONTRAST:
        return False
    return any(
        _agrees(mine, theirs, registered) for pair in _pairs(one, other) if (registered := _aligned(mine, theirs, pair))
    )


def _pairs(one: Fingerprint, other: Fingerprint) -> Iterator[CandidatePair]:
    """The transforms to begin with: that of the matching points, and the one that lays the whole images over another.

    A logo may have too few points, and a regular pattern points that match anywhere.
    """
    yield from candidate_pairs([one, other])
    (height, width), (other_height, other_width) = one.working.grey.shape, other.working.grey.shape
    scaled = np.array([[width / other_width, 0, 0], [0, height / other_height, 0]])
    yield CandidatePair(0, 1, mirrored=False, affine=scaled, agreeing=0, near=0, matches=0)


def _aligned(one: PreparedImage, other: PreparedImage, pair: CandidatePair) -> Registered | None:
    try:
        coarse = align_coarsely(one, other, pair)
        return register(one, other, pair, coarse) if coarse else None
    except np.linalg.LinAlgError:
        return None


def _agrees(one: PreparedImage, other: PreparedImage, registered: Registered) -> bool:
    """Whether all that lies in both images agrees: its brightness as a whole, and each detail that either shows."""
    if min(overlaps(one, other, registered)) < LEAST_OVERLAP:
        return False
    mine, theirs = one.level(MIDDLE), registered.levels[MIDDLE]
    here, there = mine.centred[theirs.inside].astype(np.float64), theirs.centred[theirs.inside].astype(np.float64)
    whole_here, whole_there = here + mine.mean[theirs.inside, None], there + theirs.mean[theirs.inside, None]
    contrast_here, contrast_there = float(whole_here.std()), float(whole_there.std())
    if min(contrast_here, contrast_there) < LEAST_CONTRAST:
        return False
    there *= contrast_here / contrast_there
    variance = np.maximum((here**2).mean(axis=1), (there**2).mean(axis=1))
    detailed = variance > max(LEAST_DETAIL, DETAIL_SHARE * contrast_here) ** 2
    unlike = (here * there).mean(axis=1)[detailed] < LEAST_LIKENESS * variance[detailed]
    correlation = float(np.corrcoef(whole_here.ravel(), whole_there.ravel())[0, 1])
    return bool(correlation >= LEAST_CORRELATION and detailed.sum() >= LEAST_DETAILED and unlike.mean() <= MOST_UNLIKE)
