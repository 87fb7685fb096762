"""Attacks on images that share nothing with those of the product (`lab/grouping/attacks.py`).

Each takes an image and a source of chance, and returns the attacked image.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = Image.Image
FONTS = sorted(path for path in Path("/usr/share/fonts").rglob("*.ttf") if "Mono" not in path.name)
NAMES = ("voyago", "ROOMFINDER", "Casa & Co.", "stay.direct", "HÔTELIO", "360 Travel", "urlaub24.example", "Ⓒ Photo M.")
LINES = ("Family suite with balcony", "FREE WIFI", "Sea view - from 89 a night", "Restaurant", "Book now, pay later")


def font(size: float, chance: random.Random) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font of this size in pixels, one of those of the machine."""
    return (
        ImageFont.truetype(chance.choice(FONTS), max(8, round(size))) if FONTS else ImageFont.load_default(max(8, size))
    )


def over(image: Pixels, layer: Pixels) -> Pixels:
    """Put a transparent layer on an image."""
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def levels(values: np.ndarray) -> Pixels:
    """An image of these values, rounded and limited to 0…255."""
    return Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))


def crop_light(p: Pixels, c: random.Random) -> Pixels:
    """Crop a little, on all sides alike or on one side only."""
    s = c.uniform(0.05, 0.12)
    if c.random() < 0.5:
        x, y = p.width * s / 2, p.height * s / 2
        return p.crop((round(x), round(y), round(p.width - x), round(p.height - y)))
    return (
        p.crop((0, 0, p.width, round(p.height * (1 - s))))
        if c.random() < 0.5
        else p.crop((round(p.width * s), 0, *p.size))
    )


def crop_strong(p: Pixels, c: random.Random) -> Pixels:
    """Crop to a square or to a banner."""
    if c.random() < 0.5 and max(p.size) / min(p.size) > 1.2:
        side = min(p.size)
        x, y = (p.width - side) // 2, (p.height - side) // 2
        return p.crop((x, y, x + side, y + side))
    keep = c.uniform(0.68, 0.84)
    y = round(p.height * (1 - keep) * c.random())
    return p.crop((0, y, p.width, y + round(p.height * keep)))


def badge(p: Pixels, c: random.Random) -> Pixels:
    """Write a name in a filled box or ellipse in a corner."""
    width = p.width * c.uniform(0.14, 0.3)
    name = c.choice(NAMES)
    face = font(width / len(name) * 1.4, c)
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    box = draw.textbbox((0, 0), name, font=face)
    pad = 0.35 * (box[3] - box[1])
    w, h = box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad
    x = c.choice((0.0, p.width - w, p.width * 0.03, p.width * 0.97 - w))
    y = c.choice((0.0, p.height - h, p.height * 0.03, p.height * 0.97 - h))
    colour = c.choice(((20, 90, 160), (200, 60, 30), (255, 255, 255), (0, 0, 0), (40, 140, 80)))
    shape = draw.ellipse if c.random() < 0.3 else draw.rectangle
    shape((x, y, x + w, y + h), fill=(*colour, c.choice((140, 200, 255))))
    draw.text(
        (x + pad - box[0], y + pad - box[1]),
        name,
        font=face,
        fill=(255, 255, 255, 235) if sum(colour) < 500 else (20, 20, 20, 235),
    )
    return over(p, layer)


