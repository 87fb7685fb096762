"""Second shots for the fit: what is changed between two shots is what the label says, and nothing else."""

import csv
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks import rendered_pairs, second_shots
from benchmarks.shot_changes import changed_share, exposed, levels, local_light, parallax, regions, things_moved
from benchmarks.templates import floor_plans, framed
from tests.unit.dedup.images import photo

PHOTOGRAPH, OTHER = levels(photo(1)), levels(photo(2))
SEEDS = st.integers(0, 10_000)


def chance(seed):
    return np.random.default_rng(seed)


class TestChanges:
    @settings(max_examples=25, deadline=None)
    @given(st.floats(0.7, 1.4))
    def test_an_exposure_changes_no_part_more_than_others(self, gain):
        """So two shots from a tripod count as unchanged."""
        assert changed_share(PHOTOGRAPH * np.float32(0.6), PHOTOGRAPH * np.float32(0.6 * gain)) < 0.05

    @settings(max_examples=25, deadline=None)
    @given(SEEDS)
    def test_local_light_moves_nothing(self, seed):
        """What is dark stays darker than its neighbour where no shadow's edge lies between them."""
        lit = local_light(PHOTOGRAPH, chance(seed))
        assert 0 <= lit.min() <= lit.max() <= 1
        here, there = (np.diff(each.mean(axis=2), axis=1) for each in (PHOTOGRAPH, lit))
        edges = np.abs(here) > 0.15
        assert (here[edges] * there[edges] >= 0).mean() > 0.9

    @settings(max_examples=25, deadline=None)
    @given(SEEDS)
    def test_parallax_moves_layers_by_at_most_a_few_percent(self, seed):
        """Each pixel comes from the photograph, so nothing is brighter or darker than what is there."""
        moved = parallax(PHOTOGRAPH, chance(seed))
        assert moved.shape == PHOTOGRAPH.shape
        assert PHOTOGRAPH.min() - 1e-5 <= moved.min() <= moved.max() <= PHOTOGRAPH.max() + 1e-5
        assert np.abs(moved - PHOTOGRAPH).max() > 0.05

    @settings(max_examples=25, deadline=None)
    @given(SEEDS)
    def test_moved_things_leave_all_else_exactly_as_it_was(self, seed):
        """A person or a chair covers a part; the rest is the same to the last bit."""
        moved = things_moved(PHOTOGRAPH, OTHER, chance(seed))
        assert (moved == PHOTOGRAPH).all(axis=2).mean() > 0.2

    @given(st.integers(2, 8), SEEDS)
    @settings(max_examples=10, deadline=None)
    def test_regions_cover_the_photograph(self, count, seed):
        """Each place belongs to about one region."""
        whole = sum(regions(PHOTOGRAPH, count, chance(seed)))
        assert np.median(whole) == pytest.approx(1, abs=0.1)

    def test_a_seed_gives_the_same_shots(self):
        """Also the noise of the sensor."""
        one, other = (exposed(parallax(PHOTOGRAPH, chance(5)), chance(6)).tobytes() for _ in range(2))
        assert one == other


class TestTemplates:
    def test_what_is_equal_is_the_template(self):
        """The title bar is the same to the last bit, and the pictures in it are not."""
        pages = [np.asarray(page) for page in framed([photo(1), photo(2)], random.Random(3))]
        assert (pages[0][:40] == pages[1][:40]).all()
        assert (pages[0] != pages[1]).any(axis=2).mean() > 0.2
        plans = [np.asarray(plan, int) for plan in floor_plans(2, random.Random(1))]
        assert np.abs(plans[0][:60] - plans[1][:60]).max() < 30
        assert (np.abs(plans[0] - plans[1]) > 60).any(axis=2).mean() > 0.005


class TestCommands:
    def test_each_shot_is_a_label_with_copies(self, tmp_path, monkeypatch):
        """`labels.csv` is what a corpus has, and `pairs.csv` says what differs and whether it is the same view."""
        for hotel in ("inn", "lodge"):
            for number in range(9):
                path = tmp_path / "photographs" / hotel / f"{number}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                photo(number + 20 * len(hotel)).save(path)
        monkeypatch.setattr("sys.argv", ["second_shots", str(tmp_path / "photographs"), str(tmp_path / "out")])
        second_shots.main()
        labels, pairs = (
            list(csv.DictReader((tmp_path / "out" / f"{name}.csv").open())) for name in ("labels", "pairs")
        )
        of_label = {row["label"] for row in labels}
        assert all(2 <= sum(row["label"] == label for row in labels) <= 3 for label in of_label)
        assert all((tmp_path / "out" / "images" / row["image"]).is_file() for row in labels)
        assert {row["one"] for row in pairs} | {row["other"] for row in pairs} <= of_label
        assert {row["same_view"] for row in pairs if row["difference"] in {"frame", "plan"}} <= {"0"}
        assert {row["same_view"] for row in pairs if row["difference"] in {"camera", "light", "things"}} == {"1"}

    def test_rendered_shots_from_a_tripod_are_one_photograph(self, tmp_path, monkeypatch, capsys):
        """And a shot in which nobody would see the change is left out, with its pairs."""
        folder = tmp_path / "shots" / "shots" / "inn" / "lobby"
        folder.mkdir(parents=True)
        whole = photo(3)
        lit = np.asarray(whole, float)
        lit[:, 240:] *= 0.5
        shots = {"base": whole, "tripod": whole.point(lambda level: level * 0.8), "things": whole}
        for name, shot in {**shots, "light": Image.fromarray(lit.astype(np.uint8)), "step": photo(4)}.items():
            shot.save(folder / f"{name}.png")
        columns = "sideways_m,upwards_m,forward_m,turn_degrees,depth_m,overlap,parallax"
        rows = ["tripod,tripod,1,0,0,0,0,5,1,0", "things,things,0,0,0,0,0,5,1,0", "light,light,0,0,0,0,0,5,1,0"]
        rows += ["step,step,0,.2,0,0,1,5,.9,.01"]
        (tmp_path / "shots" / "pairs.csv").write_text(
            f"hotel,scene,one,other,difference,same_photograph,{columns}\n"
            + "".join(f"inn,lobby,base,{row}\n" for row in rows)
        )
        monkeypatch.setattr("sys.argv", ["rendered_pairs", str(tmp_path / "shots"), str(tmp_path / "out")])
        rendered_pairs.main()
        labels, pairs = (
            list(csv.DictReader((tmp_path / "out" / f"{name}.csv").open())) for name in ("labels", "pairs")
        )
        assert {row["label"] for row in labels} == {f"lobby-inn/{shot}" for shot in ("base", "light", "step")}
        assert sum(row["label"] == "lobby-inn/base" for row in labels) >= 4
        assert [(row["other"], row["same_photograph"], row["same_view"]) for row in pairs] == [
            ("lobby-inn/base", "1", "1"),
            ("lobby-inn/light", "0", "1"),
            ("lobby-inn/step", "0", "1"),
        ]
        assert "lobby-inn/things" in capsys.readouterr().out

    @pytest.mark.parametrize(("motion", "overlap", "same"), [(0.5, 0.9, True), (3.0, 0.9, False), (0.5, 0.4, False)])
    def test_the_same_view_is_from_nearly_the_same_place(self, motion, overlap, same):
        """A camera that moved far, or sees something else, shows another view."""
        row = {"sideways_m": motion, "upwards_m": 0, "forward_m": 0, "depth_m": 5, "overlap": overlap}
        assert rendered_pairs.is_same_view({name: str(value) for name, value in row.items()}) is same
