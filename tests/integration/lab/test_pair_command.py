"""`image-release corpus pair`: compares any two images."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from benchmarks.rotated_camera_pairs import shots
from benchmarks.shot_changes import exposed, levels, local_light, parallax, things_moved
from image_release.dedup import Difference, explain
from image_release.lab.grouping.report.pairs import compare, read_side
from image_release.lab.grouping.report.same_view_drawings import same_view_drawing
from image_release.lab.grouping.report.sentences import Reason, Verdict
from image_release.settings import Settings
from tests.conftest import ROOT
from tests.integration.lab.conftest import call, rows, told

ROOM = ROOT / "samples" / "hotels" / "the-foundry" / "double-room-1.jpg"
OTHER_ROOM = ROOT / "samples" / "hotels" / "the-foundry" / "double-room-3.jpg"


@pytest.fixture
def copy(tmp_path):
    """A copy of the room: mirrored, cropped and with a caption."""
    path = tmp_path / "copy.jpg"
    with Image.open(ROOM) as image:
        width, height = image.size
        mirrored = ImageOps.mirror(image.crop((width // 10, 0, width, height)))
        ImageDraw.Draw(mirrored).rectangle((0, height * 0.85, width, height), fill=(20, 20, 20))
        mirrored.save(path, quality=60)
    return path


@pytest.fixture(params=["camera", "light", "things"])
def second_shot(request, tmp_path):
    """The room once more: from another stand, in other light, or with things moved."""
    room, chance = levels(Image.open(ROOM).convert("RGB")), np.random.default_rng(9)
    other_room = levels(Image.open(OTHER_ROOM).convert("RGB"))
    changed = {
        "camera": lambda: parallax(room, chance),
        "light": lambda: local_light(room, chance),
        "things": lambda: things_moved(room, other_room, chance),
    }
    exposed(changed[request.param](), chance).save(tmp_path / "second.png")
    return Difference(request.param), tmp_path / "second.png"


class TestSameView:
    def test_is_said_and_shown(self, second_shot):
        """The page of two photographs of one view has one sentence about it, and marks on both images."""
        difference, path = second_shot
        sides = [read_side(each, each.name, None, Settings()) for each in (ROOM, path)]
        found = explain(*(side.seen.fingerprint for side in sides))
        assert found.is_same_view
        drawing = same_view_drawing(replace(found.aligned, difference=difference))
        assert len(drawing.arrows + drawing.tints) > 0
        page = compare(*sides, Verdict(Reason.APART), Settings()).page
        assert "two pictures of one view" in page
        assert page.count("Not one photograph, but the same view: ") == 1
        assert page.count('class="top shown p-') == 2

    def test_is_not_shown_where_the_two_are_joined(self, copy):
        """Nor where the two show different things."""
        sides = [read_side(each, each.name, None, Settings()) for each in (ROOM, copy)]
        assert 'class="top shown p-' not in compare(*sides, Verdict(Reason.DIRECTLY), Settings()).page

    def test_of_a_camera_that_turned_is_told_by_the_command(self, tmp_path):
        """The two align, and each shows something that the other does not."""
        scene = np.asarray(Image.open(ROOM).convert("RGB"), np.float64) / 255
        names = [tmp_path / "one.png", tmp_path / "other.png"]
        for name, shot in zip(names, shots(scene, random.Random(4)), strict=True):
            shot.save(name)
        found = told("pair", *names)
        assert not found["joined"]
        assert found["sentence"].startswith("Not one photograph, but the same view: the camera ")


class TestSentence:
    def test_says_why_a_copy_was_joined(self, copy):
        """One sentence has agreement, displacement, score and the score that was needed."""
        found = told("pair", ROOM, copy)
        assert found["joined"]
        assert re.fullmatch(
            r"Joined: after alignment \(one of them is mirrored\), \d+ % of the textured blocks agree and the typical "
            r"block has moved by 0\.\d\d px; score \d+\.\d, which is clear \(from 5 on\)\.",
            found["sentence"],
        )
        assert found["score"] > 5

    def test_says_why_two_rooms_were_kept_apart(self):
        """Two rooms of one style are two pictures."""
        found = told("pair", ROOM, OTHER_ROOM)
        assert not found["joined"]
        assert found["sentence"].startswith("Kept apart: ")

    def test_does_not_depend_on_the_order(self, copy):
        """Either image may be named first."""
        assert told("pair", ROOM, copy) == told("pair", copy, ROOM)

    def test_of_the_same_bytes_is_short(self):
        """Nothing is measured."""
        assert told("pair", ROOM, ROOM)["sentence"] == "Joined: the two files hold the same bytes."

    def test_of_a_placeholder_says_that_it_is_one(self, tmp_path):
        """A placeholder is never compared."""
        image = Image.new("RGB", (600, 400), (238, 238, 238))
        ImageDraw.Draw(image).text((240, 190), "No image available", fill=(90, 90, 90))
        image.save(tmp_path / "none.png")
        found = told("pair", ROOM, tmp_path / "none.png")
        assert not found["joined"]
        assert found["sentence"].startswith("Not compared: ")
        assert "placeholder" in found["sentence"]


class TestPage:
    def test_is_one_file_that_shows_everything(self, copy, tmp_path):
        """It has images, difference, blocks, 36 x 36 distances and statistics, without a script or other file."""
        out = tmp_path / "pair.html"
        call("pair", ROOM, copy, "--out", out)
        page = out.read_text(encoding="utf-8")
        assert page.count("url(data:image/jpeg;base64,") == 4
        assert sum(int(part.count("h1v1h-1z")) for part in re.findall(r'd="(M[^"]*)"', page)) == 36 * 36
        assert len(re.findall(r'<rect class="b agrees"', page)) > 100
        assert "How the score is made" in page
        assert "<script" not in page
        assert not re.search(r'(?:src|href)="(?!\.\./)', page)

    def test_adds_up_to_the_score(self, copy, tmp_path):
        """The intercept and what each statistic adds sum to the score that decides."""
        out = tmp_path / "pair.html"
        score = told("pair", ROOM, copy, "--out", out)["score"]
        page = out.read_text(encoding="utf-8")
        start = float(re.search(r"It starts at (-?[\d.]+), and", page)[1])
        adds = [float(text) for text in re.findall(r'<td class="(?:for|against)">([+-][\d.]+)</td>', page)]
        assert start + sum(adds) == pytest.approx(score, abs=0.01 * len(adds))

    def test_escapes_what_a_file_is_called(self, tmp_path):
        """A name is shown as text, whatever it contains."""
        name = tmp_path / "<script>alert(1)<&>.jpg"
        name.write_bytes(ROOM.read_bytes())
        call("pair", name, OTHER_ROOM, "--out", tmp_path / "pair.html")
        page = (tmp_path / "pair.html").read_text(encoding="utf-8")
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;&amp;&gt;" in page


class TestCorpus:
    def test_names_images_as_its_labels_do_and_shows_what_people_say(self, made, tmp_path):
        """It compares two copies of one photograph, named as in labels.csv."""
        by_label = {}
        for row in rows(made)[1:]:
            by_label.setdefault(row.split(",")[2], []).append(row.split(",")[0])
        one, other = next(images for images in by_label.values() if len(images) > 1)[:2]
        out = tmp_path / "pair.html"
        assert told("pair", one, other, "--corpus", made, "--out", out)["joined"]
        assert "<b>the same photograph</b>" in out.read_text(encoding="utf-8")


class TestWrongUse:
    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"no picture", "not_an_image"), (b"\xff\xd8\xff\xe0 short", "truncated"), (None, "No such")],
    )
    def test_of_a_file_that_is_no_image_is_reported(self, tmp_path, content, said):
        """The status is 2, and the message has the file and the reason."""
        path = tmp_path / "broken.jpg"
        if content is not None:
            path.write_bytes(content)
        ended = call("pair", ROOM, path, status=2)
        assert "broken.jpg" in ended.stderr
        assert said in ended.stderr
