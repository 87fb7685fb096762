"""The attacks: changes that partners make to a photograph, such as crops, watermarks and recompression.

A strength is a share (of a side, of 255, or of the full effect) unless the attack says otherwise. The recipes
(`recipes/*.yaml`) say how strong an attack is and how often it is chosen. Every attack makes a valid image.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Attack = Callable[[Image.Image, float, random.Random], Image.Image]
"""A function of an image, a strength and a random generator that returns a changed image."""

MARKS = (
    "StayWell",
    "hotelia.example",
    "© Rooms & More",
    "BESTBEDS",
    "tripnest",
    "Globe Hotels",
    "LUNA TRAVEL",
    "vista",
)
CAPTIONS = (
    "Superior double room",
    "Breakfast included",
    "Our pool - open May to October",
    "-30% this week",
    "Lobby bar",
)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def crop(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Cut `strength` off one side and up to as much off the other, at a random position."""
    along, across = strength, chance.uniform(0.2, 1.0) * strength
    if chance.random() < 0.5:  # noqa: PLR2004 - either side
        along, across = across, along
    width, height = image.width * (1 - along), image.height * (1 - across)
    left, top = chance.uniform(0, image.width - width), chance.uniform(0, image.height - height)
    return image.crop((round(left), round(top), round(left + width), round(top + height)))


