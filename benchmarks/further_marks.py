"""The marks, signs and panels of `further_attacks.py`. They share no font or logo with the product's attacks."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

Pixels = Image.Image
WORDS = ("ABC Tours", "my-trip.test", "Hotel Direkt", "Nordlys", "SOLEIL", "©2024 J. Doe", "www.beds.test", "Z", "Oui!")
SENTENCES = ("Deluxe king", "Check in from 15:00", "Rooftop bar & grill", "Best price today", "Kids stay free")
COLOURS = ((255, 255, 255), (0, 0, 0), (245, 130, 30), (30, 160, 120), (120, 30, 130), (250, 235, 90), (60, 70, 80))


def logo(p: Pixels, c: random.Random) -> Pixels:
    """Put a logo of simple shapes near an edge, some with initials."""
    side = max(12, round(min(p.size) * c.uniform(0.08, 0.22)))
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    x = c.choice((0.02, 0.5, 0.98)) * (p.width - side)
    y = c.choice((0.02, 0.98)) * (p.height - side)
    colour = (*c.choice(COLOURS), c.choice((110, 170, 255)))
    kind = c.randrange(4)
    if kind == 0:
        draw.regular_polygon((x + side / 2, y + side / 2, side / 2), c.choice((3, 5, 6)), c.uniform(0, 60), fill=colour)
    elif kind == 1:
        draw.arc((x, y, x + side, y + side), 20, 320, fill=colour, width=max(2, side // 6))
    elif kind == 2:
        for step in range(3):
            draw.rectangle(
                (x + step * side / 3, y + step * side / 5, x + (step + 0.7) * side / 3, y + side), fill=colour
            )
    else:
        draw.pieslice((x, y, x + side, y + side), 200, 340, fill=colour)
    _text(draw, (x + side / 2, y + side * 0.6), c.choice(WORDS)[:2], side * 0.4, (*c.choice(COLOURS), 220))
    return over(p, layer)


def slanted_name(p: Pixels, c: random.Random) -> Pixels:
    """Write a name anywhere, turned by any angle, thin or bold, strong or faint."""
    word = c.choice(WORDS[:-2])
    sheet = Image.new("RGBA", p.size)
    size = p.width * c.uniform(0.12, 0.5) / len(word) * 1.8
    place = (p.width * c.uniform(0.3, 0.7), p.height * c.uniform(0.1, 0.9))
    colour = (*c.choice(COLOURS), round(255 * c.uniform(0.25, 0.9)))
    _text(ImageDraw.Draw(sheet), place, word, size, colour, stroke=c.choice((0, 0, 1)))
    return over(p, sheet.rotate(c.choice((0, 0, 90, c.uniform(-45, 45))), Image.Resampling.BILINEAR))


def date_stamp(p: Pixels, c: random.Random) -> Pixels:
    """Stamp a date into a corner, as cameras did."""
    layer = Image.new("RGBA", p.size)
    stamp = f"{c.randint(1, 28):02}.{c.randint(1, 12):02}.{c.randint(1999, 2024)}"
    place = (p.width * c.choice((0.15, 0.85)), p.height * c.choice((0.06, 0.94)))
    _text(ImageDraw.Draw(layer), place, stamp, p.width * c.uniform(0.025, 0.045), (255, c.randint(90, 200), 20, 230))
    return over(p, layer)


def address_line(p: Pixels, c: random.Random) -> Pixels:
    """Write a small address along an edge, on a thin band or without one."""
    high = max(9, round(p.height * c.uniform(0.03, 0.06)))
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    y = c.choice((0, p.height - high))
    if c.random() < 0.6:
        draw.rectangle((0, y, p.width, y + high), fill=(*c.choice(COLOURS), c.choice((90, 160, 255))))
    place = (p.width * c.uniform(0.3, 0.7), y + high / 2)
    _text(draw, place, f"{c.choice(WORDS)} / {c.choice(SENTENCES)}", high * 0.75, (*c.choice(COLOURS), 240))
    return over(p, layer)


def pattern(p: Pixels, c: random.Random) -> Pixels:
    """Repeat a faint sign in a grid: crosses, rings, dots or a word."""
    alpha = round(255 * c.uniform(0.15, 0.5))
    gap = max(16, round(p.width * c.uniform(0.07, 0.2)))
    colour, kind, r = (*c.choice(COLOURS[:2]), alpha), c.randrange(4), gap * c.uniform(0.12, 0.3)
    word, wide = c.choice(WORDS[:-2]), max(1, gap // 30)
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    for row, y in enumerate(range(gap // 2, p.height, gap)):
        for x in range(gap // 2 + (row % 2) * gap // 2, p.width, gap):
            if kind == 0:
                draw.line((x - r, y, x + r, y), fill=colour, width=wide)
                draw.line((x, y - r, x, y + r), fill=colour, width=wide)
            elif kind == 1:
                draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=wide)
            elif kind == 2:
                draw.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), fill=colour)
            else:
                _text(draw, (x, y), word, gap / len(word) * 1.4, colour)
    return over(p, layer)


def across(p: Pixels, c: random.Random) -> Pixels:
    """Cross the image out with one or two lines, or put a sign of a video over its middle."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    w, h = p.size
    colour = (*c.choice(COLOURS), round(255 * c.uniform(0.3, 0.8)))
    if c.random() < 0.5:
        draw.line((0, 0, w, h), fill=colour, width=max(2, w // 120))
        if c.random() < 0.6:
            draw.line((0, h, w, 0), fill=colour, width=max(2, w // 120))
        return over(p, layer)
    r = min(w, h) * c.uniform(0.1, 0.2)
    draw.ellipse((w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r), fill=(0, 0, 0, 130))
    draw.polygon(((w / 2 - r / 3, h / 2 - r / 2), (w / 2 - r / 3, h / 2 + r / 2), (w / 2 + r / 2, h / 2)), fill=colour)
    return over(p, layer)


def info_box(p: Pixels, c: random.Random) -> Pixels:
    """Put a box with two lines of text over a part of the image."""
    w, h = p.width * c.uniform(0.3, 0.6), p.height * c.uniform(0.12, 0.3)
    x, y = (p.width - w) * c.random(), (p.height - h) * c.choice((0.05, 0.5, 0.9, 1.0))
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle(
        (x, y, x + w, y + h), h * c.choice((0, 0.2)), fill=(*c.choice(COLOURS), c.choice((120, 200, 255)))
    )
    for line in (0.3, 0.7):
        _text(draw, (x + w / 2, y + h * line), c.choice(SENTENCES), h * 0.25, (*c.choice(COLOURS), 255))
    return over(p, layer)


def code(p: Pixels, c: random.Random) -> Pixels:
    """Put a square of black and white modules, a bubble with a price, or a flag in a corner."""
    side = max(21, round(min(p.size) * c.uniform(0.14, 0.28)))
    x, y = c.choice((0, p.width - side)), c.choice((0, p.height - side))
    kind = c.randrange(3)
    if kind == 0:
        cells = np.random.default_rng(c.getrandbits(32)).integers(0, 2, (21, 21), dtype=np.uint8) * 255
        out = p.copy()
        out.paste(Image.fromarray(cells).resize((side, side), Image.Resampling.NEAREST).convert("RGB"), (x, y))
        return out
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    colour = (*c.choice(COLOURS[2:]), c.choice((200, 255)))
    if kind == 1:
        draw.ellipse((x, y, x + side, y + side * 0.8), fill=colour)
    else:
        draw.rectangle((x, y + side * 0.2, x + side, y + side * 0.55), fill=colour)
    _text(draw, (x + side / 2, y + side * 0.4), f"{c.randint(39, 420)},-", side * 0.3, (255, 255, 255, 255))
    return over(p, layer)


def panel(p: Pixels, c: random.Random) -> Pixels:
    """Add a panel with text beside, above or below the image, or lay it over a side."""
    share = c.uniform(0.08, 0.25)
    beside = c.random() < 0.5
    deep = round((p.width if beside else p.height) * share)
    first = c.random() < 0.5
    colour = c.choice(COLOURS)
    across_it, down_it = (deep if beside else 0), (0 if beside else deep)
    border = (across_it, down_it, 0, 0) if first else (0, 0, across_it, down_it)
    page = ImageOps.expand(p, border, colour) if c.random() < 0.6 else p.copy()
    draw = ImageDraw.Draw(page)
    w, h = page.size
    box = (
        (0 if first else w - deep, 0, deep if first else w, h)
        if beside
        else (0, 0 if first else h - deep, w, deep if first else h)
    )
    draw.rectangle(box, fill=colour)
    _text(draw, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), c.choice(SENTENCES), deep * 0.3, c.choice(COLOURS))
    return page


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: float,
    colour: tuple[int, ...],
    stroke: int = 0,
) -> None:
    font = ImageFont.load_default(max(8, round(size)))
    draw.text(place, text, font=font, anchor="mm", fill=colour, stroke_width=stroke, stroke_fill=colour)


def over(image: Pixels, layer: Pixels) -> Pixels:
    """Lay a layer over an image."""
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")
