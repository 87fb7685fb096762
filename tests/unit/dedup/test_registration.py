"""Registration fits only what the texture of an image determines."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from image_release.decode import Draft
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.fingerprint import fingerprint
from image_release.settings import FingerprintSettings
from image_release.values import ImageFacts


def bare_wall(seed):
    """A wall in soft light, with the edge of the ceiling, a lamp's reflection and a few specks; grain of a sensor."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:360, 0:480]
    wall = Image.fromarray((155 + 8 * np.sin(x / 150) + 6 * np.cos(y / 110)).astype(np.uint8))
    draw = ImageDraw.Draw(wall)
    draw.line((0, 24, 300, 12), fill=128, width=4)
    for left, top, side in ((300, 300, 30), (250, 170, 5), (410, 160, 4)):
        draw.ellipse((left, top, left + side, top + side), fill=200 if side == 30 else 120)
    soft = np.asarray(wall.filter(ImageFilter.GaussianBlur(2)), np.float32)
    return Image.fromarray(np.clip(soft + chance.normal(0, 1.5, soft.shape), 0, 255).astype(np.uint8))


def prepared(image):
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=70)
    rgb = np.asarray(Image.open(stream))
    facts = ImageFacts("a" * 64, rgb.shape[1], rgb.shape[0], "JPEG", 50_000)
    return PreparedImage(fingerprint(Draft(Image.fromarray(rgb), facts), FingerprintSettings()))


@pytest.mark.parametrize("seed", range(6))
def test_a_bare_wall_is_not_bent_by_its_noise(seed):
    """The marks of a bare wall are too few to tell perspective: its copy is aligned without any."""
    wall = bare_wall(seed)
    one, other = prepared(wall), prepared(wall.crop((10, 6, 474, 352)).resize((360, 268), Image.Resampling.LANCZOS))
    shrink = other.shape[1] / one.shape[1]
    affine = np.array([[0.967 / shrink, 0, 3.3], [0, 0.961 / shrink, 2.0]])
    pair = CandidatePair(0, 1, mirrored=False, affine=affine, agreeing=20, near=30, matches=40)
    coarse = align_coarsely(one, other, pair)
    assert coarse is not None
    registered = register(one, other, pair, coarse)
    assert registered is not None
    transform = registered.transform / registered.transform[2, 2]
    assert np.hypot(transform[2, 0], transform[2, 1]) * one.half < 0.01
    assert abs(np.linalg.det(transform[:2, :2]) ** 0.5 - shrink / 0.964) < 0.05