def mark_corner(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Write a name into a corner, `strength` of the image's width wide."""
    mark = _written(chance.choice(MARKS), image.width * strength, chance)
    right, bottom = image.width - mark.width, image.height - mark.height
    gap = round(0.02 * image.width)
    place = (chance.choice((gap, right - gap)), chance.choice((gap, bottom - gap)))
    return _pasted(image, mark, place, chance.uniform(0.5, 1.0))


def mark_centre(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Write a half-transparent name across the middle, `strength` of the width wide."""
    mark = _written(chance.choice(MARKS), image.width * strength, chance).rotate(chance.uniform(-30, 30), expand=True)
    place = ((image.width - mark.width) // 2, (image.height - mark.height) // 2)
    return _pasted(image, mark, place, chance.uniform(0.25, 0.6))


def mark_tiled(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Repeat a faint name all over the image, each `strength` of the width wide."""
    mark = _written(chance.choice(MARKS), image.width * strength, chance).rotate(chance.uniform(15, 40), expand=True)
    faint = _faint(mark, chance.uniform(0.15, 0.4))
    layer = Image.new("RGBA", image.size)
    for top in range(0, image.height, round(mark.height * 1.3) or 1):
        for left in range(0, image.width, round(mark.width * 1.2) or 1):
            layer.paste(faint, (left, top))
    return _over(image, layer)


def caption(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Write a sentence on a bar, `strength` of the height high: on an edge, fading at the bottom, or added below."""
    bar = max(8, round(image.height * strength))
    kind = chance.choices(("even", "fading", "below"), (4, 1, 1))[0]
    colour = chance.choice((BLACK, BLACK, WHITE, (25, 45, 90), (110, 15, 35), (235, 225, 205)))
    if kind == "below":
        image = ImageOps.expand(image, (0, 0, 0, bar), colour)
    top = image.height - bar if kind != "even" else chance.choice((0, image.height - bar))
    layer = Image.new("RGBA", image.size)
    if kind == "even":
        opacity = chance.choice((150, 210, 255))
        ImageDraw.Draw(layer).rectangle((0, top, image.width, top + bar), fill=(*colour, opacity))
    elif kind == "fading":
        ramp = Image.linear_gradient("L").resize((image.width, min(image.height, 2 * bar)))
        shade = Image.new("RGBA", ramp.size, (*BLACK, 255))
        shade.putalpha(ramp.point(lambda level: round(level * 0.8)))
        layer.paste(shade, (0, image.height - ramp.height))
    dark = kind == "fading" or sum(colour) < sum(WHITE) / 2
    ImageDraw.Draw(layer).text(
        (bar // 4, top + bar // 5),
        chance.choice(CAPTIONS),
        font=ImageFont.load_default(max(8, bar * 0.5)),
        fill=WHITE if dark else BLACK,
    )
    return _over(image, layer)


def overlay(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Put an advertisement over `strength` of a side, or over a box in the middle."""
    width, height = image.size
    part = strength
    box = chance.choice(
        (
            (0, 0, width * part, height),
            (width * (1 - part), 0, width, height),
            (0, height * (1 - part), width, height),
            (width * 0.2, height * 0.3, width * 0.8, height * (0.3 + part)),
        )
    )
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    colour = chance.choice(((180, 30, 50), (10, 60, 120), WHITE, (30, 30, 30), (240, 170, 20)))
    draw.rectangle(box, fill=(*colour, chance.choice((200, 255, 255))))
    font = ImageFont.load_default(max(10, height // 16))
    draw.text((box[0] + 8, box[1] + 8), chance.choice(CAPTIONS), font=font, fill=(255, 225, 40))
    return _over(image, layer)


def frame(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Add a border, `strength` of the shorter side wide; some borders have a fine line inside."""
    colour = chance.choice((WHITE, WHITE, BLACK, (240, 236, 224), (60, 60, 60), (120, 85, 50)))
    width = max(1, round(min(image.size) * strength))
    if chance.random() < 0.2:  # noqa: PLR2004 - seldom
        line = chance.choice((BLACK, (160, 160, 160)))
        image = ImageOps.expand(image, max(1, width // 6), line)
    return ImageOps.expand(image, width, colour)


def letterbox(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Add bars to two opposite sides, in one colour or from the blurred image.

    Both bars together are `strength` of the width.
    """
    bar = max(1, round(strength * image.width / 2))
    sides = chance.choice(((bar, 0, bar, 0), (0, bar, 0, bar)))
    page = ImageOps.expand(image, sides, chance.choice((WHITE, WHITE, BLACK, BLACK, (128, 128, 128), (40, 50, 70))))
    if chance.random() < 0.15:  # noqa: PLR2004 - seldom
        soft = image.reduce(4).resize(page.size).filter(ImageFilter.GaussianBlur(max(page.size) / 30))
        soft.paste(image, sides[:2])
        return soft
    return page


def rounded(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Round the corners, mostly on white, with a radius of `strength` of the shorter side."""
    mask = Image.new("L", image.size)
    radius = strength * min(image.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, image.width - 1, image.height - 1), radius, fill=255)
    page = Image.new("RGB", image.size, chance.choice((WHITE, WHITE, WHITE, BLACK, (238, 238, 235))))
    page.paste(image, mask=mask)
    return page


def stretch(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Make the image wider or narrower by `strength`."""
    factor = chance.choice((1 + strength, 1 / (1 + strength)))
    return image.resize((max(1, round(image.width * factor)), image.height), Image.Resampling.BICUBIC)


def mirror(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Exchange left and right."""
    del strength, chance
    return ImageOps.mirror(image)


def rotate(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Turn by `strength` degrees to either side, and crop so that no empty corner shows."""
    degrees = chance.choice((-1, 1)) * strength
    turned = image.rotate(degrees, Image.Resampling.BICUBIC)
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    width, height = image.size
    share = min(width / (width * cosine + height * sine), height / (height * cosine + width * sine))
    return turned.crop(_middle(image, share))


def perspective(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Pull each corner inwards by up to `strength` of the sides, as a correction of converging lines does."""
    width, height = image.size

    def pull(side: int) -> float:
        return chance.uniform(0, strength) * side

    left = (pull(width), pull(height), pull(width), height - pull(height))
    right = (width - pull(width), height - pull(height), width - pull(width), pull(height))
    return image.transform(image.size, Image.Transform.QUAD, left + right, Image.Resampling.BICUBIC)


def recolour(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Change saturation, contrast, brightness, white balance and middle tones, each by up to `strength`."""

    def by() -> float:
        return 1 + chance.uniform(-strength, strength)

    for enhance in (ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Brightness):
        image = enhance(image).enhance(by())
    gains = np.array([by() ** 0.5 for _ in range(3)], np.float32)
    levels = np.asarray(image, np.float32) * gains
    curved = chance.random() < 0.5  # noqa: PLR2004 - half of them
    return _from_levels(np.asarray(255 * np.clip(levels / 255, 0, 1) ** by() if curved else levels, np.float32))


def grey(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Remove the colour."""
    del strength, chance
    return ImageOps.grayscale(image).convert("RGB")


def dark(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Keep only `strength` of the light, everywhere or mainly in the middle tones."""
    levels = np.asarray(image, np.float32)
    if chance.random() < 0.3:  # noqa: PLR2004 - less often
        return _from_levels(np.asarray(255 * (levels / 255) ** (1 - math.log2(strength) * 0.8), np.float32))
    return _from_levels(levels * strength)


def flat(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Keep only `strength` of the contrast, as behind a veil."""
    veil = chance.uniform(120, 245)
    return _from_levels(veil + (np.asarray(image, np.float32) - 128) * strength)


def light(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Apply a colour filter and a strong gradient: the dark end keeps 1 - `strength` of the light."""
    ramp = np.linspace(1 - strength, 1 + strength, image.width, dtype=np.float32)[None, :, None]
    tint = np.array([chance.uniform(0.65, 1.25) for _ in range(3)], np.float32)
    turned = ramp if chance.random() < 0.5 else ramp[:, ::-1]  # noqa: PLR2004 - from the left or the right
    return _from_levels(np.asarray(image, np.float32) * turned * tint)


def tone_map(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Raise local contrast by `strength`, lower global contrast, darken corners: what telephones call HDR."""
    levels = np.asarray(image, np.float32)
    wide = np.asarray(image.filter(ImageFilter.GaussianBlur(max(image.size) * 0.04)), np.float32)
    mapped = 128 + (levels - wide) * (1 + strength) + (wide - 128) * chance.uniform(0.3, 0.7)
    y, x = np.mgrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    vignette = 1 - chance.uniform(0, 0.4) * (x * x + y * y) / 2
    return _from_levels(mapped * vignette[..., None].astype(np.float32))


def noise(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Add noise with a standard deviation of `strength` x 255, in colour or in brightness only."""
    levels = np.asarray(image, np.float32)
    shape = (*levels.shape[:2], chance.choice((1, 3)))
    grain = np.random.default_rng(chance.getrandbits(32)).normal(0, strength * 255, shape).astype(np.float32)
    return _from_levels(levels + grain)


def blur(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Blur with a radius of `strength` of the longer side."""
    radius = max(image.size) * strength
    return image.filter(chance.choice((ImageFilter.GaussianBlur(radius), ImageFilter.BoxBlur(radius * 1.5))))


def sharpen(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Apply an unsharp mask of `strength` (1 is the usual amount) with a radius of one to three pixels."""
    radius = chance.uniform(1, 3)
    return image.filter(ImageFilter.UnsharpMask(radius, round(150 * strength * 2 / radius), 2))


def upscale(image: Image.Image, strength: float, chance: random.Random) -> Image.Image:
    """Reduce by the factor `strength` and enlarge to the old size: the pixels are there, the detail is not."""
    small = (max(1, round(image.width / strength)), max(1, round(image.height / strength)))
    filter_ = chance.choice((Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS))
    return image.resize(small, Image.Resampling.LANCZOS).resize(image.size, filter_)


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        crop, mark_corner, mark_centre, mark_tiled, caption, overlay, frame, letterbox, rounded, stretch, mirror,
        rotate, perspective, recolour, grey, dark, flat, light, tone_map, noise, blur, sharpen, upscale,
    )
}  # fmt: skip


def _written(text: str, width: float, chance: random.Random) -> Image.Image:
    """Draw a word on a transparent ground, `width` pixels wide: with a shadow, plain, outlined, or on a plate."""
    style = chance.choices(("shadow", "plain", "outline", "plate"), (4, 2, 2, 2))[0]
    colour = chance.choice((WHITE, WHITE, BLACK, (230, 60, 40), (250, 200, 60), (30, 80, 150)))
    dark = sum(colour) < sum(WHITE) / 2
    font = ImageFont.load_default(48)
    left, top, right, bottom = font.getbbox(text)
    gap = 18 if style == "plate" else 6
    sheet = Image.new("RGBA", (math.ceil(right - left) + 2 * gap, math.ceil(bottom - top) + 2 * gap))
    draw, place = ImageDraw.Draw(sheet), (gap - left, gap - top)
    if style == "plate":
        shape = chance.choice((draw.rectangle, draw.ellipse))
        shape(
            (0, 0, sheet.width - 1, sheet.height - 1),
            fill=(*(WHITE if dark else BLACK), chance.choice((110, 180, 255))),
        )
    if style == "shadow":
        draw.text((place[0] + 2, place[1] + 2), text, font=font, fill=WHITE if dark else BLACK)
    if style == "outline":
        draw.text(place, text, font=font, fill=(*colour, 60), stroke_width=2, stroke_fill=colour)
    else:
        draw.text(place, text, font=font, fill=colour, stroke_width=chance.choice((0, 0, 1)), stroke_fill=colour)
    if chance.random() < 0.3:  # noqa: PLR2004 - less often slanted
        wider = (sheet.width + sheet.height // 4, sheet.height)
        slant = (1, 0.25, -sheet.height / 4, 0, 1, 0)
        sheet = sheet.transform(wider, Image.Transform.AFFINE, slant, Image.Resampling.BICUBIC)
    wanted = max(12, round(width))
    return sheet.resize((wanted, max(4, round(sheet.height * wanted / sheet.width))), Image.Resampling.LANCZOS)


def _pasted(image: Image.Image, mark: Image.Image, place: tuple[int, int], opacity: float) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    layer.paste(_faint(mark, opacity), place)
    return _over(image, layer)


def _faint(mark: Image.Image, opacity: float) -> Image.Image:
    faint = mark.copy()
    faint.putalpha(mark.getchannel("A").point(lambda level: round(level * opacity)))
    return faint


def _over(image: Image.Image, layer: Image.Image) -> Image.Image:
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _middle(image: Image.Image, share: float) -> tuple[int, int, int, int]:
    """The box in the middle of the image that has its shape and `share` of its sides."""
    width, height = image.width * share, image.height * share
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return math.ceil(left), math.ceil(top), math.floor(left + width), math.floor(top + height)


def _from_levels(levels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Image.Image:
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
