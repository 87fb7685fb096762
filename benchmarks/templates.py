"""Other pictures in one template: photographs in one frame with a title and a logo, and floor plans of one agency.

What is equal in them is the template, which is most of the picture; what they show is different.
"""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFont

from image_release.lab.grouping.attacks import ATTACKS

TITLES = ("Haus am See", "Rooms & Suites", "Your stay", "APARTMENTS", "Family holidays", "Seaside Collection")
ROOMS = ("Living", "Bed 1", "Bed 2", "Bath", "Kitchen", "Hall", "Terrace")
SIZE = (720, 500)


def framed(photographs: list[Image.Image], chance: random.Random) -> list[Image.Image]:
    """Each photograph in the same frame: a title bar, a border and a logo."""
    width, height = SIZE
    paper = Image.new("RGB", SIZE, tuple(chance.choice((250, 235, 30, 60, 200)) for _ in range(3)))
    ink = tuple(chance.choice((0, 255, 120)) for _ in range(3))
    title, logo, number = chance.choice(TITLES), chance.choice(("S", "H", "M", "L")), chance.random()
    side, bar = round(width * chance.uniform(0, 0.15)), round(height * chance.uniform(0.12, 0.4))
    draw = ImageDraw.Draw(paper)
    draw.text((side + 10, bar // 5), title, font=ImageFont.load_default(bar * 0.45), fill=ink)
    draw.ellipse((width - 20 - bar * 0.8, bar * 0.1, width - 20, bar * 0.9), outline=ink, width=4)
    draw.text((width - 8 - bar * 0.6, bar * 0.2), logo, font=ImageFont.load_default(bar * 0.5), fill=ink)
    for k in range(chance.choice((0, 4, 9))):
        draw.rectangle((side + k * 40, height - 30, side + k * 40 + 25, height - 8), outline=ink, width=2)
    low = height - (36 if number < 0.5 else 0)
    box = (side, bar, width - (side if number < 0.7 else 0), low)
    pages = []
    for photograph in photographs:
        page = paper.copy()
        page.paste(photograph.resize((box[2] - box[0], box[3] - box[1])), box[:2])
        pages.append(page)
    return pages


def floor_plans(count: int, chance: random.Random) -> list[Image.Image]:
    """Floor plans of different flats on one sheet: title, legend, scale and compass are the same."""
    width, height = SIZE
    paper = Image.new("RGB", SIZE, (255, 255, 255))
    draw = ImageDraw.Draw(paper)
    ink = chance.choice(((20, 20, 20), (30, 60, 120), (120, 40, 30)))
    big, small = ImageFont.load_default(30), ImageFont.load_default(14)
    draw.rectangle((8, 8, width - 8, height - 8), outline=ink, width=3)
    draw.text((24, 18), chance.choice(TITLES), font=big, fill=ink)
    for k in range(chance.randint(2, 6)):
        draw.rectangle((24, height - 40 - 18 * k, 40, height - 28 - 18 * k), outline=ink, fill=(200 - 30 * k, 210, 220))
        draw.text((48, height - 42 - 18 * k), ROOMS[k], font=small, fill=ink)
    draw.ellipse((width - 80, 20, width - 30, 70), outline=ink, width=3)
    draw.line((width - 55, 24, width - 55, 66), fill=ink, width=3)
    outer = (170, 80, 680, 460) if chance.random() < 0.5 else (190, 100, 640, 440)
    return [_plan(paper.copy(), outer, ink, chance) for _ in range(count)]


def _plan(
    page: Image.Image, outer: tuple[int, int, int, int], ink: tuple[int, int, int], chance: random.Random
) -> Image.Image:
    draw = ImageDraw.Draw(page)
    rooms = [outer]
    for _ in range(chance.randint(3, 6)):
        room = max(rooms, key=lambda each: (each[2] - each[0]) * (each[3] - each[1]))
        rooms.remove(room)
        left, top, right, bottom = room
        share = chance.uniform(0.3, 0.7)
        if right - left > bottom - top:
            cut = round(left + (right - left) * share)
            rooms += [(left, top, cut, bottom), (cut, top, right, bottom)]
        else:
            cut = round(top + (bottom - top) * share)
            rooms += [(left, top, right, cut), (left, cut, right, bottom)]
    for left, top, right, bottom in rooms:
        fill = chance.choice(((255, 255, 255), (245, 240, 230), (225, 235, 245)))
        draw.rectangle((left, top, right, bottom), fill=fill, outline=ink, width=5)
        door = chance.randint(left + 8, max(left + 9, right - 40))
        draw.rectangle((door, bottom - 3, door + 28, bottom + 3), fill=(255, 255, 255))
        draw.arc((door, bottom - 28, door + 56, bottom + 28), 180, 270, fill=ink, width=2)
        draw.text((left + 12, top + 12), chance.choice(ROOMS), font=ImageFont.load_default(15), fill=ink)
        for _ in range(chance.randint(0, 3)):
            x, y = (
                chance.randint(left + 10, max(left + 11, right - 50)),
                chance.randint(top + 30, max(top + 31, bottom - 40)),
            )
            draw.rectangle((x, y, x + chance.randint(15, 45), y + chance.randint(12, 34)), outline=ink, width=2)
    return ATTACKS["noise"](page, 0.004, chance)
