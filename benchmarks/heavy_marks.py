"""Marks that cover much of an image or change all of it, for the fit of the score.

They share no font, colour or drawing with `unseen_marks.py`, which only judges. Each takes an image and a source of
chance, and returns the marked image.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from benchmarks.further_marks import COLOURS, SENTENCES, WORDS, Pixels, over

LIGHT_OR_DARK = ((255, 255, 255), (0, 0, 0), (210, 210, 210), (90, 90, 90))


def tiled_text(p: Pixels, c: random.Random) -> Pixels:
    """Repeat a name over the whole image, in rows at any angle, thin or bold, near or far."""
    side = round(math.hypot(*p.size))
    layer = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(layer)
    size = max(8.0, p.width * c.uniform(0.03, 0.09))
    word, colour = c.choice((*WORDS[:-2], *SENTENCES)), (*c.choice(LIGHT_OR_DARK), round(255 * c.uniform(0.3, 0.8)))
    wide = draw.textlength(word, font=_face(size)) * c.uniform(1.02, 1.5)
    high, stroke = size * c.uniform(1.15, 2.4), c.choice((0, 0, round(size / 15)))
    for row in range(math.ceil(side / high) + 1):
        for column in range(-1, math.ceil(side / wide) + 1):
            place = ((column + (row % 2) * 0.5) * wide, row * high)
            draw.text(place, word, font=_face(size), fill=colour, stroke_width=stroke)
    return _turned_over(p, layer, c.choice((0, c.uniform(-60, 60), 45)))


def text_band(p: Pixels, c: random.Random) -> Pixels:
    """Lay a broad band with large text across the image, at any height, level or slanted."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    high = p.height * c.uniform(0.18, 0.45)
    middle = c.uniform(high / 2, p.height - high / 2)
    ground, ink = c.sample(COLOURS, 2)
    box = (-p.width, middle - high / 2, 2 * p.width, middle + high / 2)
    draw.rectangle(box, fill=(*ground, c.choice((90, 140, 200, 255))))
    for line in range(c.choice((1, 1, 2))):
        text = c.choice((*SENTENCES, *WORDS[:-2]))
        size = min(high * 0.6, p.width * c.uniform(0.6, 0.95) / len(text) * 1.9)
        place = (p.width / 2, middle + (line - 0.25) * high * 0.4)
        draw.text(place, text, font=_face(size), anchor="mm", fill=(*ink, 255))
    return over(p, layer.rotate(c.choice((0, 0, c.uniform(-20, 20))), Image.Resampling.BILINEAR))


def screenshot(p: Pixels, c: random.Random) -> Pixels:
    """Show the image on a phone or in a browser: bars above and below it, beside it, or over its edges."""
    above, below = (round(p.height * c.uniform(0.04, 0.16)) for _ in range(2))
    beside = c.choice((0, 0, round(p.width * c.uniform(0.05, 0.2))))
    ground = c.choice(((255, 255, 255), (0, 0, 0), (28, 28, 30), (242, 242, 247)))
    if c.random() < 0.5:
        page = ImageOps.expand(p, (beside, above, 0, below), ground)
    else:
        page = p.copy()
        for box in ((0, 0, p.width, above), (0, p.height - below, p.width, p.height), (0, 0, beside, p.height)):
            page.paste(ground, box)
    draw, ink = ImageDraw.Draw(page), (128, 128, 128) if c.random() < 0.3 else tuple(255 - level for level in ground)
    y, r = above / 2, above * 0.2
    draw.text((above, y), f"{c.randint(0, 23)}:{c.randint(10, 59)}", font=_face(above * 0.5), anchor="lm", fill=ink)
    for number in range(c.randint(1, 4)):
        x = page.width - (number + 1) * 3 * r
        draw.rounded_rectangle((x - r, y - r, x + r, y + r), r / 2, outline=ink, width=max(1, round(r / 4)))
    y, r = page.height - below / 2, below * 0.22
    many = c.randint(3, 5)
    for number in range(many):
        x = page.width * (number + 0.5) / many
        draw.regular_polygon((x, y, r), c.choice((3, 4, 5, 8)), c.uniform(0, 90), outline=ink)
    return page


