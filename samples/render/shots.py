"""Photographs each scene several times, with something changed: `python shots.py OUT [--only hotel/scene ...]`.

Between two shots of a scene the camera moved or turned, things moved, people came, the light changed, or nothing but
exposure and noise did. Since the scene is known, so is what changed. `benchmarks/rendered_pairs.py` makes a labelled
corpus of OUT: `shots/<hotel>/<scene>/<shot>.png` and `pairs.csv`, one row for every two shots of a scene.

It needs Blender's `bpy`; the program does not. A scene that has its pairs is not photographed again.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
import kit
import numpy as np
import scenes
from hotels import HOTELS
from mathutils import Euler, Vector

THINGS = ("armchair", "small_table", "plant", "table_lamp", "framed", "dining_table", "lounger", "parasol", "cushion")
"""Functions of `scenes` whose objects can be moved or taken away together."""
FIXED = ("bed", "shell", "door", "balcony", "nightstand")
"""Functions that make such things as parts of something that stays."""
KINDS = ("base", "tripod", "step", "walk", "forward", "turn", "things", "people", "light")
"""What is different from the first shot, `base`. `tripod` differs by exposure and noise: it is the same photograph."""
MOTION_COLUMNS = ("sideways_m", "upwards_m", "forward_m", "turn_degrees", "depth_m", "overlap", "parallax")
PAIR_COLUMNS = ("hotel", "scene", "one", "other", "difference", "same_photograph", *MOTION_COLUMNS)
GRID = (48, 32)
"""Rays that measure the scene, across and down."""
LEAST_EXTENT = 0.14
"""Extent of a thing, as a share of its distance, from which it is moved: smaller things nobody would miss."""
EDGE = 1.001
"""A place nearer to the middle than this is inside of the picture, whose edges are at 1."""


class Recorder:
    """Knows which objects of the scene are one thing."""

    def __init__(self):
        self.things = []
        self._depth = 0

    def wrap(self, make, *, keep):
        """Return the function `make`, which also records what it made as one thing if `keep` is true."""

        def made(*args, **options):
            before = set(bpy.data.objects) if self._depth == 0 else set()
            self._depth += 1
            try:
                result = make(*args, **options)
            finally:
                self._depth -= 1
            if self._depth == 0 and keep:
                self.things.append([thing for thing in bpy.data.objects if thing not in before])
            return result

        return made


def build(hotel, scene):
    """Build a scene anew. Returns its things: lists of objects."""
    kit.reset()
    recorder = Recorder()
    original = {name: getattr(scenes, name) for name in (*THINGS, *FIXED)}
    try:
        for name, make in original.items():
            setattr(scenes, name, recorder.wrap(make, keep=name in THINGS))
        scenes.SCENES[scene](HOTELS[hotel]())
    finally:
        for name, make in original.items():
            setattr(scenes, name, make)
    bpy.context.view_layer.update()
    return recorder.things


def look(location, turned):
    """Put the camera at a place; `turned` is its rotation (Euler angles)."""
    camera = bpy.context.scene.camera
    camera.location, camera.rotation_euler = location, turned
    bpy.context.view_layer.update()


def move_camera(kind, far, chance):
    """Move or turn the camera; `far` is the usual distance of the scene, in metres."""
    camera = bpy.context.scene.camera
    axes = camera.matrix_world.to_3x3()
    right, up, ahead = axes.col[0], axes.col[1], -axes.col[2]
    place, turned, side = camera.location.copy(), camera.rotation_euler.copy(), chance.choice((-1, 1))
    if kind == "step":
        place += side * chance.uniform(0.02, 0.05) * far * right + chance.gauss(0, 0.004) * far * up
    elif kind == "walk":
        aim = place + ahead * far
        place += side * chance.uniform(0.07, 0.16) * far * right + chance.uniform(-0.02, 0.02) * far * up
        turned = (aim - place).to_track_quat("-Z", "Y").to_euler()
    elif kind == "forward":
        place += chance.uniform(0.05, 0.16) * far * ahead + chance.gauss(0, 0.004) * far * right
    if kind in {"turn", "step", "walk", "forward"}:
        most = 9 if kind == "turn" else 1
        turned = Euler(turned)
        turned.rotate_axis("Z", math.radians(chance.gauss(0, 0.3)))
        turned.rotate_axis("X", math.radians(chance.uniform(-0.2, 0.2) * most))
        turned.rotate(Euler((0, 0, math.radians(side * chance.uniform(0.35, 1) * most))))
    look(place, turned)


def middle(thing):
    """The middle of a thing, and its extent, in metres."""
    corners = [part.matrix_world @ Vector(corner) for part in thing if part.type == "MESH" for corner in part.bound_box]
    low, high = (Vector([pick(corner[k] for corner in corners) for k in range(3)]) for pick in (min, max))
    return (low + high) / 2, (high - low).length


def seen(place):
    """Where the camera sees a place: across and down (-1...1 inside of the picture), and its distance ahead."""
    camera = bpy.context.scene.camera
    x, y, z = camera.matrix_world.inverted() @ Vector(place)
    half = camera.data.sensor_width / 2 / camera.data.lens
    return (x / -z / half, y / -z / half * 1.5, -z) if z < 0 else (9.0, 9.0, 0.0)


def move_things(things, chance):
    """Move, turn or take away one or two of the things that the camera sees well."""
    visible = []
    for thing in things:
        place, extent = middle(thing)
        x, y, far = seen(place)
        if abs(x) < 0.85 and abs(y) < 0.85 and extent / max(far, 0.1) > LEAST_EXTENT:
            visible.append(thing)
    for thing in chance.sample(visible, min(len(visible), chance.choice((1, 2, 2)))):
        place, extent = middle(thing)
        if chance.random() < 0.3:
            for part in thing:
                part.hide_render = True
            continue
        away, spin = Vector((0, 0, 0)), chance.uniform(-0.6, 0.6)
        angle, distance = chance.uniform(0, 2 * math.pi), chance.uniform(0.3, 0.8) * max(extent, 0.5)
        away.x, away.y = distance * math.cos(angle), distance * math.sin(angle)
        turn = Euler((0, 0, spin)).to_matrix()
        for part in thing:
            part.location = place + turn @ (part.location - place) + away
            part.rotation_euler.rotate(Euler((0, 0, spin)))
    return bool(visible)


def add_people(far, chance):
    """Put one or two people, and sometimes a suitcase, in front of the camera."""
    camera = bpy.context.scene.camera
    ahead, right = -camera.matrix_world.to_3x3().col[2], camera.matrix_world.to_3x3().col[0]
    for number in range(chance.choice((1, 1, 2))):
        distance = chance.uniform(0.4, 0.7) * far
        place = camera.location + distance * ahead + chance.uniform(-0.35, 0.35) * distance * right
        colours = [
            kit.material(f"worn{number}{k}", [chance.uniform(0.02, 0.6) for _ in range(3)], rough=0.9) for k in range(3)
        ]
        skin = kit.material(f"skin{number}", (0.55, 0.35, 0.25), rough=0.6)
        x, y, tall = place.x, place.y, chance.uniform(0.9, 1.05)
        for side in (-1, 1):
            kit.cylinder((x + side * 0.1, y, 0.42 * tall), 0.07, 0.84 * tall, colours[0], top=0.09)
            kit.cylinder((x + side * 0.26, y + 0.05, 1.15 * tall), 0.045, 0.6 * tall, colours[1], top=0.05)
        kit.cylinder((x, y, 1.13 * tall), 0.17, 0.6 * tall, colours[1], top=0.21)
        kit.ball((x, y, 1.6 * tall), 0.11, skin, squash=(0.9, 1, 1.2))
        kit.ball((x, y + 0.02, 1.66 * tall), 0.115, colours[2], squash=(0.95, 1, 0.9))
        if chance.random() < 0.4:
            kit.box((x + 0.5, y + 0.1, 0.35), (0.42, 0.25, 0.66), colours[2], bevel=0.04)


def change_light(scene, chance):
    """Another sun, or other lamps. Returns what the exposure is changed by, in stops."""
    lights = [each.data for each in bpy.data.objects if each.type == "LIGHT"]
    lamps = [light for light in lights if light.type == "POINT"]
    nodes = bpy.context.scene.world.node_tree.nodes if bpy.context.scene.world else ()
    for node in nodes:
        if node.type == "TEX_SKY":
            node.sun_rotation += math.radians(chance.choice((-1, 1)) * chance.uniform(40, 150))
            node.sun_elevation = math.radians(chance.uniform(8, 60))
    if scene in scenes.OUTSIDE:
        return chance.uniform(-0.3, 0.3)
    choice = chance.choice(("evening", "lamps off", "half the lamps", "sun"))
    dark = {"lamps off": lamps, "half the lamps": lamps[::2], "sun": lamps}.get(choice, [])
    for light in lights:
        if choice == "evening":
            light.energy *= 0.12 if light.type == "AREA" else 1.6
        elif light in dark:
            light.energy = 0
    if choice in {"lamps off", "sun"}:
        for mat in bpy.data.materials:
            if mat.name.startswith(("shade", "bulb")):
                mat.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = 0.0
    if choice == "sun":
        data = bpy.data.lights.new("sunlight", "SPOT")
        data.energy, data.spot_size, data.shadow_soft_size = 2500, math.radians(35), 0.02
        lamp = bpy.data.objects.new("sunlight", data)
        lamp.location = (chance.choice((-1, 1)) * chance.uniform(2.5, 4), chance.uniform(-1, 1), 2.4)
        aim = Vector((chance.uniform(-0.5, 0.5), chance.uniform(2.5, 4), 0.4)) - lamp.location
        lamp.rotation_euler = aim.to_track_quat("-Z", "Y").to_euler()
        bpy.context.collection.objects.link(lamp)
    return {"evening": 0.9, "lamps off": 0.2, "half the lamps": 0.1, "sun": -0.4}[choice]


def points():
    """The places in the scene that a grid of rays through the picture meets: (rays, 3); NaN where a ray meets none."""
    camera, scene = bpy.context.scene.camera, bpy.context.scene
    half, layers = camera.data.sensor_width / 2 / camera.data.lens, bpy.context.evaluated_depsgraph_get()
    turn, found = camera.matrix_world.to_3x3(), []
    for v, u in itertools.product(np.linspace(-1, 1, GRID[1]), np.linspace(-1, 1, GRID[0])):
        ray = turn @ Vector((u * half, v * half / 1.5, -1)).normalized()
        hit, place, *_ = scene.ray_cast(layers, camera.location, ray)
        found.append(tuple(place) if hit else (math.nan,) * 3)
    return np.array(found)


def projected(view, places):
    """Where a view (4 x 4 matrix of the camera, half width at distance 1) sees places: across, down, distance."""
    matrix, half = view
    inverse = np.linalg.inv(matrix)
    x, y, z = (places @ inverse[:3, :3].T + inverse[:3, 3]).T
    ahead = np.where(z < 0, -z, np.nan)
    return x / ahead / half, y / ahead / half * 1.5, ahead


def relation(one, other, places):
    """How the camera moved between two views, and what that does: the last seven columns of a pair."""
    motion = np.linalg.inv(one[0]) @ other[0]
    turned = math.degrees(math.acos(max(-1.0, min(1.0, (np.trace(motion[:3, :3]) - 1) / 2))))
    x, y, depth = projected(one, places)
    there_x, there_y, _ = projected(other, places)
    known = np.isfinite(x) & np.isfinite(there_x)
    inside = known & (np.abs(there_x) <= EDGE) & (np.abs(there_y) <= EDGE)
    overlap = inside.sum() / max(known.sum(), 1)
    parallax = 0.0
    if inside.sum() > 20:
        flat = np.stack([x, y, np.ones_like(x), x * x, x * y, y * y], axis=1)[inside]
        moved = np.stack([there_x, there_y / 1.5], axis=1)[inside]
        rest = moved - flat @ np.linalg.lstsq(flat, moved, rcond=None)[0]
        parallax = float(np.percentile(np.hypot(*rest.T), 75)) / 2
    far = float(np.nanmedian(depth)) if known.any() else math.nan
    sideways, upwards, forward = motion[0, 3], motion[1, 3], -motion[2, 3]
    return [round(float(each), 5) for each in (sideways, upwards, forward, turned, far, overlap, parallax)]


def photograph(path, *, width, samples, exposure, seed):
    """Render the scene as a PNG, quickly: few samples, few bounces, denoised."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.seed, scene.cycles.samples = "CYCLES", seed, samples
    scene.cycles.use_denoising, scene.cycles.denoiser = True, "OPENIMAGEDENOISE"
    scene.cycles.max_bounces, scene.cycles.diffuse_bounces, scene.cycles.glossy_bounces = 4, 3, 2
    scene.cycles.transmission_bounces, scene.cycles.sample_clamp_indirect = 3, 8
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = (
        width,
        width * 2 // 3,
        100,
    )
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Medium High Contrast"
    scene.view_settings.exposure = exposure
    scene.render.image_settings.file_format, scene.render.filepath = "PNG", str(path)
    bpy.ops.render.render(write_still=True)


