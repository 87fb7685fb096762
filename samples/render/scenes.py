"""Rooms and places of a hotel. Each is a function of the hotel's style; one room is seen from three places."""

from __future__ import annotations

import math
import random

from kit import (
    area,
    ball,
    box,
    camera,
    cushion,
    cylinder,
    drape,
    framed,
    pendant,
    plant,
    point,
    sheet,
    sky,
    table_lamp,
)


def shell(s, size, *, window, floor=None, walls=None, glow=60.0):
    """A room that is open to the camera: x points right, y away. `window` is (wall, from, to, sill, top), in metres."""
    w, d, h = size
    floor, walls = floor or s.floor, walls or s.wall
    box((0, d / 2, -0.05), (w, d, 0.1), floor, bevel=0)
    box((0, d / 2, h + 0.05), (w, d, 0.1), s.ceiling, bevel=0)
    wall, start, end, sill, top = window
    spans = {"back": (w, 0), "left": (d, 1), "right": (d, 1)}
    for name in ("back", "left", "right"):
        length, _ = spans[name]
        pieces = (
            [(0, length, 0, h)]
            if name != wall
            else [(0, start, 0, h), (end, length, 0, h), (start, end, 0, sill), (start, end, top, h)]
        )
        for a, b, low, high in pieces:
            if b - a < 0.01 or high - low < 0.01:
                continue
            mid, tall = (a + b) / 2, (low + high) / 2
            if name == "back":
                box((mid - w / 2, d + 0.06, tall), (b - a, 0.12, high - low), walls, bevel=0)
            else:
                x = (-w / 2 - 0.06) if name == "left" else (w / 2 + 0.06)
                box((x, mid, tall), (0.12, b - a, high - low), walls if name != "left" else s.accent, bevel=0)
    for x in (-w / 2 + 0.012, w / 2 - 0.012):
        box((x, d / 2, 0.05), (0.02, d, 0.1), s.trim, bevel=0.004)
    box((0, d - 0.012, 0.05), (w, 0.02, 0.1), s.trim, bevel=0.004)
    window_frame(s, size, window)
    mid, tall = (start + end) / 2, (sill + top) / 2
    if wall == "back":
        area((mid - w / 2, d + 0.4, tall), (mid - w / 2, 0, 0.8), (end - start, top - sill), glow, s.daylight)
    else:
        x = -w / 2 - 0.4 if wall == "left" else w / 2 + 0.4
        area((x, mid, tall), (0, mid, 0.8), (end - start, top - sill), glow, s.daylight)
    area((0, 0.2, h - 0.2), (0, d, 0.6), (w * 0.8, 0.6), glow * 0.35, (1, 0.95, 0.88))


def window_frame(s, size, window):
    """A window: frame, bars, sill, curtains and the view."""
    w, d, _ = size
    wall, start, end, sill, top = window
    width, mid, tall = end - start, (start + end) / 2, (sill + top) / 2
    panes = max(1, round(width / 1.1))
    for k in range(panes + 1):
        at = start + width * k / panes
        _on(wall, w, d, at, tall, (0.06, 0.08, top - sill), s.trim)
    for at in (sill, top):
        _on(wall, w, d, mid, at, (width + 0.1, 0.1, 0.06), s.trim)
    _on(wall, w, d, start - 0.12, tall - 0.1, None, s.curtain, drop=(0.55, top - sill + 0.45))
    _on(wall, w, d, end + 0.12, tall - 0.1, None, s.curtain, drop=(0.55, top - sill + 0.45), seed=5)
    s.outside(wall, w, d, mid)


def _on(wall, w, d, at, z, size, mat, *, drop=None, seed=1):
    """Put a bar or a curtain on a wall, `at` metres along it."""
    if wall == "back":
        place, turn, inward = (at - w / 2, d, z), 0.0, (at - w / 2, d - 0.12, z)
    else:
        x = -w / 2 if wall == "left" else w / 2
        place, turn = (x, at, z), math.pi / 2
        inward = (x + (0.12 if wall == "left" else -0.12), at, z)
    if drop:
        drape(inward, *drop, mat, folds=5, depth=0.05, rotation=(0, 0, turn), seed=seed)
    else:
        box(place, size, mat, bevel=0.006, rotation=(0, 0, turn))


