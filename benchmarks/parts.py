"""Profile the work on one image: what each part of a fingerprint and of the renditions costs by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.inputs import Inputs, one_size
from benchmarks.measuring import interleaved, typical
from benchmarks.rows import Row
from benchmarks.stages import RENDITIONS, draft_of, facts_of
from image_release.decode import decode_full, flat, shipped_resizer
from image_release.fingerprint import crop_hashes
from image_release.fingerprint.cues import measure
from image_release.fingerprint.keypoints import keypoints
from image_release.fingerprint.working_image import working_image
from image_release.renditions import fitted
from image_release.renditions import rendering as generating
from image_release.settings import Settings


def profile(inputs: Inputs, count: int, rounds: int) -> list[Row]:
    """Rows with the CPU milliseconds an image of each part."""
    files = one_size(inputs.large[:count])
    parts = {**_fingerprint_parts(files), **_rendition_parts(files)}
    samples = interleaved(parts, rounds)
    return [Row(name, "1,600 px, baseline", typical(samples, name) / count * 1e3, "ms an image") for name in parts]


def _fingerprint_parts(files: Sequence[bytes]) -> dict[str, Callable[[], object]]:
    drafts = [draft_of(data) for data in files]
    greys = [draft.image.convert("L") for draft in drafts]
    working = [working_image(grey) for grey in greys]
    return {
        "fingerprint: header": partial(_each, facts_of, files),
        "fingerprint: header and draft decode": partial(_each, draft_of, files),
        "fingerprint: flat or not": partial(_each, partial(flat, settings=Settings().filter), drafts),
        "fingerprint: 36 hashes": partial(_each, crop_hashes, greys),
        "fingerprint: working image": partial(_each, working_image, greys),
        "fingerprint: keypoints": partial(_each, lambda each: keypoints(each.grey), working),
        "fingerprint: cues": lambda: [
            measure(draft, np.asarray(grey), mine.inside)
            for draft, grey, mine in zip(drafts, greys, working, strict=True)
        ],
    }


def _rendition_parts(files: Sequence[bytes]) -> dict[str, Callable[[], object]]:
    known = [facts_of(data) for data in files]
    sizes = [[fitted(facts.width, facts.height, (item.width, item.height)) for item in RENDITIONS] for facts in known]
    whole = [decode_full(data, facts) for data, facts in zip(files, known, strict=True)]
    images = [image for image in whole if isinstance(image, Image.Image)]
    resizer = shipped_resizer()
    scaled = [generating._pyramid(image, set(mine), resizer) for image, mine in zip(images, sizes, strict=True)]  # noqa: SLF001
    work = [
        (made[size], item)
        for made, mine in zip(scaled, sizes, strict=True)
        for size, item in zip(mine, RENDITIONS, strict=True)
    ]
    return {
        "renditions: decode": lambda: [decode_full(data, facts) for data, facts in zip(files, known, strict=True)],
        "renditions: resize": lambda: [
            generating._pyramid(image, set(mine), resizer)  # noqa: SLF001 - a part of the work by itself
            for image, mine in zip(images, sizes, strict=True)
        ],
        "renditions: contrast": lambda: [generating._contrasted(image, item.contrast, 128) for image, item in work],  # noqa: SLF001
        "renditions: encode": lambda: [generating._encoded(image, item) for image, item in work],  # noqa: SLF001
    }


def _each(function: Callable[[Any], object], items: Sequence[Any]) -> None:
    for item in items:
        function(item)
