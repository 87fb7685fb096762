"""Marks that cover much of an image, by other means than `heavy_marks.py`: no weight is ever fitted on them.

With the attacks of `unseen_attacks.py` they judge whether copies under marks that no fit has seen are found. Each takes
an image and a source of chance, and returns the marked image.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.unseen_attacks import LINES, NAMES, Pixels, font, over


def words_everywhere(p: Pixels, c: random.Random) -> Pixels:
    """Write a name again and again over everything, slanted, one line close below the other."""
    sheet = Image.new("RGBA", (2 * p.width, 2 * p.height))
    face = font(p.width * c.uniform(0.045, 0.075), c)
    line = f"{c.choice(NAMES)}   " * 20
    high = sum(ImageDraw.Draw(sheet).textbbox((0, 0), line, font=face)[1::2])
    colour = (*c.choice(((255, 255, 255), (255, 255, 255), (0, 0, 0))), round(255 * c.uniform(0.35, 0.6)))
    for row in range(0, 2 * p.height, round(high * c.uniform(1.3, 1.9))):
        ImageDraw.Draw(sheet).text((-c.uniform(0, 0.3) * p.width, row), line, font=face, fill=colour)
    sheet = sheet.rotate(c.uniform(15, 40), Image.Resampling.BICUBIC)
    x, y = p.width // 2, p.height // 2
    return over(p, sheet.crop((x, y, x + p.width, y + p.height)))


def broad_band(p: Pixels, c: random.Random) -> Pixels:
    """Put a broad band with a large line of text over the middle or the foot of the image."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    high = p.height * c.uniform(0.22, 0.34)
    y = c.choice((0.5, 0.66, 1.0)) * (p.height - high)
    draw.rectangle((0, y, p.width, y + high), fill=(*c.choice(((10, 60, 120), (160, 20, 40), (255, 255, 255))), 225))
    line = c.choice(LINES)
    face = font(min(high * 0.5, 1.6 * p.width / len(line)), c)
    draw.text(
        (p.width / 2, y + high / 2), line, font=face, anchor="mm", fill=c.choice(((255, 210, 0), (128, 128, 128)))
    )
    return over(p, layer)


def oversharpened(p: Pixels, c: random.Random) -> Pixels:
    """Sharpen far too much, and save the halos of noise with it."""
    by = c.uniform(2.5, 4)
    x, soft = np.asarray(p, np.float32), np.asarray(p.filter(ImageFilter.GaussianBlur(c.uniform(1, 2.5))), np.float32)
    return Image.fromarray(np.clip(x + by * (x - soft), 0, 255).astype(np.uint8))


def on_a_phone(p: Pixels, c: random.Random) -> Pixels:
    """Photograph a phone's screen by its own button: the image between bars with signs, on black or white."""
    wide = p.width
    tall = round(wide * c.choice((1.0, 1.3, 16 / 9)))
    ground, ink = c.choice((((0, 0, 0), (250, 250, 250)), ((255, 255, 255), (20, 20, 20))))
    page = Image.new("RGB", (wide, max(tall, p.height + wide // 5)), ground)
    page.paste(p, (0, (page.height - p.height) // 2))
    draw, face = ImageDraw.Draw(page), font(wide * 0.045, c)
    draw.text((wide * 0.05, wide * 0.02), "09:41", font=face, fill=ink)
    draw.text((wide * 0.7, wide * 0.02), "5G  84 %", font=face, fill=ink)
    for number in range(4):
        x, y, r = wide * (0.14 + 0.24 * number), page.height - wide * 0.05, wide * 0.02
        draw.rectangle((x - r, y - r, x + r, y + r), outline=ink, width=2)
    return page


def lattice(p: Pixels, c: random.Random) -> Pixels:
    """Draw crossing diagonal lines and an emblem in the middle, as agencies do over what is not paid for."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    colour = (255, 255, 255, round(255 * c.uniform(0.3, 0.55)))
    w, h, many = *p.size, c.randint(2, 5)
    for number in range(-many, 2 * many):
        x = w * number / many
        draw.line((x, 0, x + h, h), fill=colour, width=max(1, w // 150))
        draw.line((x, h, x + h, 0), fill=colour, width=max(1, w // 150))
    r = min(p.size) * 0.12
    draw.ellipse((w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r), outline=colour, width=max(2, w // 80))
    draw.text((w / 2, h / 2), c.choice(NAMES), font=font(r / 2, c), anchor="mm", fill=colour)
    return over(p, layer)


def raster(p: Pixels, c: random.Random) -> Pixels:
    """Print the image in dots of one size, as a newspaper, or show it in lines, as a television."""
    x = np.asarray(p, np.float32)
    rows, columns = np.mgrid[: p.height, : p.width]
    step = c.choice((3, 4, 5))
    dots = np.sin(rows * 2 * np.pi / step) * (np.sin(columns * 2 * np.pi / step) if c.random() < 0.5 else 1)
    return Image.fromarray(np.clip(x + c.uniform(25, 60) * dots[..., None], 0, 255).astype(np.uint8))


UNSEEN_MARKS: tuple[Callable[[Pixels, random.Random], Pixels], ...] = (
    words_everywhere, broad_band, oversharpened, on_a_phone, lattice, raster,
)  # fmt: skip