def bed(s, centre, *, width=1.8, seed=0, throw=True):
    """A made bed, head towards +y."""
    x, y, _ = centre
    box((x, y, 0.17), (width + 0.1, 2.1, 0.22), s.wood)
    for dx in (-1, 1):
        for dy in (-1, 1):
            box((x + dx * (width / 2 - 0.1), y + dy * 0.9, 0.05), (0.07, 0.07, 0.1), s.metal)
    box((x, y, 0.4), (width, 2.05, 0.26), s.linen, bevel=0.08)
    cushion((x, y - 0.28, 0.56), (width + 0.3, 1.55, 0.24), s.linen, puff=0.22, seed=seed)
    cushion((x, y + 0.5, 0.62), (width + 0.24, 0.36, 0.16), s.linen, puff=0.3, seed=seed + 1)
    if throw:
        cushion((x, y - 0.72, 0.61), (width + 0.36, 0.6, 0.22), s.throw, puff=0.2, seed=seed + 2)
    for k, dx in enumerate((-0.25, 0.25)):
        cushion(
            (x + dx * width, y + 0.84, 0.78),
            (0.78, 0.5, 0.24),
            s.linen,
            rotation=(math.radians(62), 0, 0.06 * (1 - 2 * k)),
            seed=seed + k,
        )
        cushion(
            (x + dx * width * 0.9, y + 0.68, 0.74),
            (0.5, 0.42, 0.2),
            s.cushion,
            rotation=(math.radians(58), 0, 0.1 * (2 * k - 1)),
            seed=seed + k + 5,
        )
    panels = 5
    for k in range(panels):
        part = (width + 0.5) / panels
        cushion(
            (x - (width + 0.5) / 2 + part * (k + 0.5), y + 1.1, 0.85),
            (part * 1.02, 0.95, 0.18),
            s.headboard,
            rotation=(math.pi / 2, 0, 0),
            puff=0.25,
            seed=seed + k,
        )


def nightstand(s, centre, *, lamp=True):
    """A small cabinet with a lamp and a book."""
    x, y, _ = centre
    box((x, y, 0.28), (0.48, 0.4, 0.44), s.wood)
    box((x, y - 0.205, 0.34), (0.42, 0.015, 0.16), s.wood)
    box((x, y - 0.22, 0.34), (0.12, 0.015, 0.015), s.metal, bevel=0.003)
    if lamp:
        table_lamp((x, y, 0.5), s.lamp_foot, s.shade)
    box((x - 0.12, y - 0.1, 0.515), (0.14, 0.2, 0.03), s.cushion, rotation=(0, 0, 0.3))


def armchair(s, centre, *, turn=0.0):
    """A soft chair; it is turned by `turn` (0: it faces the camera)."""
    x, y, z = centre
    c, n = math.cos(turn), math.sin(turn)

    def at(dx, dy, dz):
        return (x + dx * c - dy * n, y + dx * n + dy * c, z + dz)

    box(at(0, 0, 0.24), (0.72, 0.7, 0.2), s.upholstery, bevel=0.06, rotation=(0, 0, turn))
    cushion(at(0, -0.02, 0.42), (0.62, 0.64, 0.2), s.upholstery, rotation=(0, 0, turn), puff=0.3)
    box(at(0, 0.33, 0.58), (0.74, 0.16, 0.62), s.upholstery, bevel=0.07, rotation=(-0.15, 0, turn))
    for side in (-1, 1):
        box(at(side * 0.37, 0, 0.44), (0.12, 0.7, 0.36), s.upholstery, bevel=0.05, rotation=(0, 0, turn))
        for front in (-0.28, 0.28):
            cylinder(at(side * 0.3, front, 0.07), 0.02, 0.14, s.wood)
    cushion(at(0.05, 0.16, 0.6), (0.42, 0.36, 0.16), s.cushion, rotation=(1.1, 0, turn))


def small_table(s, centre, *, radius=0.3, height=0.45):
    """A round table with a bowl."""
    x, y, z = centre
    cylinder((x, y, z + height), radius, 0.03, s.table)
    cylinder((x, y, z + height / 2), 0.03, height, s.metal)
    cylinder((x, y, z + 0.01), radius * 0.6, 0.02, s.metal)
    cylinder((x, y, z + height + 0.05), 0.05, 0.08, s.ceramic, top=0.1)


