"""Further attacks on images, for the fit of the best image: more kinds and strengths than the product's recipes have.

They share no font, logo or filter with `lab/grouping/attacks.py` or with `unseen_attacks.py`, which only judges. Each
takes an image and a source of chance, and returns the attacked image.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from benchmarks.further_marks import (
    COLOURS,
    Pixels,
    across,
    address_line,
    code,
    date_stamp,
    info_box,
    logo,
    panel,
    pattern,
    slanted_name,
)


def cut_sides(p: Pixels, c: random.Random) -> Pixels:
    """Cut another share off each of the four sides."""
    w, h = p.size
    left, right, top, bottom = (c.choice((0.0, c.uniform(0.02, 0.15))) for _ in range(4))
    if left + right + top + bottom < 0.05:
        left = 0.1
    return p.crop((round(left * w), round(top * h), round(w * (1 - right)), round(h * (1 - bottom))))


def cut_to_shape(p: Pixels, c: random.Random) -> Pixels:
    """Cut to the shape of a website's slot."""
    shape = c.choice((0.8, 1.0, 1.91, 2.2, 16 / 9, 1.2))
    w, h = (p.width, round(p.width / shape)) if p.width / p.height < shape else (round(p.height * shape), p.height)
    if w * h > 0.95 * p.width * p.height:
        w, h = round(0.85 * p.width), round(0.85 * p.height)
    x, y = round((p.width - w) * c.random()), round((p.height - h) * c.random())
    return p.crop((x, y, x + w, y + h))


def turned(p: Pixels, c: random.Random) -> Pixels:
    """Turn by a few degrees, and cut the empty corners off or leave them black."""
    degrees = c.choice((-1, 1)) * c.uniform(1.5, 5)
    out = p.rotate(degrees, Image.Resampling.BILINEAR)
    if c.random() < 0.5:
        return out
    lost = math.tan(math.radians(abs(degrees)))
    x, y = round(lost * p.height * 0.55), round(lost * p.width * 0.55)
    return out.crop((x, y, p.width - x, p.height - y)) if x * 4 < p.width and y * 4 < p.height else out


