"""The three hotels as styles: their materials, and the view from their windows."""

from __future__ import annotations

from types import SimpleNamespace

from kit import ball, box, cylinder, fabric, material, painting, palm, sheet, sky, tiles, tree, wood


def _common(**own):
    style = SimpleNamespace(
        metal=material("steel", (0.6, 0.6, 0.6), rough=0.25, metal=1),
        mirror=material("mirror", (0.9, 0.9, 0.9), rough=0.02, metal=1),
        ceramic=material("ceramic", (0.86, 0.86, 0.84), rough=0.15),
        linen=fabric("linen", (0.84, 0.83, 0.8), scale=80),
        shade=material("shade", (1, 0.82, 0.6), rough=0.9, glow=1.6),
        bulb=material("bulb", (1, 0.85, 0.65), glow=8),
        glass=material("glass", (1, 1, 1), rough=0.02, glass=True),
        bottle=material("bottle", (0.1, 0.3, 0.12), rough=0.1, glass=True),
        leaf=material("leaf", (0.05, 0.16, 0.03), rough=0.5),
        ceiling=material("ceiling", (0.85, 0.84, 0.82), rough=0.9),
        trim=material("trim", (0.85, 0.85, 0.83), rough=0.5),
        water=material("water", (0.03, 0.3, 0.36), rough=0.03),
        water_still=material("bath water", (0.55, 0.75, 0.78), rough=0.03),
        pool_tile=tiles("pool", (0.1, 0.5, 0.6), (0.14, 0.58, 0.68), (0.5, 0.7, 0.7), size=0.3, ratio=1, offset=0),
        window=material("pane", (0.04, 0.06, 0.08), rough=0.05, metal=0.4),
        window_lit=material("lit pane", (1, 0.7, 0.35), rough=0.3, glow=1.2),
        ground=material("lawn", (0.07, 0.13, 0.03), rough=1),
        daylight=(0.95, 0.97, 1.0),
        glow=130,
        sun=38,
        sun_turn=150,
        shutters=False,
        balconies=True,
        flowers=False,
    )
    style.__dict__.update(own)
    return style


def _hills(colours, distance=40):
    for k, colour in enumerate(colours):
        for n in range(7):
            ball(
                (-60 + n * 20 + k * 9, distance + 25 * k, -8),
                16 + 5 * ((n * 3 + k) % 3),
                material(f"hill{k}{n}", colour, rough=1),
                squash=(1.3, 1, 0.9 + 0.35 * ((n + k) % 2)),
            )


def _outdoors(floor, things):
    """A function that makes the view from a window: daylight, a ground and some plants."""

    def outside(wall, w, d, mid):
        sky(elevation=35, turn=120, strength=0.12)
        sheet((0, 0, -3.2), (200, 200), floor, cells=4, height=0)
        for k in range(6):
            spread = (k - 2.5) * 3.4
            place = {
                "back": (spread, d + 9 + k % 3),
                "left": (-w / 2 - 9 - k % 3, mid + spread),
                "right": (w / 2 + 9 + k % 3, mid + spread),
            }[wall]
            things((*place, -3.2), seed=k)

    return outside