BED_ROOM = (5.0, 5.2, 2.75)


def bedroom(s, view=0):
    """The double room, from three places."""
    shell(s, BED_ROOM, window=("left", 1.4, 3.6, 0.35, 2.4), glow=s.glow)
    bed(s, (0.6, 3.85, 0), seed=s.seed)
    nightstand(s, (-0.75, 4.8, 0))
    nightstand(s, (1.95, 4.8, 0))
    framed((0.6, 5.17, 1.85), 1.2, 0.6, s.metal, s.picture)
    sheet((0.3, 2.6, 0.012), (3.2, 2.4), s.rug, height=0.008)
    armchair(s, (-1.65, 3.7, 0), turn=0.9)
    small_table(s, (-1.75, 2.7, 0))
    box((2.28, 1.7, 0.74), (0.42, 1.5, 0.04), s.wood)
    box((2.28, 1.05, 0.37), (0.4, 0.04, 0.74), s.wood)
    box((2.28, 2.35, 0.37), (0.4, 0.04, 0.74), s.wood)
    framed((2.47, 1.7, 1.5), 0.9, 0.9, s.metal, s.mirror, rotation=(0, 0, -math.pi / 2))
    table_lamp((2.3, 2.2, 0.76), s.lamp_foot, s.shade, scale=0.8)
    plant((-2.1, 4.75, 0), s.ceramic, s.leaf, height=1.2, seed=s.seed)
    pendant((0.0, 2.4, 2.15), s.shade, s.metal, drop=0.5)
    places = [
        ((-0.4, -1.3, 1.45), (0.3, 4.0, 0.85), 24),
        ((-2.2, 0.25, 1.5), (1.2, 4.6, 0.8), 23),
        ((1.9, 0.3, 1.35), (-1.0, 4.4, 0.85), 25),
    ]
    camera(places[view][0], places[view][1], lens=places[view][2])


def twin_room(s):
    """Another bedroom of the house: two single beds, the same furniture."""
    shell(s, (4.6, 4.8, 2.75), window=("right", 1.2, 3.0, 0.8, 2.3), glow=s.glow)
    for x in (-1.1, 0.55):
        bed(s, (x, 3.45, 0), width=1.0, seed=s.seed + int(x * 10) + 20)
    nightstand(s, (-0.28, 4.4, 0))
    framed((-1.1, 4.77, 1.8), 0.5, 0.6, s.wood, s.picture)
    framed((0.55, 4.77, 1.8), 0.5, 0.6, s.wood, s.picture2)
    sheet((-0.3, 1.9, 0.012), (2.4, 1.3), s.rug, height=0.008)
    box((-2.05, 1.9, 1.05), (0.5, 1.6, 2.1), s.wood)
    box((-1.795, 1.9, 1.05), (0.012, 0.012, 1.9), s.metal, bevel=0)
    pendant((-0.3, 2.2, 2.1), s.shade, s.metal, drop=0.5)
    camera((0.9, -1.0, 1.5), (-0.5, 3.9, 0.75), lens=24)


def bathroom(s):
    """Basin, mirror, tub and tiles."""
    shell(
        s,
        (3.4, 3.4, 2.6),
        window=("left", 1.9, 2.7, 1.2, 2.1),
        floor=s.bath_floor,
        walls=s.bath_wall,
        glow=s.glow * 0.6,
    )
    box((0.7, 3.12, 0.82), (1.6, 0.52, 0.08), s.table)
    box((0.7, 3.14, 0.55), (1.5, 0.46, 0.4), s.wood)
    cylinder((0.7, 3.08, 0.93), 0.17, 0.14, s.ceramic, top=0.24)
    cylinder((0.7, 3.3, 1.02), 0.015, 0.26, s.metal)
    box((0.7, 3.22, 1.14), (0.03, 0.16, 0.025), s.metal)
    framed((0.7, 3.37, 1.65), 1.2, 0.85, s.metal, s.mirror)
    for x in (-0.05, 1.45):
        ball((x, 3.3, 1.8), 0.07, s.bulb)
        point((x, 3.1, 1.8), 14, (1, 0.82, 0.6))
    box((-1.05, 2.3, 0.28), (0.8, 1.7, 0.56), s.ceramic, bevel=0.16)
    box((-1.05, 2.3, 0.53), (0.6, 1.48, 0.1), s.water_still, bevel=0.04)
    cylinder((-1.05, 3.18, 0.78), 0.015, 0.3, s.metal)
    for k in range(3):
        cushion((1.3, 3.05, 0.9 + 0.055 * k), (0.3, 0.22, 0.075), s.linen, puff=0.2, seed=k)
    cylinder((0.25, 3.1, 0.93), 0.03, 0.14, s.lamp_foot)
    drape((1.66, 2.0, 1.25), 0.5, 0.9, s.linen, folds=3, depth=0.02, rotation=(0, 0, math.pi / 2))
    sheet((-0.2, 2.1, 0.012), (0.6, 0.9), s.rug, height=0.008)
    plant((-1.45, 3.2, 0), s.lamp_foot, s.leaf, height=0.8, seed=s.seed + 2)
    camera((0.3, -0.5, 1.5), (-0.1, 3.2, 0.9), lens=22)


