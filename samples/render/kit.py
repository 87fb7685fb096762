"""Parts of scenes as Blender objects: materials, furniture, fabrics, plants and light.

Lengths are in metres, z points up. A function that makes objects adds them to the current scene. Nothing here depends
on the hotel.
"""

from __future__ import annotations

import math
import random

import bpy
from mathutils import Vector


def reset() -> None:
    """Start with an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


def material(name, colour, *, rough=0.5, metal=0.0, glow=0.0, glass=False, sheen=0.0):
    """A plain surface; `colour` is linear RGB."""
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    b = m.node_tree.nodes["Principled BSDF"]
    b.inputs["Base Color"].default_value = (*colour, 1)
    b.inputs["Roughness"].default_value = rough
    b.inputs["Metallic"].default_value = metal
    if sheen:
        b.inputs["Sheen Weight"].default_value = sheen
    if glow:
        b.inputs["Emission Color"].default_value = (*colour, 1)
        b.inputs["Emission Strength"].default_value = glow
    if glass:
        b.inputs["Transmission Weight"].default_value = 1.0
        b.inputs["IOR"].default_value = 1.33
    return m


def _nodes(m):
    tree = m.node_tree
    return tree.nodes, tree.links, tree.nodes["Principled BSDF"]


def _object_coordinates(nodes, links, scale):
    coordinates = nodes.new("ShaderNodeTexCoord")
    mapping = nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = scale
    links.new(coordinates.outputs["Object"], mapping.inputs["Vector"])
    return mapping.outputs["Vector"]


def _ramp(nodes, one, two, at=(0.3, 0.7)):
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*one, 1), (*two, 1)
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = at
    return ramp


def _bump(nodes, links, height, shader, strength, distance=0.02):
    bump = nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value = strength
    bump.inputs["Distance"].default_value = distance
    links.new(height, bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def wood(name, light, dark, *, scale=(1, 12, 12), rough=0.4):
    """Grained wood; the grain runs along the axis with the smallest scale."""
    m = material(name, light, rough=rough)
    nodes, links, shader = _nodes(m)
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 1.6
    noise.inputs["Detail"].default_value = 8
    noise.inputs["Distortion"].default_value = 1.2
    links.new(_object_coordinates(nodes, links, scale), noise.inputs["Vector"])
    ramp = _ramp(nodes, dark, light)
    links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    _bump(nodes, links, noise.outputs["Fac"], shader, 0.15)
    return m


def tiles(name, one, two, grout, *, size=0.3, ratio=2.0, gap=0.01, rough=0.2, offset=0.5, upright=False):
    """Tiles, bricks or boards: `size` is their height in metres, `ratio` is width : height; `upright` for walls."""
    m = material(name, one, rough=rough)
    nodes, links, shader = _nodes(m)
    brick = nodes.new("ShaderNodeTexBrick")
    brick.offset = offset
    for socket, value in (("Color1", one), ("Color2", two), ("Mortar", grout)):
        brick.inputs[socket].default_value = (*value, 1)
    for socket, value in (("Scale", 1.0), ("Mortar Size", gap), ("Brick Width", size * ratio), ("Row Height", size)):
        brick.inputs[socket].default_value = value
    vector = _object_coordinates(nodes, links, (1, 1, 1))
    links.new(_on_walls(nodes, links, vector) if upright else vector, brick.inputs["Vector"])
    links.new(brick.outputs["Color"], shader.inputs["Base Color"])
    _bump(nodes, links, brick.outputs["Fac"], shader, -0.25)
    return m


def _on_walls(nodes, links, vector):
    """Coordinates for walls: (x + y, z)."""
    parts, across, together = (nodes.new(f"ShaderNode{kind}") for kind in ("SeparateXYZ", "Math", "CombineXYZ"))
    links.new(vector, parts.inputs[0])
    links.new(parts.outputs["X"], across.inputs[0])
    links.new(parts.outputs["Y"], across.inputs[1])
    links.new(across.outputs[0], together.inputs["X"])
    links.new(parts.outputs["Z"], together.inputs["Y"])
    return together.outputs[0]


def fabric(name, colour, *, second=None, scale=60.0, stripes=False):
    """Woven cloth with fine bumps and sheen; with `second` it has a pattern of two colours."""
    m = material(name, colour, rough=0.9, sheen=0.3)
    nodes, links, shader = _nodes(m)
    vector = _object_coordinates(nodes, links, (1, 1, 1))
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale * 4
    noise.inputs["Detail"].default_value = 3
    links.new(vector, noise.inputs["Vector"])
    _bump(nodes, links, noise.outputs["Fac"], shader, 0.25, 0.005)
    if second is not None:
        pattern = nodes.new("ShaderNodeTexWave" if stripes else "ShaderNodeTexVoronoi")
        pattern.inputs["Scale"].default_value = scale / (8 if stripes else 10)
        links.new(vector, pattern.inputs["Vector"])
        ramp = _ramp(nodes, second, colour, (0.35, 0.45))
        links.new(pattern.outputs["Color" if stripes else "Distance"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    return m


def painting(name, palette, seed):
    """An abstract picture for a frame."""
    m = material(name, palette[0], rough=0.7)
    nodes, links, shader = _nodes(m)
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 2.2
    noise.inputs["Detail"].default_value = 3
    noise.inputs["Distortion"].default_value = 2.5
    mapping = _object_coordinates(nodes, links, (1.3, 1.3, 2.1))
    shift = nodes.new("ShaderNodeVectorMath")
    shift.inputs[1].default_value = (seed * 7.3, seed * 3.1, seed)
    links.new(mapping, shift.inputs[0])
    links.new(shift.outputs[0], noise.inputs["Vector"])
    ramp = _ramp(nodes, palette[0], palette[-1], (0.25, 0.75))
    for index, colour in enumerate(palette[1:-1], start=1):
        element = ramp.color_ramp.elements.new(0.25 + 0.5 * index / (len(palette) - 1))
        element.color = (*colour, 1)
    links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    return m


def _placed(obj, mat, rotation=(0, 0, 0)):
    obj.data.materials.append(mat)
    obj.rotation_euler = rotation
    return obj


def box(centre, size, mat, *, bevel=0.01, rotation=(0, 0, 0)):
    """A block with rounded edges."""
    corners = [(x * size[0] / 2, y * size[1] / 2, z * size[2] / 2) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    obj = _mesh("box", corners, faces, mat, centre, rotation, smooth=False)
    if bevel:
        modifier = obj.modifiers.new("bevel", "BEVEL")
        modifier.width = min(bevel, min(size) * 0.45)
        modifier.segments = 3
    return obj


def cylinder(centre, radius, height, mat, *, rotation=(0, 0, 0), top=None):
    """A cylinder; if `top` is given, it is the radius at the top."""
    top = radius if top is None else top
    around = 40
    vertices = [
        (r * math.cos(k * math.tau / around), r * math.sin(k * math.tau / around), z)
        for r, z in ((radius, -height / 2), (top, height / 2))
        for k in range(around)
    ]
    faces = [(k, (k + 1) % around, around + (k + 1) % around, around + k) for k in range(around)]
    obj = _mesh("cylinder", vertices, faces, mat, centre, rotation)
    caps = [tuple(range(around))[::-1], tuple(range(around, 2 * around))]
    _mesh("caps", vertices, caps, mat, centre, rotation, smooth=False)
    return obj


def ball(centre, radius, mat, *, squash=(1, 1, 1)):
    """A sphere."""
    around, rings = 32, 16
    vertices, faces = [], []
    for i in range(rings + 1):
        for k in range(around):
            a, b = math.pi * i / rings, k * math.tau / around
            place = (math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a))
            vertices.append(tuple(radius * p * q for p, q in zip(place, squash, strict=True)))
    for here in range(0, rings * around, around):
        there = here + around
        faces += [(here + k, there + k, there + (k + 1) % around, here + (k + 1) % around) for k in range(around)]
    return _mesh("ball", vertices, faces, mat, centre, (0, 0, 0))


def cushion(centre, size, mat, *, rotation=(0, 0, 0), puff=0.5, seed=0):
    """A pillow, a duvet or an upholstered block: thick in the middle, thin and wavy at the edges."""
    across, along = 40, 40
    rng = random.Random(seed)
    waves = [(rng.uniform(2, 9), rng.uniform(2, 9), rng.uniform(0, 6.3), rng.uniform(0.2, 1)) for _ in range(6)]
    vertices, faces = [], []
    for side in (1, -1):
        for i in range(across + 1):
            for j in range(along + 1):
                u, v = 2 * i / across - 1, 2 * j / along - 1
                dome = ((1 - abs(u) ** 4) * (1 - abs(v) ** 4)) ** puff
                wave = sum(a * math.sin(p * u + q * v + s) for p, q, s, a in waves) * 0.02
                edge = 1 + 0.015 * math.sin(9 * u + 5 * v)
                vertices.append(
                    (u * size[0] / 2 * edge, v * size[1] / 2 * edge, side * dome * size[2] / 2 * (1 + wave * 4))
                )
    count = (across + 1) * (along + 1)
    for side in range(2):
        for i in range(across):
            for j in range(along):
                a = side * count + i * (along + 1) + j
                face = (a, a + 1, a + along + 2, a + along + 1)
                faces.append(face if side else face[::-1])
    return _mesh("cushion", vertices, faces, mat, centre, rotation)


def drape(centre, width, height, mat, *, folds=9, depth=0.06, rotation=(0, 0, 0), seed=0):
    """A curtain with folds, hanging in the x-z plane."""
    rng = random.Random(seed)
    phase = [rng.uniform(0.7, 1.3) for _ in range(folds + 2)]
    across, along = folds * 12, 12
    vertices, faces = [], []
    for j in range(along + 1):
        for i in range(across + 1):
            u, v = i / across, j / along
            fold = math.sin(u * folds * 2 * math.pi * phase[int(u * folds)] ** 0.1) * depth * (1.1 - 0.4 * v)
            vertices.append(((u - 0.5) * width, fold + 0.01 * math.sin(7 * v + 20 * u), (v - 0.5) * height))
    for j in range(along):
        for i in range(across):
            a = j * (across + 1) + i
            faces.append((a, a + 1, a + across + 2, a + across + 1))
    return _mesh("drape", vertices, faces, mat, centre, rotation)


def sheet(centre, size, mat, *, cells=80, height=0.02, seed=0, scale=3.0):
    """A surface with gentle waves: water, a rug, a lawn."""
    rng = random.Random(seed)
    waves = [(rng.uniform(-scale, scale), rng.uniform(-scale, scale), rng.uniform(0, 6.3)) for _ in range(9)]
    vertices, faces = [], []
    for i in range(cells + 1):
        for j in range(cells + 1):
            x, y = (i / cells - 0.5) * size[0], (j / cells - 0.5) * size[1]
            vertices.append((x, y, sum(math.sin(p * x + q * y + s) for p, q, s in waves) / 9 * height))
    for i in range(cells):
        for j in range(cells):
            a = i * (cells + 1) + j
            faces.append((a, a + cells + 1, a + cells + 2, a + 1))
    return _mesh("sheet", vertices, faces, mat, centre, (0, 0, 0))


def _mesh(name, vertices, faces, mat, centre, rotation, *, smooth=True):
    """An object from vertices and faces. Blender's own operators would take minutes: each updates the whole scene."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
    obj = bpy.data.objects.new(name, mesh)
    obj.location = centre
    bpy.context.collection.objects.link(obj)
    return _placed(obj, mat, rotation)