def mounted(p: Pixels, c: random.Random) -> Pixels:
    """Mount the image: a double line, a soft shadow on a page, a print with a wide foot, or a strip of film."""
    b = max(3, round(min(p.size) * c.uniform(0.02, 0.09)))
    kind = c.randrange(4)
    if kind == 0:
        return ImageOps.expand(ImageOps.expand(p, b // 2 + 1, c.choice(COLOURS)), b, c.choice(COLOURS))
    if kind == 1:
        page = Image.new("RGB", (p.width + 4 * b, p.height + 4 * b), (255, 255, 255))
        page.paste((90, 90, 90), (2 * b + b // 2, 2 * b + b // 2, 2 * b + p.width + b // 2, 2 * b + p.height + b // 2))
        page = page.filter(ImageFilter.GaussianBlur(b / 2))
        page.paste(p, (2 * b, 2 * b))
        return page
    if kind == 2:
        return ImageOps.expand(p, (b, b, b, 4 * b), c.choice(((255, 255, 255), (250, 246, 236))))
    page = ImageOps.expand(p, (0, 2 * b, 0, 2 * b), (15, 15, 15))
    for x in range(0, page.width, 3 * b):
        for y in (b // 2, page.height - 3 * b // 2):
            ImageDraw.Draw(page).rectangle((x, y, x + b, y + b), fill=(235, 235, 235))
    return page


def filled_page(p: Pixels, c: random.Random) -> Pixels:
    """Put the image on a page of another shape: one colour, two colours, or the image itself, blurred or mirrored."""
    shape = c.choice((1.0, 4 / 3, 16 / 9, 9 / 16, 2.0))
    w, h = (p.width, round(p.width / shape)) if p.width / p.height > shape else (round(p.height * shape), p.height)
    if w * h < 1.06 * p.width * p.height:
        w, h = round(1.2 * p.width), p.height
    kind = c.randrange(4)
    if kind == 0:
        page = p.resize((w, h)).filter(ImageFilter.BoxBlur(w / 30))
    elif kind == 1:
        page = ImageOps.mirror(p).resize((w, h)).point([level // 2 for level in range(256)] * 3)
    else:
        page = Image.new("RGB", (w, h), c.choice(COLOURS))
    page.paste(p, ((w - p.width) // 2, (h - p.height) // c.choice((1, 2))))
    return page


def cut_out(p: Pixels, c: random.Random) -> Pixels:
    """Cut to an ellipse or a rounded shape, or darken towards the corners."""
    kind = c.randrange(3)
    w, h = p.size
    if kind == 2:
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
        return _levels(np.asarray(p, np.float32) * (1 - c.uniform(0.4, 0.7) * (x * x + y * y) / 2)[..., None])
    mask = Image.new("L", p.size)
    if kind == 0:
        ImageDraw.Draw(mask).ellipse((-w * 0.15, -h * 0.15, w * 1.15, h * 1.15), fill=255)
    else:
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, w - 1, h - 1), min(p.size) * c.uniform(0.04, 0.2), fill=255)
    page = Image.new("RGB", p.size, c.choice(COLOURS))
    page.paste(p, mask=mask)
    return page


def squeezed(p: Pixels, c: random.Random) -> Pixels:
    """Squeeze or widen, by any factor or to a usual shape."""
    factor = math.exp(c.choice((-1, 1)) * c.uniform(0.06, 0.22))
    if c.random() < 0.5:
        now = p.width / p.height
        shapes = [s / now for s in (0.75, 1.0, 1.25, 4 / 3, 1.5, 16 / 9) if 0.06 < abs(math.log(s / now)) < 0.25]
        factor = c.choice(shapes or [factor])
    return p.resize((max(1, round(p.width * factor)), p.height), Image.Resampling.HAMMING)


def other_colours(p: Pixels, c: random.Random) -> Pixels:
    """Turn the hues, mix the channels, bend each channel's curve, tint the shadows, or change the saturation."""
    kind = c.randrange(5)
    if kind == 0:
        hue, saturation, value = p.convert("HSV").split()
        by = c.choice((-1, 1)) * c.randint(8, 40)
        return Image.merge("HSV", (hue.point([(level + by) % 256 for level in range(256)]), saturation, value)).convert(
            "RGB"
        )
    if kind == 1:
        return ImageEnhance.Color(p).enhance(c.choice((c.uniform(0.15, 0.55), c.uniform(1.6, 2.4))))
    x = np.asarray(p, np.float32)
    if kind == 2:
        bends = np.array([c.uniform(0.7, 1.4) for _ in range(3)], np.float32)
        return _levels(255 * (x / 255) ** bends)
    if kind == 3:
        tint = np.array(c.choice(COLOURS[2:]), np.float32)
        return _levels(x + (1 - x / 255) * tint * c.uniform(0.2, 0.45))
    mixed = np.eye(3, dtype=np.float32) * 0.7 + np.array(
        [[c.uniform(0, 0.2) for _ in range(3)] for _ in range(3)], np.float32
    )
    return _levels(x @ mixed)


def no_colour(p: Pixels, c: random.Random) -> Pixels:
    """Grey of any mixture of the channels, plain or toned in two colours."""
    weights = np.array([c.random() + 0.1 for _ in range(3)], np.float32)
    grey = _levels(np.repeat((np.asarray(p, np.float32) @ (weights / weights.sum()))[..., None], 3, axis=2)).convert(
        "L"
    )
    if c.random() < 0.4:
        return ImageOps.colorize(
            grey, c.choice(((30, 10, 0), (0, 10, 40))), c.choice(((255, 240, 200), (230, 240, 255)))
        )
    return grey.convert("RGB")


def other_light(p: Pixels, c: random.Random) -> Pixels:
    """Underexposed, overexposed, hard contrast, or stretched until black and white are cut off."""
    x = np.asarray(p, np.float32) / 255
    kind = c.randrange(5)
    if kind == 0:
        return _levels(255 * x * c.uniform(0.3, 0.6))
    if kind == 1:
        return _levels(255 * x ** c.uniform(1.7, 2.6))
    if kind == 2:
        return _levels(255 * (x * c.uniform(1.3, 1.7) + c.uniform(0, 0.12)))
    if kind == 3:
        return _levels(255 * ((x - 0.5) * c.uniform(1.5, 2.2) + 0.5))
    return _levels(255 * x ** c.uniform(0.4, 0.6))


def veiled(p: Pixels, c: random.Random) -> Pixels:
    """Less contrast: lifted blacks, lowered whites, or fog that grows downwards."""
    x = np.asarray(p, np.float32)
    low, high = c.choice(
        ((c.uniform(40, 110), 255), (0, c.uniform(120, 190)), (c.uniform(50, 90), c.uniform(150, 200)))
    )
    if c.random() < 0.7:
        return _levels(low + x / 255 * (high - low))
    fog = np.linspace(0.1, 0.8, p.height, dtype=np.float32)[:, None, None]
    return _levels(x * (1 - fog) + 225 * fog)


def disturbed(p: Pixels, c: random.Random) -> Pixels:
    """Noise of the light (Poisson), of the colours, in lines, or of few grey levels."""
    x = np.asarray(p, np.float32)
    source = np.random.default_rng(c.getrandbits(32))
    kind = c.randrange(4)
    if kind == 0:
        scale = c.uniform(1.5, 6)
        return _levels(source.poisson(x / scale).astype(np.float32) * scale)
    if kind == 1:
        return _levels(x + source.laplace(0, c.uniform(6, 16), x.shape).astype(np.float32))
    if kind == 2:
        return _levels(x + source.normal(0, c.uniform(5, 12), (p.height, 1, 1)).astype(np.float32))
    return ImageOps.posterize(p, c.choice((3, 4)))


def worn(p: Pixels, c: random.Random) -> Pixels:
    """Saved as a very poor JPEG once or thrice, each time at another size, and then again in a good one."""
    for _ in range(c.choice((1, 1, 3))):
        out = io.BytesIO()
        by = c.uniform(0.6, 0.95)
        small = p.resize((max(1, round(p.width * by)), max(1, round(p.height * by))), Image.Resampling.BICUBIC)
        small.save(out, "JPEG", quality=c.randint(12, 32))
        p = Image.open(out).resize(p.size, Image.Resampling.BICUBIC)
    return p


def unsharp(p: Pixels, c: random.Random) -> Pixels:
    """Out of focus, shaken in any direction, zoomed, or smoothed as by a painter."""
    r = max(p.size) * c.uniform(0.0015, 0.004)
    kind = c.randrange(5)
    if kind == 0:
        return p.filter(ImageFilter.GaussianBlur(r))
    if kind == 1:
        return p.filter(ImageFilter.ModeFilter(max(3, 2 * round(r) + 1)))
    x, angle = np.asarray(p, np.float32), c.uniform(0, math.pi)
    if kind == 2:
        steps = np.linspace(-2 * r, 2 * r, 9)
        shifts = [(round(step * math.sin(angle)), round(step * math.cos(angle))) for step in steps]
        return _levels(np.mean([np.roll(x, shift, axis=(0, 1)) for shift in shifts], axis=0))
    if kind == 3:
        ring = [(round(r * math.sin(turn)), round(r * math.cos(turn))) for turn in np.arange(0, 2 * math.pi, 0.5)]
        return _levels(np.mean([np.roll(x, shift, axis=(0, 1)) for shift in [*ring, (0, 0)]], axis=0))
    zoomed = [
        p.resize(p.size, Image.Resampling.BILINEAR, box=(b, b, p.width - b, p.height - b)) for b in (1, 2, 3, 5, 7)
    ]
    return _levels(np.mean([np.asarray(each, np.float32) for each in [p, *zoomed]], axis=0))


def crisp(p: Pixels, c: random.Random) -> Pixels:
    """Sharpened: fine, coarse with halos, by a ready-made filter, twice, or by raising local contrast."""
    kind = c.randrange(5)
    if kind == 0:
        return p.filter(ImageFilter.UnsharpMask(c.uniform(0.8, 2), c.randint(120, 280), c.choice((0, 3))))
    if kind == 1:
        return p.filter(ImageFilter.UnsharpMask(c.uniform(4, 9), c.randint(80, 160), 0))
    if kind == 2:
        return p.filter(ImageFilter.SHARPEN).filter(ImageFilter.SHARPEN)
    if kind == 3:
        return p.filter(c.choice((ImageFilter.EDGE_ENHANCE, ImageFilter.EDGE_ENHANCE_MORE)))
    return ImageChops.overlay(p, p.filter(ImageFilter.GaussianBlur(max(p.size) * 0.02)).convert("L").convert("RGB"))


def enlarged(p: Pixels, c: random.Random) -> Pixels:
    """Enlarged from a thumbnail by any filter, in one step or two, from a good or a poor JPEG."""
    by = c.uniform(1.5, 3.5)
    size = (max(1, round(p.width / by)), max(1, round(p.height / by)))
    small = p.resize(size, c.choice((Image.Resampling.LANCZOS, Image.Resampling.BILINEAR, Image.Resampling.NEAREST)))
    if c.random() < 0.6:
        out = io.BytesIO()
        small.save(out, "JPEG", quality=c.randint(55, 95))
        small = Image.open(out)
    way = c.choice(
        (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)
    )
    if c.random() < 0.3:
        small = small.resize((round(small.width * by**0.5), round(small.height * by**0.5)), way)
    large = small.resize(p.size, way)
    return large.filter(ImageFilter.SHARPEN) if c.random() < 0.3 else large


FURTHER_ATTACKS: tuple[Callable[[Pixels, random.Random], Pixels], ...] = (
    cut_sides, cut_to_shape, turned, logo, slanted_name, date_stamp, address_line, pattern, across, info_box, code,
    panel, mounted, filled_page, cut_out, squeezed, other_colours, no_colour, other_light, veiled, disturbed, worn,
    unsharp, crisp, enlarged,
)  # fmt: skip


def _levels(values: NDArray[np.floating]) -> Pixels:
    return Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))