def lobby(s):
    """Reception desk, sofas and lamps."""
    shell(s, (9, 8, 3.6), window=("left", 1.5, 6.5, 0.3, 3.0), glow=s.glow * 2.4)
    box((1.8, 6.4, 0.55), (3.4, 0.6, 1.1), s.wood)
    box((1.8, 6.3, 1.12), (3.6, 0.8, 0.06), s.table)
    box((1.8, 7.93, 1.8), (4.4, 0.1, 2.2), s.accent2)
    for x in (0.4, 1.8, 3.2):
        pendant((x, 6.2, 2.3), s.shade, s.metal, drop=1.2, power=45)
    for row in range(2):
        for column in range(6):
            box((0.55 + column * 0.5, 7.85, 1.5 + row * 0.5), (0.34, 0.1, 0.34), s.wood)
    for x, y, turn in ((-2.6, 4.6, 0.0), (-1.4, 2.6, 2.6), (-3.5, 3.2, -1.4)):
        armchair(s, (x, y, 0), turn=turn)
    small_table(s, (-2.5, 3.4, 0), radius=0.5, height=0.4)
    sheet((-2.4, 3.4, 0.012), (4.2, 3.4), s.rug, height=0.008)
    plant((-4.0, 6.9, 0), s.ceramic, s.leaf, height=1.9, seed=1)
    plant((4.0, 6.9, 0), s.ceramic, s.leaf, height=1.6, seed=2)
    framed((-2.3, 7.96, 1.9), 1.8, 1.2, s.metal, s.picture2)
    table_lamp((3.0, 6.4, 1.15), s.lamp_foot, s.shade)
    camera((1.6, -1.4, 1.6), (-0.5, 5.4, 1.2), lens=22)


def restaurant(s):
    """Laid tables by the windows."""
    shell(s, (8, 9, 3.2), window=("right", 1.0, 8.0, 0.5, 2.8), glow=s.glow * 2.2)
    rng = random.Random(s.seed)
    for row in range(3):
        for column in range(2):
            x, y = -2.2 + column * 3.6, 2.2 + row * 2.5
            dining_table(s, (x, y), rng)
            pendant((x, y, 1.95), s.shade, s.metal, drop=1.1, power=22, radius=0.16)
    box((-3.6, 5, 0.5), (0.6, 5, 1.0), s.wood)
    for k in range(6):
        cylinder((-3.6, 3 + 0.8 * k, 1.14), 0.045, 0.28, s.bottle, top=0.03)
    framed((-1.8, 8.96, 1.8), 1.4, 1.0, s.metal, s.picture)
    framed((1.2, 8.96, 1.8), 1.4, 1.0, s.metal, s.picture2)
    camera((-1.0, -1.2, 1.7), (0.6, 6, 0.8), lens=23)