def shot(hotel, scene, kind, path, args):
    """Photograph a scene with one change. Returns the view and the places that it sees, or None if nothing changed."""
    chance = random.Random(f"{args.seed}/{hotel}/{scene}/{kind}")
    things = build(hotel, scene)
    places = points()
    camera = bpy.context.scene.camera
    far = float(np.nanmedian(np.linalg.norm(places - np.array(camera.location), axis=1)))
    far = min(far, 14.0)
    exposure = -0.6 if scene in scenes.OUTSIDE else -0.75
    move_camera(kind, far, chance)
    if kind == "things" and not move_things(things, chance):
        return None
    if kind == "people":
        add_people(far, chance)
    if kind == "light":
        exposure += change_light(scene, chance)
    exposure += chance.choice((-1, 1)) * chance.uniform(0.2, 0.5) if kind == "tripod" else chance.uniform(-0.1, 0.1)
    path.parent.mkdir(parents=True, exist_ok=True)
    photograph(path, width=args.width, samples=args.samples, exposure=exposure, seed=chance.randrange(1 << 30))
    view = (np.array(camera.matrix_world), camera.data.sensor_width / 2 / camera.data.lens)
    return view, points()


def rows_of(hotel, scene, taken):
    """A row for every two shots of a scene: what is different, and how the camera moved."""
    for one, other in itertools.combinations(taken, 2):
        changes = {one, other} - {"base", "tripod"}
        difference = "+".join(sorted(changes)) if one != "base" else other
        numbers = relation(taken[one][0], taken[other][0], taken[one][1])
        yield [hotel, scene, one, other, difference or "tripod", int(not changes), *numbers]