def plant(centre, pot, leaf, *, height=1.0, leaves=40, seed=0):
    """A pot with long bent leaves."""
    rng = random.Random(seed)
    x, y, z = centre
    cylinder((x, y, z + 0.16 * height), 0.13 * height, 0.32 * height, pot, top=0.17 * height)
    for _ in range(leaves):
        angle, reach, tall = rng.uniform(0, 6.3), rng.uniform(0.15, 0.5) * height, rng.uniform(0.5, 1.0) * height
        width = rng.uniform(0.03, 0.06) * height
        vertices, faces = [], []
        for k in range(9):
            t = k / 8
            out, up = reach * t**1.7, tall * math.sin(t * 1.9) * 0.9 + 0.3 * height
            half = width * math.sin(math.pi * (0.08 + 0.92 * t)) ** 0.8
            dx, dy = math.cos(angle), math.sin(angle)
            vertices += [
                (out * dx - half * dy, out * dy + half * dx, up),
                (out * dx + half * dy, out * dy - half * dx, up),
            ]
            if k:
                a = 2 * k - 2
                faces.append((a, a + 1, a + 3, a + 2))
        _mesh("leaf", vertices, faces, leaf, (x, y, z), (0, 0, 0))


def tree(centre, trunk, leaf, *, height=5.0, seed=0):
    """A round-headed tree of small leaves."""
    rng = random.Random(seed)
    x, y, z = centre
    cylinder((x, y, z + height * 0.25), 0.05 * height, height * 0.5, trunk, top=0.03 * height)
    vertices, faces = [], []
    for _ in range(2600):
        a, b, r = rng.uniform(0, 6.3), rng.uniform(-1, 1), rng.uniform(0.6, 1) ** 0.4
        s = math.sqrt(1 - b * b)
        c = Vector((math.cos(a) * s, math.sin(a) * s, b)) * r * height * 0.3 + Vector((0, 0, height * 0.68))
        d = Vector((rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-1, 1))).normalized() * 0.035 * height
        e = d.orthogonal().normalized() * 0.02 * height
        k = len(vertices)
        vertices += [tuple(c - d), tuple(c + e), tuple(c + d), tuple(c - e)]
        faces.append((k, k + 1, k + 2, k + 3))
    _mesh("crown", vertices, faces, leaf, (x, y, z), (0, 0, 0))