def dining_table(s, place, rng):
    """A table for four with plates, glasses and chairs."""
    x, y = place
    box((x, y, 0.74), (1.2, 1.2, 0.05), s.table)
    cylinder((x, y, 0.37), 0.06, 0.72, s.metal)
    cylinder((x, y, 0.83), 0.035, 0.12, s.ceramic)
    plant((x, y, 0.78), s.ceramic, s.leaf, height=0.22, leaves=14, seed=rng.randrange(99))
    for angle in (0, math.pi / 2, math.pi, 3 * math.pi / 2):
        dx, dy = math.sin(angle), -math.cos(angle)
        cylinder((x + dx * 0.4, y + dy * 0.4, 0.772), 0.13, 0.012, s.ceramic, top=0.14)
        cylinder((x + dx * 0.3 + dy * 0.22, y + dy * 0.3 - dx * 0.22, 0.85), 0.03, 0.13, s.glass, top=0.04)
        cx, cy = x + dx * 0.95, y + dy * 0.95
        cushion((cx, cy, 0.46), (0.48, 0.46, 0.1), s.upholstery, rotation=(0, 0, angle))
        box((cx, cy, 0.42), (0.44, 0.44, 0.04), s.wood, rotation=(0, 0, angle))
        box((cx + dx * 0.22, cy + dy * 0.22, 0.72), (0.44, 0.05, 0.5), s.wood, bevel=0.02, rotation=(0, 0, angle))
        for a in (-0.18, 0.18):
            for b in (-0.18, 0.18):
                cylinder((cx + a, cy + b, 0.21), 0.018, 0.42, s.wood)


def facade(s):
    """The house from the street."""
    sky(elevation=s.sun, turn=s.sun_turn, strength=0.1)
    sheet((0, 0, 0), (900, 900), s.ground, cells=10, height=0)
    box((0, -3, 0.02), (60, 5, 0.04), s.pavement, bevel=0)
    floors, bays = s.floors, s.bays
    width, height = bays * 2.6, floors * 3.1 + 0.6
    box((0, 6, height / 2), (width, 8, height), s.render, bevel=0.02)
    for floor in range(floors):
        for bay in range(bays):
            x, z = (bay - (bays - 1) / 2) * 2.6, floor * 3.1 + 1.75
            if floor == 0 and bay == bays // 2:
                door(s, x)
                continue
            box((x, 1.97, z), (1.3, 0.12, 1.8), s.trim)
            box((x, 1.93, z), (1.14, 0.1, 1.64), s.window_lit if (floor * 7 + bay * 3) % 5 == 0 else s.window)
            box((x, 1.87, z), (0.05, 0.05, 1.64), s.trim, bevel=0)
            if s.shutters:
                for side in (-1, 1):
                    box((x + side * 0.92, 1.95, z), (0.5, 0.06, 1.8), s.shutter)
            if floor and s.balconies:
                balcony(s, x, floor * 3.1 + 0.75)
    s.roof(width, height)
    rng = random.Random(s.seed)
    for x in (-width / 2 - 3, width / 2 + 3.5, -width / 2 - 7, width / 2 + 8):
        s.tree((x, 2 + rng.uniform(-1, 3), 0), seed=int(x * 3))
    for x in (-2.2, 2.2):
        plant((x, 0.9, 0), s.ceramic, s.leaf, height=1.5, seed=int(x * 5))
    camera((-9.5, -17, 2.3), (0.2, 4, height * 0.44), lens=27)


def door(s, x):
    """The entrance with its sign and lamps."""
    box((x, 1.95, 1.3), (1.9, 0.16, 2.6), s.wood)
    box((x, 1.88, 1.25), (1.6, 0.12, 2.3), s.window_lit)
    box((x, 1.1, 2.85), (3.0, 1.9, 0.12), s.shutter)
    box((x, 1.84, 3.25), (2.6, 0.08, 0.36), s.metal)
    for side in (-1, 1):
        ball((x + side * 1.25, 1.75, 2.1), 0.14, s.bulb)
        point((x + side * 1.25, 1.4, 2.1), 60, (1, 0.75, 0.45))


def balcony(s, x, z):
    """A balcony with rails and flowers."""
    box((x, 1.5, z), (1.9, 1.0, 0.12), s.trim)
    box((x, 1.02, z + 0.95), (1.9, 0.05, 0.05), s.rail)
    for k in range(11):
        box((x - 0.92 + k * 0.184, 1.02, z + 0.5), (0.025, 0.025, 0.9), s.rail, bevel=0)
    if s.flowers:
        box((x, 0.93, z + 0.8), (1.6, 0.16, 0.16), s.wood)
        rng = random.Random(int(x * 10 + z))
        for _ in range(26):
            ball(
                (x + rng.uniform(-0.8, 0.8), 0.92 + rng.uniform(-0.1, 0.06), z + 0.92 + rng.uniform(-0.05, 0.1)),
                rng.uniform(0.03, 0.07),
                s.flower if rng.random() < 0.6 else s.leaf,
            )