def stickers(p: Pixels, c: random.Random) -> Pixels:
    """Stick stars, hearts, strips or discs with prices anywhere."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    for _ in range(c.randint(1, 4)):
        r = min(p.size) * c.uniform(0.07, 0.2)
        x, y = p.width * c.uniform(0.08, 0.92), p.height * c.uniform(0.08, 0.92)
        colour, kind = (*c.choice(COLOURS), c.choice((180, 255, 255))), c.randrange(4)
        if kind == 0:
            turn, points = c.uniform(0, 1), c.choice((5, 8, 12))
            rays = [(r * (1 if k % 2 else 0.55), math.pi * k / points + turn) for k in range(2 * points)]
            draw.polygon([(x + d * math.cos(a), y + d * math.sin(a)) for d, a in rays], fill=colour)
        elif kind == 1:
            draw.ellipse((x - r, y - r, x, y), fill=colour)
            draw.ellipse((x, y - r, x + r, y), fill=colour)
            draw.polygon(((x - r, y - r / 3), (x + r, y - r / 3), (x, y + r)), fill=colour)
        elif kind == 2:
            draw.rectangle((x - 1.6 * r, y - r / 2, x + 1.6 * r, y + r / 2), fill=colour)
        else:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour, outline=(*c.choice(COLOURS), 255), width=3)
        if c.random() < 0.7:
            text = c.choice((f"{c.randint(29, 399)}.-", f"{c.randint(10, 60)}%", "hot", "best", "9.1"))
            draw.text((x, y), text, font=_face(r * 0.6), anchor="mm", fill=(*c.choice(COLOURS[:2]), 255))
    return over(p, layer)


def halos(p: Pixels, c: random.Random) -> Pixels:
    """Sharpen until halos show, at one or two scales, once or twice."""
    for _ in range(c.choice((1, 1, 2))):
        longest = max(p.size) / 640
        p = p.filter(ImageFilter.UnsharpMask(longest * c.uniform(0.7, 5), c.randint(150, 400), 0))
    return ImageEnhance.Sharpness(p).enhance(c.uniform(2, 6)) if c.random() < 0.4 else p


def few_tones(p: Pixels, c: random.Random) -> Pixels:
    """Keep few levels a channel, or few colours with or without a raster of dots."""
    if c.random() < 0.5:
        return ImageOps.posterize(p, c.choice((2, 2, 3)))
    dither = c.choice((Image.Dither.NONE, Image.Dither.FLOYDSTEINBERG))
    small = p.quantize(c.choice((6, 10, 16, 32)), dither=Image.Dither.NONE)
    return p.quantize(palette=small, dither=dither).convert("RGB")


def colour_cast(p: Pixels, c: random.Random) -> Pixels:
    """Tint the whole image strongly: each channel times another factor, or one colour laid over it."""
    if c.random() < 0.5:
        x = np.asarray(p, np.float32) * np.array([c.uniform(0.4, 1.15) for _ in range(3)], np.float32)
        return Image.fromarray(np.clip(x + 0.5, 0, 255).astype(np.uint8))
    return Image.blend(p, Image.new("RGB", p.size, c.choice(COLOURS)), c.uniform(0.2, 0.55))


def round_corners(p: Pixels, c: random.Random) -> Pixels:
    """Round the corners, with a border or a margin, on a page of any colour."""
    mask = Image.new("L", p.size)
    box, r = (0, 0, p.width - 1, p.height - 1), min(p.size) * c.uniform(0.06, 0.3)
    ImageDraw.Draw(mask).rounded_rectangle(box, r, fill=255)
    colour, margin = c.choice(COLOURS), c.choice((0, 0, round(min(p.size) * c.uniform(0.02, 0.08))))
    page = Image.new("RGB", p.size, colour)
    page.paste(p, mask=mask)
    if c.random() < 0.4:
        width = max(1, round(min(p.size) * c.uniform(0.01, 0.03)))
        ImageDraw.Draw(page).rounded_rectangle(box, r, outline=c.choice(COLOURS), width=width)
    return ImageOps.expand(page, margin, colour)


def square_code(p: Pixels, c: random.Random) -> Pixels:
    """Print a code of squares or of bars, with a margin and some with a line of text, in a corner or in the middle."""
    cells = c.choice((21, 25, 29))
    drawn = np.random.default_rng(c.getrandbits(32)).integers(0, 2, (cells, cells), dtype=np.uint8) * 255
    if c.random() < 0.3:
        drawn[:] = drawn[0]
    else:
        for row, column in ((0, 0), (0, cells - 7), (cells - 7, 0)):
            drawn[row : row + 7, column : column + 7] = 0
            drawn[row + 1 : row + 6, column + 1 : column + 6] = 255
            drawn[row + 2 : row + 5, column + 2 : column + 5] = 0
    side = max(cells, round(min(p.size) * c.uniform(0.16, 0.36)))
    code = Image.fromarray(drawn).resize((side, side), Image.Resampling.NEAREST).convert("RGB")
    code = ImageOps.expand(code, max(2, side // 12), (255, 255, 255))
    page = p.copy()
    at = c.choice((0.0, 0.03, 0.5, 0.97, 1.0)), c.choice((0.0, 0.03, 0.5, 0.97, 1.0))
    page.paste(code, (round(at[0] * (p.width - code.width)), round(at[1] * (p.height - code.height))))
    return page


def hatched(p: Pixels, c: random.Random) -> Pixels:
    """Draw lines over the whole image, in one direction or two, thin or broad, faint or strong."""
    side = round(math.hypot(*p.size))
    layer = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(layer)
    colour = (*c.choice(LIGHT_OR_DARK), round(255 * c.uniform(0.15, 0.6)))
    gap, width = p.width * c.uniform(0.03, 0.14), max(1, round(p.width * c.uniform(0.003, 0.014)))
    crossed = c.random() < 0.5
    for line in range(math.ceil(side / gap)):
        draw.line((0, line * gap, side, line * gap), fill=colour, width=width)
        if crossed:
            draw.line((line * gap, 0, line * gap, side), fill=colour, width=width)
    return _turned_over(p, layer, c.choice((45, 30, c.uniform(0, 90))))


def giant_letters(p: Pixels, c: random.Random) -> Pixels:
    """Write one word as large as the image, filled or as outlines, faint or strong."""
    word = c.choice(("SOLD", "DEMO", "Hotel", "Sample", "(c)", "2024", "DRAFT", "Promo"))
    layer = Image.new("RGBA", p.size)
    size = p.width * c.uniform(0.7, 1.1) / len(word) * 1.7
    colour, alpha = c.choice(COLOURS), round(255 * c.uniform(0.2, 0.75))
    outlined = c.random() < 0.3
    ImageDraw.Draw(layer).text(
        (p.width / 2, p.height * c.uniform(0.35, 0.65)), word, font=_face(size), anchor="mm",
        fill=(*colour, 0 if outlined else alpha), stroke_width=round(size / 25) if outlined else 0,
        stroke_fill=(*colour, alpha),
    )  # fmt: skip
    return over(p, layer.rotate(c.choice((0, c.uniform(-40, 40))), Image.Resampling.BILINEAR))


def shaded_edge(p: Pixels, c: random.Random) -> Pixels:
    """Fade one side or two to a colour, and write a title and a line on it."""
    colour, ink = c.sample(COLOURS[:2] + COLOURS[3:5], 2)
    reach, most = c.uniform(0.25, 0.6), c.uniform(150, 255)
    along = np.clip((np.linspace(0, 1, p.height) - 1 + reach) / reach, 0, 1) * most
    if c.random() < 0.3:
        along = np.maximum(along, along[::-1])
    shade = Image.fromarray(np.repeat(along.astype(np.uint8)[:, None], p.width, axis=1))
    page = p.copy()
    page.paste(colour, (0, 0), shade)
    draw, size = ImageDraw.Draw(page), p.height * c.uniform(0.05, 0.12)
    draw.text((p.width * 0.05, p.height * 0.82), c.choice(SENTENCES), font=_face(size), anchor="lm", fill=ink)
    draw.text((p.width * 0.05, p.height * 0.93), c.choice(WORDS), font=_face(size * 0.6), anchor="lm", fill=ink)
    return page


def two_marks(p: Pixels, c: random.Random) -> Pixels:
    """Put two of the others on the image, one after the other."""
    for mark in c.sample(HEAVY_MARKS[:-1], 2):
        p = mark(p, c)
    return p


HEAVY_MARKS: tuple[Callable[[Pixels, random.Random], Pixels], ...] = (
    tiled_text, text_band, screenshot, stickers, halos, few_tones, colour_cast, round_corners, square_code, hatched,
    giant_letters, shaded_edge, two_marks,
)  # fmt: skip


def _face(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, round(size)))


def _turned_over(image: Pixels, square: Pixels, degrees: float) -> Pixels:
    """Turn a square that is as wide as the image's diagonal, and lay its middle over the image."""
    turned = square.rotate(degrees, Image.Resampling.BILINEAR)
    x, y = (square.width - image.width) // 2, (square.height - image.height) // 2
    return over(image, turned.crop((x, y, x + image.width, y + image.height)))