def palm(centre, trunk, leaf, *, height=5.0, seed=0):
    """A palm tree."""
    rng = random.Random(seed)
    x, y, z = centre
    cylinder((x, y, z + height / 2), 0.14, height, trunk, top=0.1)
    for n in range(16):
        angle, droop = n * 6.28 / 16 + rng.uniform(-0.2, 0.2), rng.uniform(0.6, 1.3)
        vertices, faces = [], []
        dx, dy = math.cos(angle), math.sin(angle)
        for k in range(25):
            t = k / 24
            out, up = 2.2 * t, height + 0.6 * math.sin(t * 2.2) - droop * t * t * 1.6
            half = 0.32 * math.sin(math.pi * min(1, 0.1 + t)) * (1 if k % 2 else 0.15)
            vertices += [
                (out * dx - half * dy, out * dy + half * dx, up - half * 0.5),
                (out * dx, out * dy, up),
                (out * dx + half * dy, out * dy - half * dx, up - half * 0.5),
            ]
            if k:
                a = 3 * k - 3
                faces += [(a, a + 1, a + 4, a + 3), (a + 1, a + 2, a + 5, a + 4)]
        _mesh("frond", vertices, faces, leaf, (x, y, z), (0, 0, 0))


def framed(centre, width, height, frame, picture, *, rotation=(0, 0, 0)):
    """A picture in a frame, hanging in the x-z plane."""
    box(centre, (width + 0.08, 0.03, height + 0.08), frame, bevel=0.005, rotation=rotation)
    normal = Vector((0, -0.018, 0))
    normal.rotate(__import__("mathutils").Euler(rotation))
    box(tuple(Vector(centre) + normal), (width, 0.01, height), picture, bevel=0, rotation=rotation)


