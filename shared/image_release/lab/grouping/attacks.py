"""What partners do to a photograph: each attack is a function of a picture, a strength and a source of chance.

Strengths are shares (of a side, of 255, of full effect) unless an attack says otherwise; recipes (`recipes/*.yaml`) say
how strong and how often. Nothing here is hostile: broken files and stand-ins are the samples' and the tests' matter.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Picture = Image.Image
Attack = Callable[[Picture, float, random.Random], Picture]

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


def crop(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Cut `strength` of one side away and up to as much of the other, anywhere."""
    along, across = strength, chance.uniform(0.2, 1.0) * strength
    if chance.random() < 0.5:  # noqa: PLR2004 - one side or the other
        along, across = across, along
    width, height = picture.width * (1 - along), picture.height * (1 - across)
    left, top = chance.uniform(0, picture.width - width), chance.uniform(0, picture.height - height)
    return picture.crop((round(left), round(top), round(left + width), round(top + height)))


def mark_corner(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A name in a corner, `strength` of the picture's width wide."""
    mark = _written(chance.choice(MARKS), picture.width * strength, chance)
    right, bottom = picture.width - mark.width, picture.height - mark.height
    gap = round(0.02 * picture.width)
    place = (chance.choice((gap, right - gap)), chance.choice((gap, bottom - gap)))
    return _pasted(picture, mark, place, chance.uniform(0.5, 1.0))


def mark_centre(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A name across the middle, `strength` of the width wide, half transparent."""
    mark = _written(chance.choice(MARKS), picture.width * strength, chance).rotate(chance.uniform(-30, 30), expand=True)
    place = ((picture.width - mark.width) // 2, (picture.height - mark.height) // 2)
    return _pasted(picture, mark, place, chance.uniform(0.25, 0.6))


def mark_tiled(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A name all over, each `strength` of the width wide, faint."""
    mark = _written(chance.choice(MARKS), picture.width * strength, chance).rotate(chance.uniform(15, 40), expand=True)
    faint = _faint(mark, chance.uniform(0.15, 0.4))
    layer = Image.new("RGBA", picture.size)
    for top in range(0, picture.height, round(mark.height * 1.3) or 1):
        for left in range(0, picture.width, round(mark.width * 1.2) or 1):
            layer.paste(faint, (left, top))
    return _over(picture, layer)


def caption(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A sentence on a bar over the lower or upper edge, `strength` of the height high: even, fading, or added below."""
    bar = max(8, round(picture.height * strength))
    kind = chance.choices(("even", "fading", "below"), (4, 1, 1))[0]
    colour = chance.choice((BLACK, BLACK, WHITE, (25, 45, 90), (110, 15, 35), (235, 225, 205)))
    if kind == "below":
        picture = ImageOps.expand(picture, (0, 0, 0, bar), colour)
    top = picture.height - bar if kind != "even" else chance.choice((0, picture.height - bar))
    layer = Image.new("RGBA", picture.size)
    if kind == "even":
        opacity = chance.choice((150, 210, 255))
        ImageDraw.Draw(layer).rectangle((0, top, picture.width, top + bar), fill=(*colour, opacity))
    elif kind == "fading":
        ramp = Image.linear_gradient("L").resize((picture.width, min(picture.height, 2 * bar)))
        shade = Image.new("RGBA", ramp.size, (*BLACK, 255))
        shade.putalpha(ramp.point(lambda level: round(level * 0.8)))
        layer.paste(shade, (0, picture.height - ramp.height))
    dark = kind == "fading" or sum(colour) < sum(WHITE) / 2
    ImageDraw.Draw(layer).text(
        (bar // 4, top + bar // 5),
        chance.choice(CAPTIONS),
        font=ImageFont.load_default(max(8, bar * 0.5)),
        fill=WHITE if dark else BLACK,
    )
    return _over(picture, layer)


def overlay(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """An advertisement that hides `strength` of a side, or a box in the middle."""
    width, height = picture.size
    part = strength
    box = chance.choice(
        (
            (0, 0, width * part, height),
            (width * (1 - part), 0, width, height),
            (0, height * (1 - part), width, height),
            (width * 0.2, height * 0.3, width * 0.8, height * (0.3 + part)),
        )
    )
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    colour = chance.choice(((180, 30, 50), (10, 60, 120), WHITE, (30, 30, 30), (240, 170, 20)))
    draw.rectangle(box, fill=(*colour, chance.choice((200, 255, 255))))
    font = ImageFont.load_default(max(10, height // 16))
    draw.text((box[0] + 8, box[1] + 8), chance.choice(CAPTIONS), font=font, fill=(255, 225, 40))
    return _over(picture, layer)


def frame(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A border all around, `strength` of the shorter side wide; some have a fine line between it and the picture."""
    colour = chance.choice((WHITE, WHITE, BLACK, (240, 236, 224), (60, 60, 60), (120, 85, 50)))
    width = max(1, round(min(picture.size) * strength))
    if chance.random() < 0.2:  # noqa: PLR2004 - seldom
        line = chance.choice((BLACK, (160, 160, 160)))
        picture = ImageOps.expand(picture, max(1, width // 6), line)
    return ImageOps.expand(picture, width, colour)


def letterbox(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Bars on two opposite sides, together `strength` of the picture's side: of one colour, or of itself, blurred."""
    bar = max(1, round(strength * picture.width / 2))
    sides = chance.choice(((bar, 0, bar, 0), (0, bar, 0, bar)))
    page = ImageOps.expand(picture, sides, chance.choice((WHITE, WHITE, BLACK, BLACK, (128, 128, 128), (40, 50, 70))))
    if chance.random() < 0.15:  # noqa: PLR2004 - seldom
        soft = picture.reduce(4).resize(page.size).filter(ImageFilter.GaussianBlur(max(page.size) / 30))
        soft.paste(picture, sides[:2])
        return soft
    return page


def rounded(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Round corners, mostly white, their radius `strength` of the shorter side."""
    mask = Image.new("L", picture.size)
    radius = strength * min(picture.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, picture.width - 1, picture.height - 1), radius, fill=255)
    page = Image.new("RGB", picture.size, chance.choice((WHITE, WHITE, WHITE, BLACK, (238, 238, 235))))
    page.paste(picture, mask=mask)
    return page


def stretch(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Wider or narrower by `strength`."""
    factor = chance.choice((1 + strength, 1 / (1 + strength)))
    return picture.resize((max(1, round(picture.width * factor)), picture.height), Image.Resampling.BICUBIC)


def mirror(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Left and right exchanged."""
    del strength, chance
    return ImageOps.mirror(picture)


def rotate(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Turned by `strength` degrees either way, and cut so that no corner shows."""
    degrees = chance.choice((-1, 1)) * strength
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    width, height = picture.size
    share = min(width / (width * cosine + height * sine), height / (height * cosine + width * sine))
    return turned.crop(_middle(picture, share))


def perspective(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Each corner pulled inwards by up to `strength` of the sides, as a correction of falling lines does."""
    width, height = picture.size

    def pull(side: int) -> float:
        return chance.uniform(0, strength) * side

    left = (pull(width), pull(height), pull(width), height - pull(height))
    right = (width - pull(width), height - pull(height), width - pull(width), pull(height))
    return picture.transform(picture.size, Image.Transform.QUAD, left + right, Image.Resampling.BICUBIC)


def recolour(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Other saturation, contrast, brightness, white and middle tones, each by up to `strength`."""

    def by() -> float:
        return 1 + chance.uniform(-strength, strength)

    for enhance in (ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Brightness):
        picture = enhance(picture).enhance(by())
    gains = np.array([by() ** 0.5 for _ in range(3)], np.float32)
    levels = np.asarray(picture, np.float32) * gains
    curved = chance.random() < 0.5  # noqa: PLR2004 - every other one
    return _from_levels(np.asarray(255 * np.clip(levels / 255, 0, 1) ** by() if curved else levels, np.float32))


def grey(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Without colour."""
    del strength, chance
    return ImageOps.grayscale(picture).convert("RGB")


def dark(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Only `strength` of the light is left, everywhere or most of all in the middle tones."""
    levels = np.asarray(picture, np.float32)
    if chance.random() < 0.3:  # noqa: PLR2004 - less often
        return _from_levels(np.asarray(255 * (levels / 255) ** (1 - math.log2(strength) * 0.8), np.float32))
    return _from_levels(levels * strength)


def flat(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Only `strength` of the contrast is left, as behind a veil."""
    veil = chance.uniform(120, 245)
    return _from_levels(veil + (np.asarray(picture, np.float32) - 128) * strength)


def light(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """A colour filter and a strong gradient: the dark end keeps 1 - `strength` of the light."""
    ramp = np.linspace(1 - strength, 1 + strength, picture.width, dtype=np.float32)[None, :, None]
    tint = np.array([chance.uniform(0.65, 1.25) for _ in range(3)], np.float32)
    turned = ramp if chance.random() < 0.5 else ramp[:, ::-1]  # noqa: PLR2004 - from the left or the right
    return _from_levels(np.asarray(picture, np.float32) * turned * tint)


def tone_map(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Local contrast raised by `strength`, wide contrast lowered, corners darkened: what telephones call HDR."""
    levels = np.asarray(picture, np.float32)
    wide = np.asarray(picture.filter(ImageFilter.GaussianBlur(max(picture.size) * 0.04)), np.float32)
    mapped = 128 + (levels - wide) * (1 + strength) + (wide - 128) * chance.uniform(0.3, 0.7)
    y, x = np.mgrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    vignette = 1 - chance.uniform(0, 0.4) * (x * x + y * y) / 2
    return _from_levels(mapped * vignette[..., None].astype(np.float32))


def noise(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Grain with a deviation of `strength` x 255, of colour or of brightness alone."""
    levels = np.asarray(picture, np.float32)
    shape = (*levels.shape[:2], chance.choice((1, 3)))
    grain = np.random.default_rng(chance.getrandbits(32)).normal(0, strength * 255, shape).astype(np.float32)
    return _from_levels(levels + grain)


def blur(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Out of focus, `strength` of the longer side being the radius."""
    radius = max(picture.size) * strength
    return picture.filter(chance.choice((ImageFilter.GaussianBlur(radius), ImageFilter.BoxBlur(radius * 1.5))))


def sharpen(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Unsharp mask of `strength` (1: its usual amount), of one to three pixels."""
    radius = chance.uniform(1, 3)
    return picture.filter(ImageFilter.UnsharpMask(radius, round(150 * strength * 2 / radius), 2))


def upscale(picture: Picture, strength: float, chance: random.Random) -> Picture:
    """Made `strength` times smaller and then as large as it was: it only looks large."""
    small = (max(1, round(picture.width / strength)), max(1, round(picture.height / strength)))
    filter_ = chance.choice((Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS))
    return picture.resize(small, Image.Resampling.LANCZOS).resize(picture.size, filter_)


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        crop, mark_corner, mark_centre, mark_tiled, caption, overlay, frame, letterbox, rounded, stretch, mirror,
        rotate, perspective, recolour, grey, dark, flat, light, tone_map, noise, blur, sharpen, upscale,
    )
}  # fmt: skip


def _written(text: str, width: float, chance: random.Random) -> Picture:
    """A word on a transparent ground, so many pixels wide: with a shadow, plain, in outline, or on a plate."""
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


def _pasted(picture: Picture, mark: Picture, place: tuple[int, int], opacity: float) -> Picture:
    layer = Image.new("RGBA", picture.size)
    layer.paste(_faint(mark, opacity), place)
    return _over(picture, layer)


def _faint(mark: Picture, opacity: float) -> Picture:
    faint = mark.copy()
    faint.putalpha(mark.getchannel("A").point(lambda level: round(level * opacity)))
    return faint


def _over(picture: Picture, layer: Picture) -> Picture:
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _middle(picture: Picture, share: float) -> tuple[int, int, int, int]:
    """The box of the same shape in the middle, its sides `share` of the picture's."""
    width, height = picture.width * share, picture.height * share
    left, top = (picture.width - width) / 2, (picture.height - height) / 2
    return math.ceil(left), math.ceil(top), math.floor(left + width), math.floor(top + height)


def _from_levels(levels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Picture:
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
