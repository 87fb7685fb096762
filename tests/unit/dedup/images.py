"""Images of shapes and textures, and what partners do to them."""

import random

import numpy as np
from PIL import Image, ImageDraw

from image_release.decode import Draft
from image_release.dedup import FingerprintedImage
from image_release.fingerprint import fingerprint
from image_release.settings import FingerprintSettings
from image_release.values import ImageFacts


def photo(seed, size=(480, 340)):
    """An image of shapes and textures, as unlike those of other seeds as photographs of different things."""
    noise = np.random.default_rng(seed)
    layers = []
    for cells in (5, 11, 24, 50):
        grid = Image.fromarray(noise.integers(0, 256, (cells, cells, 3), np.uint8))
        layers.append(np.asarray(grid.resize(size, Image.Resampling.BICUBIC), np.float32))
    image = Image.fromarray(np.clip(sum(layers) / 2 - 128, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    chance = random.Random(seed)
    for _ in range(12):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        box = (x, y, x + chance.randrange(10, 90), y + chance.randrange(10, 90))
        draw.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return image


def seen(image, sha256="a" * 64, size=50_000):
    rgb = np.asarray(image.convert("RGB"))
    facts = ImageFacts(sha256, rgb.shape[1], rgb.shape[0], "JPEG", size)
    return FingerprintedImage(facts, fingerprint(Draft(Image.fromarray(rgb), facts), FingerprintSettings()))


def captioned(image):
    image = image.copy()
    width, height = image.size
    ImageDraw.Draw(image).rectangle((0, height * 0.8, width, height), fill=(20, 20, 20))
    return image


COPIES = {
    "smaller": lambda image: image.resize((240, 170), Image.Resampling.LANCZOS),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cropped": lambda image: image.crop((60, 30, 440, 310)),
    "dark": lambda image: image.point(lambda value: value * 0.35),
    "faded": lambda image: image.point(lambda value: 150 + value * 0.3),
    "stretched": lambda image: image.resize((480, 300)),
    "turned": lambda image: image.rotate(4, Image.Resampling.BICUBIC).crop((40, 40, 440, 300)),
    "captioned": captioned,
    "grey": lambda image: image.convert("L"),
}
