"""Copies: whether one image shows what another one does, where nothing else of their hotels is known.

Grouping compares the images of one hotel, and its weights were fitted on photographs. A decision for every hotel meets
logos and "photo coming soon", which have few points and share frames and letters with other logos, and a mistake there
hides a picture in a hotel that nobody looks at. So both images are aligned, and everything that both show has to agree:
the whole of it, and its worst block. Recompressed, smaller and lightly cropped copies pass; another text does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.evidence import overlaps
from image_release.dedup.grouping import content_key
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Registered, align_coarsely, register
from image_release.fingerprint import Fingerprint, hash_distances

INDEXED_HASHES = (0, 7, 14, 21)
"""Of the 36 crops of an image those that an index keeps: 0, 10, 20 and 30 % cut away, of the width as of the height."""
MOST_BITS = 12
"""Maximum distance between one of the 36 hashes of one image and an indexed one of the other, in bits."""
LEAST_CORRELATION = 0.97
"""Minimum correlation over all pixels that lie in both images."""
MOST_RESIDUAL = 0.6
"""Maximum difference within one block (root mean square), as a share of the contrast of the image."""
LEAST_OVERLAP = 0.7
"""Minimum share of each image that the other one shows."""
LEAST_CONTRAST = 1.0
"""Grey levels: an image that varies less shows nothing that could be compared. Only its very bytes are a copy of it."""

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
    yield CandidatePair(0, 1, mirrored=False, affine=scaled, agreeing=0, matches=0)


def _aligned(one: PreparedImage, other: PreparedImage, pair: CandidatePair) -> Registered | None:
    try:
        coarse = align_coarsely(one, other, pair)
        return register(one, other, pair, coarse) if coarse else None
    except np.linalg.LinAlgError:
        return None


def _agrees(one: PreparedImage, other: PreparedImage, registered: Registered) -> bool:
    """Whether all that lies in both images agrees, after one gain and one offset for the whole image."""
    if min(overlaps(one, other, registered)) < LEAST_OVERLAP:
        return False
    mine, theirs = one.level(MIDDLE), registered.levels[MIDDLE]
    here = (mine.centred + mine.mean[:, None])[theirs.inside].astype(np.float64)
    there = (theirs.centred + theirs.mean[:, None])[theirs.inside].astype(np.float64)
    spread_here, spread_there = float(here.std()), float(there.std())
    if min(spread_here, spread_there) < LEAST_CONTRAST:
        return False
    here, there = (here - here.mean()) / spread_here, (there - there.mean()) / spread_there
    correlation = float((here * there).mean())
    worst = float(np.sqrt(((here - correlation * there) ** 2).mean(axis=1)).max())
    return correlation >= LEAST_CORRELATION and worst <= MOST_RESIDUAL