def table_lamp(centre, foot, shade, *, power=25, warm=(1, 0.72, 0.42), scale=1.0):
    """A lamp with a shade that glows, and the light it gives."""
    x, y, z = centre
    ball((x, y, z + 0.12 * scale), 0.09 * scale, foot, squash=(1, 1, 1.3))
    cylinder((x, y, z + 0.28 * scale), 0.012 * scale, 0.2 * scale, foot)
    cylinder((x, y, z + 0.42 * scale), 0.16 * scale, 0.24 * scale, shade, top=0.11 * scale)
    point((x, y, z + 0.62 * scale), power, warm)
    point((x, y, z + 0.22 * scale), power * 0.4, warm)


def pendant(centre, shade, cord, *, drop=1.0, power=30, warm=(1, 0.75, 0.45), radius=0.2):
    """A lamp that hangs from the ceiling; `centre` is the centre of its shade."""
    x, y, z = centre
    cylinder((x, y, z + drop / 2 + 0.1), 0.006, drop, cord)
    cylinder((x, y, z), radius, radius * 1.1, shade, top=radius * 0.35)
    point((x, y, z - radius * 0.9), power, warm)


def point(location, power, colour=(1, 1, 1), size=0.08):
    """A small light; `power` in watts."""
    light = bpy.data.lights.new("point", "POINT")
    light.energy, light.color, light.shadow_soft_size = power, colour, size
    obj = bpy.data.objects.new("point", light)
    obj.location = location
    bpy.context.collection.objects.link(obj)