def in_turn():
    """Every scene of every hotel: each scene once, then each in the next hotel, so that a part is a mixture too."""
    hotels = list(HOTELS)
    for turn in range(len(hotels)):
        for number, scene in enumerate(scenes.SCENES):
            yield scene, hotels[(number + turn) % len(hotels)]


def main() -> None:
    """Photograph every scene that has no pairs yet, until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=45.0, help="no scene is begun later")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    table = args.out / "pairs.csv"
    if not table.exists():
        table.write_text(",".join(PAIR_COLUMNS) + "\n", encoding="utf-8")
    with table.open(newline="", encoding="utf-8") as file:
        done = {(row["hotel"], row["scene"]) for row in csv.DictReader(file)}
    started = time.monotonic()
    for scene, hotel in in_turn():
        if (hotel, scene) in done or (args.only and f"{hotel}/{scene}" not in args.only):
            continue
        if time.monotonic() - started > args.minutes * 60:
            print(f"the time is over: {hotel}/{scene} is left", flush=True)
            break
        folder = args.out / "shots" / hotel / scene
        made = {kind: shot(hotel, scene, kind, folder / f"{kind}.png", args) for kind in args.kinds}
        taken = {kind: each for kind, each in made.items() if each}
        with table.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows_of(hotel, scene, taken))
        print(f"{hotel}/{scene}: {len(taken)} shots, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
