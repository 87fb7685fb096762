"""What happens between two shots of one thing, as functions of a photograph: parallax, local light, things that move.

A photograph is an array (height, width, 3), 0…1. Regions that follow the photograph's own edges stand for things at
different distances. Random numbers come from a generator that is given, so a seed gives the same shots.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float32]
Chance = np.random.Generator

SMALL_PX = 72
"""Long side, in pixels, of the picture in which regions are found."""
BLOCKS = 20
"""Blocks across and down, in which a change of light is measured."""
BLACK = 0.03
"""Brightness that is added before a ratio is taken."""
CHANGED = 0.12
"""Natural logarithm of a block's gain, against most blocks, from which on its light changed."""


def levels(image: Image.Image) -> Floats:
    """The values of an image, 0…1."""
    return np.asarray(np.asarray(image, np.float32) / np.float32(255), np.float32)


def resized(mask: Floats, size: tuple[int, int], soft_px: float) -> Floats:
    """A mask (0…1) enlarged to (width, height), its edge blurred by `soft_px`."""
    image = Image.fromarray((mask * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    image = image.point(lambda level: 255 if level >= 128 else 0).filter(ImageFilter.GaussianBlur(soft_px))
    return levels(image)


def regions(photograph: Floats, count: int, chance: Chance, soft_px: float = 0.8) -> list[Floats]:
    """Masks of `count` regions of like colour and place, which together cover the photograph."""
    height, width = photograph.shape[:2]
    scale = SMALL_PX / max(height, width)
    image = Image.fromarray((np.clip(photograph, 0, 1) * 255).astype(np.uint8))
    small = image.resize((max(8, round(width * scale)), max(8, round(height * scale)))).filter(ImageFilter.BoxBlur(1))
    colours = levels(small)
    y, x = np.mgrid[0 : small.height, 0 : small.width].astype(np.float32) / SMALL_PX
    points = np.concatenate([colours, x[..., None] * 0.9, y[..., None] * 0.9], axis=2).reshape(-1, 5)
    centres = points[chance.choice(len(points), count, replace=False)]
    nearest = np.zeros(len(points), int)
    for _ in range(6):
        nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        for k in range(count):
            if (nearest == k).any():
                centres[k] = points[nearest == k].mean(axis=0)
    fields = [(nearest == k).reshape(small.height, small.width).astype(np.float32) for k in range(count)]
    return [resized(field, (width, height), soft_px) for field in fields]


def strips(photograph: Floats, count: int, chance: Chance) -> list[Floats]:
    """Masks of vertical strips, such as the bays of a façade, or of a floor below a wall."""
    height, width = photograph.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / (height, width)[0]
    at = (x * height / width) + chance.uniform(-0.1, 0.1) * y if chance.random() < 0.7 else y + 0.1 * x
    edges = np.sort(chance.uniform(0.1, 0.9, count - 1))
    band = np.digitize(at, edges)
    return [(band == k).astype(np.float32) for k in range(count)]


def sampled(photograph: Floats, x: Floats, y: Floats) -> Floats:
    """Sample a photograph bilinearly at each position; outside of it, its edge is repeated."""
    height, width = photograph.shape[:2]
    x, y = np.clip(x, 0, width - 1.01), np.clip(y, 0, height - 1.01)
    left, top = x.astype(np.int32), y.astype(np.int32)
    across, down = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    upper = photograph[top, left] * (1 - across) + photograph[top, left + 1] * across
    lower = photograph[top + 1, left] * (1 - across) + photograph[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


def parallax(photograph: Floats, chance: Chance) -> Floats:
    """Move two to six slanted layers by different amounts, up to 3 % of the width, the nearest one last."""
    height, width = photograph.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    count = int(chance.integers(2, 7))
    layers = regions(photograph, count, chance) if chance.random() < 0.7 else strips(photograph, count, chance)
    most = float(np.exp(chance.uniform(np.log(0.004), np.log(0.03)))) * width
    angle = chance.normal(0, 0.25)
    amounts = np.sort(chance.uniform(0, most, count))
    amounts[0], amounts[-1] = 0, most
    moved = photograph.copy()
    for k, mask in enumerate(layers):
        slant = chance.uniform(-0.4, 0.4, 2) * most * (chance.random() < 0.6)
        amount = amounts[k] + slant[0] * (x / width - 0.5) + slant[1] * (y / height - 0.5)
        from_x, from_y = x + amount * np.cos(angle), y + amount * np.sin(angle)
        there = sampled(mask[..., None], from_x, from_y)
        moved = moved * (1 - there) + sampled(photograph, from_x, from_y) * there
    return moved


def framed_anew(photograph: Floats, chance: Chance, most: float) -> Floats:
    """The part of a photograph that a camera sees that is held a bit differently: shifted, turned and cropped."""
    height, width = photograph.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    share, angle = 1 - 2 * most, chance.normal(0, 0.006)
    dx, dy = chance.uniform(-most, most, 2)
    u, v = (x / width - 0.5) * share, (y / height - 0.5) * share
    bend = 1 + chance.normal(0, 0.01) * u + chance.normal(0, 0.01) * v
    from_x = (u + angle * v * height / width) / bend + 0.5 + dx
    from_y = (v - angle * u * width / height) / bend + 0.5 + dy
    return sampled(photograph, from_x * width, from_y * height)


def local_light(photograph: Floats, chance: Chance) -> Floats:
    """Change the light in parts: shadows with edges, spots of lamps, other light on single things, another sky."""
    height, width = photograph.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    gain = np.ones((height, width, 3), np.float32)
    for _ in range(chance.integers(1, 4)):
        kind = chance.choice(["shadow", "lamp", "region", "region", "sky"])
        if kind == "shadow":
            mask = _shadow((width, height), chance)
            gain *= 1 + mask[..., None] * (chance.uniform(0.4, 0.8) - 1)
        elif kind == "lamp":
            centre, radius = chance.uniform(0.1, 0.9, 2), chance.uniform(0.08, 0.3)
            spot = np.exp(-((x - centre[0]) ** 2 + ((y - centre[1]) * height / width) ** 2) / radius**2)
            gain *= 1 + spot[..., None] * chance.uniform(0.4, 1.6) * np.array([1, 0.85, 0.6], np.float32)
        elif kind == "region":
            for mask in regions(photograph, int(chance.integers(4, 9)), chance, 1.5):
                if chance.random() < 0.5:
                    gain *= 1 + mask[..., None] * (np.exp(chance.normal(0, 0.35)) - 1)
        else:
            edge = 1 / (1 + np.exp((y - chance.uniform(0.3, 0.6)) / chance.uniform(0.01, 0.08)))
            tint = np.exp(chance.normal(0, 0.3)) * np.exp(chance.normal(0, 0.1, 3))
            gain *= 1 + edge[..., None] * (tint.astype(np.float32) - 1)
    lit = np.clip(photograph**2.2 * gain, 0, 1) ** (1 / 2.2)
    return np.asarray(np.clip(lit, 0, 1) ** chance.uniform(0.75, 1.3), np.float32)


def things_moved(photograph: Floats, other: Floats, chance: Chance) -> Floats:
    """Put one to four things, cut out of this photograph or of another one, at other places."""
    height, width = photograph.shape[:2]
    changed = photograph.copy()
    for _ in range(chance.integers(1, 5)):
        source = photograph if chance.random() < 0.5 else other
        tall = chance.uniform(0.15, 0.5) * height
        wide = tall * chance.uniform(0.3, 1.1)
        mask = _thing((max(6, round(wide)), max(6, round(tall))), chance)
        rows, columns = mask.shape
        if rows >= min(height, source.shape[0]) or columns >= min(width, source.shape[1]):
            continue
        top, left = int(chance.integers(0, source.shape[0] - rows)), int(chance.integers(0, source.shape[1] - columns))
        low = int(chance.uniform(0.2, 1) * (height - rows))
        at = int(chance.integers(0, width - columns))
        if source is photograph and chance.random() < 0.4:  # a thing is gone: what is beside it is seen there
            top = low
        cut = source[top : top + rows, left : left + columns] * chance.uniform(0.75, 1.2)
        here = changed[low : low + rows, at : at + columns]
        here[:] = here * (1 - mask[..., None]) + np.clip(cut, 0, 1) * mask[..., None]
    return changed


def changed_share(one: Floats, other: Floats) -> float:
    """Share of the blocks whose light changed otherwise than in most blocks: what no exposure explains."""
    ratio = np.log((_blocks(other) + BLACK) / (_blocks(one) + BLACK))
    return float((np.abs(ratio - np.median(ratio)) > CHANGED).mean())


def exposed(photograph: Floats, chance: Chance) -> Image.Image:
    """What a camera makes of it: another exposure and white balance, a tone curve, noise."""
    gains = chance.uniform(0.9, 1.12) * np.exp(chance.normal(0, 0.015, 3))
    taken = np.clip(photograph * gains, 0, 1) ** chance.uniform(0.9, 1.12)
    taken = taken + chance.normal(0, chance.uniform(0.003, 0.013), taken.shape)
    return Image.fromarray((np.clip(taken, 0, 1) * 255).astype(np.uint8))


def _blocks(photograph: Floats) -> Floats:
    """The mean brightness of each block, (BLOCKS, BLOCKS)."""
    image = Image.fromarray((np.clip(photograph, 0, 1) * 255).astype(np.uint8)).convert("L")
    return levels(image.resize((BLOCKS, BLOCKS), Image.Resampling.BOX))


def _shadow(size: tuple[int, int], chance: Chance) -> Floats:
    width, height = size
    layer = Image.new("L", size)
    middle, reach = chance.uniform(0.1, 0.9, 2), chance.uniform(0.15, 0.6)
    angles = np.sort(chance.uniform(0, 2 * np.pi, int(chance.integers(3, 7))))
    corners = [
        (float(width * (middle[0] + reach * np.cos(a) * r)), float(height * (middle[1] + reach * np.sin(a) * r)))
        for a, r in zip(angles, chance.uniform(0.5, 1.3, len(angles)), strict=True)
    ]
    ImageDraw.Draw(layer).polygon(corners, fill=255)
    soft = layer.filter(ImageFilter.GaussianBlur(width * float(chance.choice([0.002, 0.01, 0.04]))))
    return levels(soft)


def _thing(size: tuple[int, int], chance: Chance) -> Floats:
    """The outline of a person or of an irregular thing, its edge feathered."""
    layer = Image.new("L", size)
    draw, (width, height) = ImageDraw.Draw(layer), size
    if chance.random() < 0.4:
        head = 0.16 * height
        draw.ellipse((width / 2 - head / 2, 0, width / 2 + head / 2, head), fill=255)
        draw.rounded_rectangle((width * 0.15, head * 0.9, width * 0.85, height * 0.6), width * 0.2, fill=255)
        draw.rectangle((width * 0.25, height * 0.5, width * 0.48, height), fill=255)
        draw.rectangle((width * 0.52, height * 0.5, width * 0.75, height), fill=255)
    else:
        angles = np.linspace(0, 2 * np.pi, 17)[:-1]
        radii = np.clip(chance.normal(0.42, 0.07, 16), 0.2, 0.5)
        corners = [
            (float(width * (0.5 + r * np.cos(a))), float(height * (0.5 + r * np.sin(a))))
            for a, r in zip(angles, radii, strict=True)
        ]
        draw.polygon(corners, fill=255)
    soft = layer.filter(ImageFilter.GaussianBlur(float(chance.uniform(0.5, 2.5))))
    return levels(soft)