def area(location, target, size, power, colour=(1, 1, 1)):
    """A large soft light that points to `target`; `power` in watts. The camera does not see it."""
    light = bpy.data.lights.new("area", "AREA")
    light.shape, light.size, light.size_y = "RECTANGLE", size[0], size[1]
    light.energy, light.color = power, colour
    obj = bpy.data.objects.new("area", light)
    obj.location = location
    obj.rotation_euler = (Vector(target) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    obj.visible_camera = False
    obj.visible_glossy = False
    bpy.context.collection.objects.link(obj)


def sky(*, elevation=35.0, turn=0.0, strength=0.25, haze=1.0):
    """Daylight: sun and sky, angles in degrees."""
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    texture = nodes.new("ShaderNodeTexSky")
    texture.sky_type = "MULTIPLE_SCATTERING"
    texture.sun_elevation, texture.sun_rotation = math.radians(elevation), math.radians(turn)
    for name in ("aerosol_density", "dust_density"):
        if hasattr(texture, name):
            setattr(texture, name, haze)
    texture.sun_size = math.radians(2)
    background = nodes["Background"]
    background.inputs["Strength"].default_value = strength
    links.new(texture.outputs["Color"], background.inputs["Color"])


def camera(location, target, *, lens=24, blur=None):
    """Put the camera at a place; `lens` in mm on full frame, `blur` is the distance of sharp focus in metres."""
    data = bpy.data.cameras.new("camera")
    data.lens = lens
    obj = bpy.data.objects.new("camera", data)
    obj.location = location
    obj.rotation_euler = (Vector(target) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    if blur:
        data.dof.use_dof, data.dof.focus_distance, data.dof.aperture_fstop = True, blur, 2.8
    bpy.context.collection.objects.link(obj)
    bpy.context.scene.camera = obj


def render(path, *, width=1200, height=800, samples=32, exposure=0.0):
    """Photograph the scene as a JPEG."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.max_bounces, scene.cycles.diffuse_bounces, scene.cycles.glossy_bounces = 7, 4, 3
    scene.cycles.transmission_bounces, scene.cycles.sample_clamp_indirect = 5, 8
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = exposure
    scene.render.image_settings.file_format = "JPEG"
    scene.render.image_settings.quality = 88
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