def alpine():
    """A wooden house in the mountains."""
    board = wood("larch", (0.36, 0.19, 0.085), (0.17, 0.075, 0.03), scale=(0.6, 9, 9))
    upright = wood("boards", (0.42, 0.24, 0.11), (0.24, 0.12, 0.05), scale=(7, 7, 0.5))
    fir, bark = material("fir", (0.02, 0.06, 0.03), rough=0.9), material("bark", (0.08, 0.05, 0.03), rough=1)

    def conifer(centre, seed=0):
        x, y, z = centre
        tall = 5 + seed % 4
        cylinder((x, y, z + 0.6), 0.16, 1.2, bark)
        for k in range(5):
            cylinder((x, y, z + 1.2 + tall * 0.17 * k), 1.5 - 0.25 * k, tall * 0.3, fir, top=0.1)

    tile = material("roof", (0.12, 0.06, 0.045), rough=0.8)

    def roof(width, height):
        for side in (-1, 1):
            box(
                (side * width * 0.27, 5.5, height + width * 0.11),
                (width * 0.62, 10.5, 0.25),
                tile,
                rotation=(0, side * 0.4, 0),
            )
        box((0, 2.1, height + 0.7), (width * 0.5, 0.2, 1.4), board)

    def view():
        sheet((0, 40, -6), (300, 120), material("meadow", (0.1, 0.2, 0.04), rough=1), cells=4, height=0)
        _hills([(0.04, 0.09, 0.03), (0.1, 0.15, 0.14), (0.3, 0.36, 0.42)], distance=70)
        for k in range(6):
            conifer((-9 + 3.6 * k, 14 + k % 3 * 2, -5), seed=k)

    return _common(
        seed=3,
        wall=material("plaster", (0.8, 0.76, 0.68), rough=0.9),
        accent=upright,
        accent2=upright,
        floor=wood("floor", (0.4, 0.23, 0.11), (0.24, 0.12, 0.055), scale=(7, 0.6, 7)),
        wood=board,
        table=wood("oak", (0.5, 0.3, 0.15), (0.33, 0.18, 0.08), scale=(1, 9, 9)),
        ceiling=wood("beams", (0.46, 0.27, 0.13), (0.3, 0.16, 0.07), scale=(6, 0.5, 6)),
        throw=fabric("loden", (0.25, 0.03, 0.03), second=(0.5, 0.42, 0.32), stripes=True),
        cushion=fabric("check", (0.4, 0.06, 0.05)),
        headboard=fabric("felt", (0.2, 0.16, 0.12)),
        upholstery=fabric("wool", (0.17, 0.2, 0.15)),
        rug=fabric("rug", (0.55, 0.47, 0.36), second=(0.35, 0.12, 0.08), scale=20),
        curtain=fabric("curtain", (0.55, 0.2, 0.13)),
        lamp_foot=material("brown", (0.2, 0.1, 0.05), rough=0.3),
        picture=painting("peaks", [(0.1, 0.15, 0.25), (0.5, 0.55, 0.6), (0.9, 0.9, 0.92), (0.2, 0.3, 0.15)], 1),
        picture2=painting("wood", [(0.3, 0.1, 0.04), (0.7, 0.45, 0.2), (0.15, 0.25, 0.1)], 2),
        bath_wall=tiles(
            "stone", (0.5, 0.47, 0.42), (0.4, 0.37, 0.33), (0.3, 0.28, 0.25), size=0.3, ratio=2, upright=True
        ),
        bath_floor=tiles("slate", (0.16, 0.16, 0.16), (0.2, 0.2, 0.2), (0.1, 0.1, 0.1), size=0.6, ratio=1),
        render=upright,
        shutter=material("green", (0.05, 0.14, 0.06), rough=0.6),
        shutters=True,
        flowers=True,
        flower=material("geranium", (0.75, 0.02, 0.04), rough=0.6),
        rail=board,
        pavement=material("gravel", (0.35, 0.32, 0.28), rough=1),
        deck=wood("deck", (0.38, 0.24, 0.13), (0.25, 0.14, 0.07), scale=(0.5, 8, 8)),
        floors=3,
        bays=7,
        tree=conifer,
        roof=roof,
        view=view,
        outside=_outdoors(material("grass", (0.1, 0.2, 0.04), rough=1), conifer),
    )