def script(p: Pixels, c: random.Random) -> Pixels:
    """Write a name in a corner without a background, some with a shadow."""
    name = c.choice(NAMES)
    face = font(p.width * c.uniform(0.15, 0.3) / len(name) * 1.7, c)
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    box = draw.textbbox((0, 0), name, font=face)
    x = c.choice((p.width * 0.02, p.width * 0.98 - box[2]))
    y = c.choice((p.height * 0.02, p.height * 0.97 - box[3]))
    alpha = round(255 * c.uniform(0.45, 0.95))
    if c.random() < 0.4:
        draw.text((x + 2, y + 2), name, font=face, fill=(0, 0, 0, alpha // 2))
    draw.text((x, y), name, font=face, fill=(*c.choice(((255, 255, 255), (255, 220, 120), (30, 30, 30))), alpha))
    return over(p, layer)


def centre(p: Pixels, c: random.Random) -> Pixels:
    """Draw outlined letters, or a ring with a line, over the middle."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    alpha = round(255 * c.uniform(0.25, 0.55))
    if c.random() < 0.5:
        name = c.choice(NAMES)
        face = font(p.width * c.uniform(0.4, 0.75) / len(name) * 1.7, c)
        draw.text(
            (p.width / 2, p.height * c.uniform(0.4, 0.6)),
            name,
            font=face,
            anchor="mm",
            fill=(255, 255, 255, alpha // 3),
            stroke_width=max(1, p.width // 400),
            stroke_fill=(255, 255, 255, alpha),
        )
    else:
        r = min(p.size) * c.uniform(0.15, 0.3)
        x, y = p.width / 2, p.height / 2
        wide = max(2, round(r * 0.12))
        colour = (*c.choice(((255, 255, 255), (0, 0, 0))), alpha)
        draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=wide)
        draw.line((x - r, y, x + r, y), fill=colour, width=wide)
        draw.line((x, y - r, x, y + r), fill=colour, width=wide)
    return over(p, layer)


def tiled(p: Pixels, c: random.Random) -> Pixels:
    """Cover the image with rows of small names or a net of thin lines."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    alpha = round(255 * c.uniform(0.18, 0.4))
    colour = (*c.choice(((255, 255, 255), (0, 0, 0))), alpha)
    if c.random() < 0.6:
        name, face = c.choice(NAMES), font(p.width * c.uniform(0.025, 0.045), c)
        w, h = draw.textbbox((0, 0), name, font=face)[2:]
        for row, y in enumerate(range(0, p.height, max(12, round(h * c.uniform(2, 4))))):
            for x in range(-(row % 2) * round(w * 0.75), p.width, round(w * 1.5)):
                draw.text((x, y), name, font=face, fill=colour)
    else:
        gap = round(p.width * c.uniform(0.08, 0.18))
        for x in range(-p.height, p.width + p.height, gap):
            draw.line((x, 0, x + p.height, p.height), fill=colour, width=max(1, p.width // 300))
            draw.line((x, p.height, x + p.height, 0), fill=colour, width=max(1, p.width // 300))
    return over(p, layer)


def caption(p: Pixels, c: random.Random) -> Pixels:
    """Add a caption: on a coloured bar, on a fading bar, or on a bar below the image."""
    high = round(p.height * c.uniform(0.09, 0.2))
    face = font(high * 0.45, c)
    line = c.choice(LINES)
    kind = c.randrange(3)
    if kind == 0:
        layer = Image.new("RGBA", p.size)
        draw = ImageDraw.Draw(layer)
        y = c.choice((0, p.height - high))
        draw.rectangle(
            (0, y, p.width, y + high),
            fill=(*c.choice(((0, 70, 130), (120, 20, 40), (245, 245, 240))), c.choice((170, 230, 255))),
        )
        draw.text(
            (p.width / 2, y + high / 2),
            line,
            font=face,
            anchor="mm",
            fill=(250, 250, 250) if c.random() < 0.7 else (20, 20, 20),
        )
        return over(p, layer)
    if kind == 1:
        fade = np.zeros((p.height, p.width, 4), np.uint8)
        fade[-2 * high :, :, 3] = np.linspace(0, 225, len(fade[-2 * high :]))[:, None]
        layer = Image.fromarray(fade)
        ImageDraw.Draw(layer).text((high / 3, p.height - high / 2), line, font=face, anchor="lm", fill=(255, 255, 255))
        return over(p, layer)
    page = Image.new("RGB", (p.width, p.height + high), c.choice(((255, 255, 255), (20, 20, 20), (230, 224, 210))))
    page.paste(p)
    ImageDraw.Draw(page).text((high / 3, p.height + high / 2), line, font=face, anchor="lm", fill=(128, 120, 110))
    return page


def frame(p: Pixels, c: random.Random) -> Pixels:
    """Add a frame of any colour, some with an inner line, some wider below."""
    b = max(2, round(min(p.size) * c.uniform(0.02, 0.08)))
    below = b * c.choice((1, 1, 3))
    page = Image.new(
        "RGB",
        (p.width + 2 * b, p.height + b + below),
        c.choice(((255, 255, 255), (0, 0, 0), (90, 60, 40), (200, 200, 205))),
    )
    page.paste(p, (b, b))
    if c.random() < 0.3:
        ImageDraw.Draw(page).rectangle(
            (b, b, b + p.width - 1, b + p.height - 1), outline=(128, 128, 128), width=max(1, b // 8)
        )
    return page


def letterbox(p: Pixels, c: random.Random) -> Pixels:
    """Put the image on a page of another aspect: of one colour, or the blurred image itself."""
    aspect = c.choice((1.0, 16 / 9, 0.75))
    width, height = (
        (p.width, round(p.width / aspect)) if p.width / p.height > aspect else (round(p.height * aspect), p.height)
    )
    if c.random() < 0.2:
        page = p.resize((width, height)).filter(ImageFilter.GaussianBlur(width / 25))
    else:
        page = Image.new("RGB", (width, height), c.choice(((255, 255, 255), (0, 0, 0), (128, 128, 128), (30, 40, 60))))
    page.paste(p, ((width - p.width) // 2, (height - p.height) // 2))
    return page


def rounded(p: Pixels, c: random.Random) -> Pixels:
    """Cut the corners off, round or straight, on a light or a dark page."""
    r = c.uniform(0.05, 0.15) * min(p.size)
    mask = Image.new("L", p.size, 0)
    draw = ImageDraw.Draw(mask)
    w, h = p.size
    if c.random() < 0.75:
        draw.rounded_rectangle((0, 0, w - 1, h - 1), r, fill=255)
    else:
        draw.polygon(((r, 0), (w - r, 0), (w, r), (w, h - r), (w - r, h), (r, h), (0, h - r), (0, r)), fill=255)
    page = Image.new("RGB", p.size, c.choice(((255, 255, 255), (255, 255, 255), (0, 0, 0), (240, 240, 240))))
    page.paste(p, mask=mask)
    return page


def stretch(p: Pixels, c: random.Random) -> Pixels:
    """Stretch to another standard aspect ratio."""
    now = p.width / p.height
    shapes = [
        s for s in (1.0, 1.25, 4 / 3, 1.5, 1.6, 16 / 9) for s in (s, 1 / s) if 0.06 < abs(math.log(s / now)) < 0.25
    ]
    shape = c.choice(shapes) if shapes else now * 1.15
    return p.resize((round(p.height * shape), p.height), Image.Resampling.LANCZOS)


def recolour(p: Pixels, c: random.Random) -> Pixels:
    """Change the colours: warm, cool, sepia, faded blacks, or oversaturated with an S-curve."""
    x = np.asarray(p, np.float32)
    kind = c.randrange(4)
    if kind == 0:
        warm = c.choice((-1, 1)) * c.uniform(0.1, 0.2)
        return levels(x * np.array([1 + warm, 1, 1 - warm], np.float32))
    if kind == 1:
        grey = x @ np.array([0.3, 0.59, 0.11], np.float32)
        return levels(x * 0.4 + 0.6 * grey[..., None] * np.array([1.08, 0.95, 0.75], np.float32))
    if kind == 2:
        return levels(40 + x * 0.72 + np.array([6, 0, -8], np.float32))
    y = 255 / (1 + np.exp(-(x - 128) / c.uniform(32, 42)))
    mean = y.mean(axis=2, keepdims=True)
    return levels(mean + (y - mean) * c.uniform(1.3, 1.7))


def grey(p: Pixels, c: random.Random) -> Pixels:
    """Keep one channel only, red or green, as grey."""
    return Image.merge("RGB", [p.getchannel(c.choice("RG"))] * 3)


def dark(p: Pixels, c: random.Random) -> Pixels:
    """Darken, by a gamma curve or by less brightness and contrast."""
    return (
        p.point([round(255 * (v / 255) ** c.uniform(2.0, 2.6)) for v in range(256)] * 3)
        if c.random() < 0.5
        else p.point([max(0, round(v * 0.7 - 45)) for v in range(256)] * 3)
    )


def flat(p: Pixels, c: random.Random) -> Pixels:
    """Flatten the contrast by a milky or grey veil."""
    return Image.blend(
        p, Image.new("RGB", p.size, c.choice(((255, 255, 255), (128, 128, 128), (220, 225, 235)))), c.uniform(0.5, 0.7)
    )


def noise(p: Pixels, c: random.Random) -> Pixels:
    """Add noise: grain of the brightness, coarse grain, or salt and pepper."""
    x = np.asarray(p, np.float32)
    source = np.random.default_rng(c.getrandbits(32))
    kind = c.randrange(3)
    if kind == 0:
        return levels(x + source.normal(0, c.uniform(9, 20), (*x.shape[:2], 1)))
    if kind == 1:
        small = source.normal(0, 1, (p.height // 2 + 1, p.width // 2 + 1))
        return levels(x + c.uniform(9, 18) * small.repeat(2, 0).repeat(2, 1)[: p.height, : p.width, None])
    hit = source.random(x.shape[:2])
    return levels(np.where(hit[..., None] < 0.01, 0, np.where(hit[..., None] > 0.99, 255, x)))


def blur(p: Pixels, c: random.Random) -> Pixels:
    """Blur by a box, by a median, or along a line."""
    r = max(1, round(max(p.size) * c.uniform(0.002, 0.004)))
    kind = c.randrange(3)
    if kind == 0:
        return p.filter(ImageFilter.BoxBlur(r))
    if kind == 1:
        return p.filter(ImageFilter.MedianFilter(2 * r + 1))
    x = np.asarray(p, np.float32)
    return levels(np.mean([np.roll(x, shift, axis=1) for shift in range(-2 * r, 2 * r + 1)], axis=0))


def sharpen(p: Pixels, c: random.Random) -> Pixels:
    """Sharpen by a kernel, or by adding the detail again."""
    if c.random() < 0.5:
        k = c.uniform(0.6, 1.0)
        return p.filter(ImageFilter.Kernel((3, 3), [-k, -k, -k, -k, 1 + 8 * k, -k, -k, -k, -k], 1))
    soft = np.asarray(p.filter(ImageFilter.BoxBlur(c.choice((1, 2)))), np.float32)
    x = np.asarray(p, np.float32)
    return levels(x + c.uniform(1.2, 2.0) * (x - soft))


def upscaled(p: Pixels, c: random.Random) -> Pixels:
    """Enlarge from a thumbnail that was saved as a JPEG; some are sharpened afterwards."""
    by = c.uniform(1.6, 3.0)
    small = p.resize((max(1, round(p.width / by)), max(1, round(p.height / by))), Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=c.randint(70, 92))
    large = Image.open(out).resize(
        p.size, c.choice((Image.Resampling.HAMMING, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR))
    )
    return large.filter(ImageFilter.UnsharpMask(2, 60, 1)) if c.random() < 0.2 else large


def sticker(p: Pixels, c: random.Random) -> Pixels:
    """Add a round price tag, or a ribbon over a corner."""
    layer = Image.new("RGBA", p.size)
    draw = ImageDraw.Draw(layer)
    r = min(p.size) * c.uniform(0.12, 0.2)
    x = c.choice((r * 1.2, p.width - r * 1.2))
    y = c.choice((r * 1.2, p.height - r * 1.2))
    colour = (*c.choice(((220, 40, 40), (250, 200, 0), (0, 120, 200))), 245)
    if c.random() < 0.5:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        draw.text((x, y), c.choice(("-20%", "NEW", "TOP")), font=font(r * 0.6, c), anchor="mm", fill=(255, 255, 255))
    else:
        draw.polygon(((0, r * 1.2), (r * 1.2, 0), (r * 2, 0), (0, r * 2)), fill=colour)
    return over(p, layer)


ATTACKS: tuple[Callable[[Pixels, random.Random], Pixels], ...] = (
    crop_light, crop_strong, badge, script, centre, tiled, caption, frame, letterbox, rounded, stretch, recolour, grey,
    dark, flat, noise, blur, sharpen, upscaled, sticker,
)  # fmt: skip