def pool(s):
    """Water, deck chairs and parasols; indoors where the style says so."""
    sky(elevation=s.sun, turn=s.sun_turn + 20, strength=0.1)
    sheet((0, 0, -0.6), (900, 900), s.ground, cells=4, height=0)
    sheet((0, 6, -0.12), (7, 14), s.water, cells=140, height=0.05, seed=3, scale=9)
    box((0, 6, -1.5), (7, 14, 0.1), s.pool_tile, bevel=0)
    for centre, size in (
        ((0, -3, -0.75), (60, 4, 1.5)),
        ((0, 15.5, -0.75), (60, 5, 1.5)),
        ((-17, 6, -0.75), (27, 14, 1.5)),
        ((17, 6, -0.75), (27, 14, 1.5)),
    ):
        box(centre, size, s.deck, bevel=0.01)
    for k in range(4):
        lounger(s, (-5.0, 1.5 + 3 * k))
        if k % 2 == 0:
            parasol(s, (-6.3, 3.0 + 3 * k))
    for k, x in enumerate((5.2, 6.5, 8.0, -8.5, -9.5, 4.5)):
        s.tree((x, 3 + 2.5 * k, 0), seed=k + 10)
    box((2, 22, s.floors * 1.2), (22, 4, s.floors * 2.4), s.render)
    for floor in range(s.floors):
        for bay in range(8):
            box((-6.6 + bay * 2.4, 19.95, 1.4 + floor * 2.4), (1.2, 0.1, 1.5), s.window)
    camera((3.0, -3.2, 1.9), (-1.6, 9, 0.2), lens=24)


def lounger(s, place):
    """A deck chair with a mattress and a towel."""
    x, y = place
    box((x, y, 0.26), (1.9, 0.66, 0.06), s.wood)
    for dx in (-0.8, 0.8):
        for dy in (-0.28, 0.28):
            box((x + dx, y + dy, 0.12), (0.06, 0.06, 0.24), s.wood)
    cushion((x + 0.25, y, 0.35), (1.4, 0.64, 0.14), s.linen, puff=0.15)
    cushion((x - 0.72, y, 0.52), (0.8, 0.64, 0.13), s.linen, rotation=(0, 0.75, 0), puff=0.15)
    cushion((x + 0.6, y, 0.43), (0.35, 0.5, 0.12), s.throw, puff=0.2)


def parasol(s, place):
    """A parasol."""
    x, y = place
    cylinder((x, y, 1.2), 0.025, 2.4, s.wood)
    cylinder((x, y, 2.35), 1.5, 0.5, s.throw, top=0.05)


def terrace(s):
    """A breakfast table outside."""
    sky(elevation=s.sun - 12, turn=s.sun_turn - 40, strength=0.1)
    box((0, 3, -0.05), (9, 8, 0.1), s.deck, bevel=0)
    s.view()
    for k in range(45):
        box((-4.5 + k * 0.2, 6.9, 0.55), (0.03, 0.03, 1.0), s.rail, bevel=0)
    box((0, 6.9, 1.08), (9, 0.08, 0.06), s.rail)
    rng = random.Random(s.seed + 4)
    dining_table(s, (0.3, 3.2), rng)
    armchair(s, (-2.4, 4.6, 0), turn=0.7)
    small_table(s, (-1.4, 4.9, 0))
    plant((3.2, 6.2, 0), s.ceramic, s.leaf, height=1.6, seed=7)
    plant((-3.9, 6.2, 0), s.ceramic, s.leaf, height=1.3, seed=9)
    cylinder((0.55, 3.0, 0.9), 0.05, 0.22, s.ceramic, top=0.04)
    camera((1.9, -0.9, 1.65), (-0.4, 4.6, 0.7), lens=26)


OUTSIDE = frozenset({"facade", "pool", "terrace"})
"""Scenes in daylight; they get another exposure."""
SCENES = {
    "facade": facade,
    "lobby": lobby,
    "restaurant": restaurant,
    "pool": pool,
    "terrace": terrace,
    "double-room-1": lambda s: bedroom(s, 0),
    "double-room-2": lambda s: bedroom(s, 1),
    "double-room-3": lambda s: bedroom(s, 2),
    "twin-room": twin_room,
    "bathroom": bathroom,
}