def seaside():
    """A white house by the sea."""
    white = material("whitewash", (0.87, 0.86, 0.82), rough=0.95)
    blue = material("blue", (0.02, 0.14, 0.36), rough=0.5)
    sea = material("sea", (0.01, 0.13, 0.24), rough=0.08)
    bark, frond = material("palm", (0.25, 0.17, 0.1), rough=1), material("frond", (0.07, 0.2, 0.04), rough=0.6)
    pale = wood("bleached", (0.62, 0.5, 0.36), (0.46, 0.35, 0.23), scale=(0.8, 9, 9))

    def grown(centre, seed=0):
        palm(centre, bark, frond, height=4.0 + seed % 3, seed=seed)

    def roof(width, height):
        box((0, 6, height + 0.25), (width + 0.3, 8.3, 0.5), white, bevel=0.05)

    def view():
        sheet((0, 120, -7), (600, 230), sea, cells=120, height=0.15, scale=2)
        grown((-6, 10, -4), 1)
        grown((5.5, 11, -5), 2)

    def outside(wall, w, d, mid):
        sky(elevation=40, turn=120, strength=0.12)
        sheet((0, 0, -4), (500, 500), sea, cells=8, height=0.1)
        for k in range(3):
            place = {
                "back": (3 * k - 3, d + 7),
                "left": (-w / 2 - 7, mid + 3 * k - 3),
                "right": (w / 2 + 7, mid + 3 * k - 3),
            }[wall]
            grown((*place, -4), seed=k)

    return _common(
        seed=11,
        wall=white,
        accent=material("sand wall", (0.75, 0.66, 0.52), rough=0.95),
        accent2=blue,
        floor=tiles(
            "terracotta",
            (0.5, 0.24, 0.13),
            (0.42, 0.19, 0.1),
            (0.55, 0.48, 0.4),
            size=0.4,
            ratio=1,
            offset=0,
            rough=0.35,
        ),
        wood=pale,
        table=pale,
        throw=fabric("throw", (0.03, 0.2, 0.42), second=(0.8, 0.8, 0.76), stripes=True),
        cushion=fabric("turquoise", (0.05, 0.42, 0.45)),
        headboard=fabric("rattan", (0.5, 0.38, 0.24), scale=15),
        upholstery=fabric("canvas", (0.72, 0.68, 0.6)),
        rug=fabric("jute", (0.6, 0.5, 0.35), second=(0.5, 0.4, 0.26), scale=25),
        curtain=fabric("voile", (0.88, 0.88, 0.86)),
        lamp_foot=material("aqua", (0.1, 0.4, 0.45), rough=0.15),
        picture=painting("waves", [(0.02, 0.1, 0.3), (0.1, 0.45, 0.6), (0.8, 0.85, 0.85), (0.85, 0.75, 0.55)], 3),
        picture2=painting("shore", [(0.8, 0.7, 0.5), (0.3, 0.6, 0.65), (0.02, 0.2, 0.4)], 4),
        bath_wall=tiles(
            "zellige",
            (0.1, 0.38, 0.45),
            (0.16, 0.5, 0.55),
            (0.75, 0.75, 0.7),
            size=0.1,
            ratio=1,
            offset=0,
            gap=0.005,
            upright=True,
        ),
        bath_floor=tiles(
            "cement", (0.75, 0.72, 0.66), (0.2, 0.32, 0.42), (0.6, 0.6, 0.56), size=0.25, ratio=1, offset=0
        ),
        render=white,
        shutter=blue,
        shutters=True,
        rail=material("rail", (0.8, 0.8, 0.8), rough=0.4),
        pavement=tiles("flags", (0.6, 0.55, 0.46), (0.52, 0.47, 0.39), (0.42, 0.38, 0.3), size=0.5, ratio=1.4),
        ground=material("dry", (0.4, 0.33, 0.2), rough=1),
        deck=tiles("flagstone", (0.62, 0.57, 0.48), (0.56, 0.51, 0.43), (0.46, 0.41, 0.34), size=0.6, ratio=1.5),
        floors=3,
        bays=6,
        sun=46,
        sun_turn=170,
        flower=material("bougainvillea", (0.6, 0.02, 0.25), rough=0.6),
        flowers=True,
        tree=grown,
        roof=roof,
        view=view,
        outside=outside,
        glow=170,
    )


def city():
    """A dark, quiet house in a city."""
    brick = tiles(
        "brick",
        (0.28, 0.09, 0.06),
        (0.22, 0.07, 0.05),
        (0.4, 0.37, 0.33),
        size=0.09,
        ratio=2.8,
        gap=0.012,
        rough=0.8,
        upright=True,
    )
    walnut = wood("walnut", (0.17, 0.09, 0.05), (0.08, 0.04, 0.02), scale=(0.8, 10, 10))
    brass = material("brass", (0.75, 0.5, 0.18), rough=0.25, metal=1)
    bark, crown = material("bark", (0.1, 0.07, 0.05), rough=1), material("crown", (0.09, 0.19, 0.04), rough=0.8)
    stone = [
        material(f"house{k}", c, rough=0.9)
        for k, c in enumerate([(0.4, 0.36, 0.3), (0.3, 0.14, 0.1), (0.5, 0.48, 0.44), (0.25, 0.25, 0.27)])
    ]
    pane = material("far pane", (0.05, 0.07, 0.1), rough=0.1)
    lit = material("far lit", (1, 0.75, 0.4), glow=1.5)

    def grown(centre, seed=0):
        tree(centre, bark, crown, height=5 + seed % 3, seed=seed)

    def house(place, turn_x, tall, k):
        x, y, z = place
        box((x, y, z + tall / 2), (5, 5, tall), stone[k % 4])
        for floor in range(int(tall / 3)):
            for bay in range(3):
                across = (bay - 1) * 1.5
                mat = lit if (floor + bay * k) % 4 == 0 else pane
                where = (
                    (x + 2.53 * turn_x, y + across, z + 1.6 + 3 * floor)
                    if turn_x
                    else (x + across, y - 2.53, z + 1.6 + 3 * floor)
                )
                box(where, (0.1, 0.8, 1.4) if turn_x else (0.8, 0.1, 1.4), mat, bevel=0)

    def outside(wall, w, d, mid):
        sky(elevation=28, turn=120, strength=0.1)
        for k in range(5):
            spread = (k - 2) * 5.2
            if wall == "back":
                house((spread, d + 14, -9), 0, 15 + 3 * (k % 3), k)
            else:
                side = -1 if wall == "left" else 1
                house((side * (w / 2 + 14), mid + spread, -9), -side, 15 + 3 * (k % 3), k)

    def roof(width, height):
        box((0, 6, height + 0.15), (width + 0.5, 8.5, 0.3), stone[2])
        box((0, 6.6, height + 0.9), (width - 1, 6.5, 1.4), material("zinc", (0.25, 0.27, 0.3), rough=0.4, metal=0.6))

    def view():
        for k in range(9):
            house((-22 + 5.5 * k, 22 + (k % 2) * 4, -12), 0, 14 + 4 * (k * 2 % 3), k)
        sheet((0, 40, -12), (200, 100), stone[3], cells=2, height=0)

    return _common(
        seed=23,
        wall=material("grey", (0.42, 0.43, 0.44), rough=0.9),
        accent=material("petrol", (0.03, 0.11, 0.13), rough=0.8),
        accent2=walnut,
        floor=wood("herringbone", (0.26, 0.15, 0.08), (0.16, 0.08, 0.04), scale=(8, 0.7, 8), rough=0.25),
        wood=walnut,
        table=material("marble", (0.75, 0.74, 0.72), rough=0.12),
        metal=brass,
        throw=fabric("velvet", (0.02, 0.09, 0.11)),
        cushion=fabric("mustard", (0.55, 0.3, 0.03)),
        headboard=fabric("headboard", (0.04, 0.13, 0.15)),
        upholstery=fabric("cognac", (0.3, 0.11, 0.04)),
        rug=fabric("rug", (0.3, 0.3, 0.31), second=(0.5, 0.48, 0.44), scale=12),
        curtain=fabric("curtain", (0.1, 0.11, 0.12)),
        lamp_foot=brass,
        picture=painting("abstract", [(0.02, 0.02, 0.03), (0.6, 0.3, 0.03), (0.8, 0.78, 0.72), (0.03, 0.2, 0.22)], 5),
        picture2=painting("abstract2", [(0.7, 0.68, 0.62), (0.05, 0.05, 0.06), (0.5, 0.1, 0.05)], 6),
        bath_wall=tiles(
            "metro",
            (0.82, 0.82, 0.8),
            (0.78, 0.78, 0.76),
            (0.25, 0.25, 0.25),
            size=0.1,
            ratio=2,
            gap=0.006,
            rough=0.1,
            upright=True,
        ),
        bath_floor=tiles("chess", (0.05, 0.05, 0.05), (0.75, 0.75, 0.73), (0.4, 0.4, 0.4), size=0.3, ratio=1, offset=0),
        render=brick,
        shutter=material("awning", (0.02, 0.02, 0.025), rough=0.6),
        rail=material("iron", (0.02, 0.02, 0.02), rough=0.4),
        pavement=tiles("paving", (0.36, 0.36, 0.36), (0.3, 0.3, 0.31), (0.2, 0.2, 0.2), size=0.5, ratio=1.2),
        ground=material("asphalt", (0.09, 0.09, 0.1), rough=0.9),
        deck=wood("deck", (0.3, 0.2, 0.13), (0.2, 0.12, 0.07), scale=(0.5, 8, 8)),
        floors=5,
        bays=5,
        sun=30,
        sun_turn=140,
        flower=material("white flower", (0.8, 0.8, 0.8)),
        tree=grown,
        roof=roof,
        view=view,
        outside=outside,
        glow=110,
    )


HOTELS = {"alpenhof-larch": alpine, "casa-brisa": seaside, "the-foundry": city}
