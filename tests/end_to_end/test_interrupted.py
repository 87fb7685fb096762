"""A run that is interrupted or killed loses nothing: what is published is complete, and the next run continues."""

import json
import os
import random
import shutil
import signal
import threading
import time

import pytest

from image_release.feed import changed_lists
from image_release.storage import FolderStore, Stores
from image_release.values import key_part
from tests.end_to_end.machine import assert_whole, kill_group, living
from tests.integration.world import jpeg, photo

HOTELS = 8
KILLS = 50
WAIT_S = 120
GONE_S = 20
"""Seconds in which workers end with their parent; one of them would wait for its server for longer."""
INTERRUPTED = "interrupted: every published hotel is complete, and the next run continues"
SLOW_S = 2.0
"""Seconds that each file takes in an interrupted run: even a busy machine then notices the first hotel in time."""
KILL_SLOW_S = 0.15
"""Seconds that each file takes in a killed run: starting takes a second, and the work should take about as long."""


class SlowPath(dict):
    """Files of a site that are served slowly, so that a run can be interrupted in the middle."""

    def __init__(self, files: dict, seconds: float) -> None:
        super().__init__(files)
        self.seconds = seconds

    def get(self, path, default=None):
        time.sleep(self.seconds)
        return super().get(path, default)


class SlowFile(dict):
    """Files of a site, one of which is not served before `answer` is set."""

    def __init__(self, files: dict) -> None:
        super().__init__(files)
        self.answer = threading.Event()

    def get(self, path, default=None):
        if path == "/slow.jpg":
            self.answer.wait(WAIT_S)
        return super().get(path, default)


@pytest.fixture
def world(machine):
    """Eight hotels with three images each, two of which show the same photo; nothing is published yet."""
    first = {}
    for number in range(HOTELS):
        photos = [(f"/{number}a.jpg", number * 10, (320, 214)), (f"/{number}b.jpg", number * 10, (310, 207))]
        photos.append((f"/{number}c.jpg", number * 10 + 1, (320, 214)))
        first[str(number)] = [machine.photo(*photo) for photo in photos]
    machine.catalogue("p", "v1", first)
    machine.release("r1", {f"h{number}": [("p", str(number))] for number in range(HOTELS)})
    return machine


def interrupt_in_the_middle(machine, target):
    """Start a run, wait until a hotel is published and send SIGINT; returns exit status, stdout and stderr."""
    process = machine.start("run")
    deadline = time.monotonic() + WAIT_S
    while not list(machine.workspace.glob("published/hotels/*/manifest.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    target(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=WAIT_S)
    return process.returncode, out, said


class TestCtrlC:
    @pytest.mark.parametrize("target", [os.kill, os.killpg], ids=["parent", "group"])
    def test_ends_with_130_and_the_next_run_continues(self, world, target):
        """SIGINT to the parent or, as from a terminal, to the whole group: status 130, one sentence, no damage."""
        world.site.files = SlowPath(world.site.files, SLOW_S)
        status, out, said = interrupt_in_the_middle(world, target)
        assert (status, out) == (130, "")
        assert said.splitlines()[1:] == [INTERRUPTED]  # the first line tells the settings that are stored
        published = assert_whole(world.workspace)
        assert 1 <= published < HOTELS, "the run was not interrupted in the middle"
        world.site.files.seconds = 0
        asked = len(world.site.asked)
        told = world.run()
        assert (told["hotels"]["unchanged"] >= published, told["hotels"]["failed"]) == (True, 0)
        assert sum(told["hotels"].values()) == HOTELS
        assert len(world.site.asked) - asked <= 3 * (HOTELS - published)
        assert world.run()["hotels"]["unchanged"] == HOTELS


class TestAParentThatEnds:
    @pytest.fixture
    def busy(self, machine):
        """A run with two workers: one waits for a server that never answers, one decodes large photographs."""
        large = jpeg(photo(1, (3000, 2000)))
        many = [machine.serve(f"/{n}.jpg", large + bytes([n])) for n in range(60)]
        machine.catalogue("p", "v1", {"1": [machine.photo("/slow.jpg", 1)], "2": many})
        machine.release("r1", {"h1": [("p", "1")], "h2": [("p", "2")]})
        machine.site.files = SlowFile(machine.site.files)
        process = machine.start("run")
        deadline = time.monotonic() + WAIT_S
        while {"/slow.jpg", "/20.jpg"} - set(machine.site.asked):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
        kill_group(process) if living(process.pid) else process.communicate()
        machine.site.files.answer.set()

    @pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
    def test_ends_its_workers(self, busy, by):
        """However it dies, no process is left soon afterwards. After SIGTERM its status is 143."""
        assert len(living(busy.pid)) >= 3
        busy.send_signal(by)
        busy.wait(WAIT_S)
        deadline = time.monotonic() + GONE_S
        while living(busy.pid):
            assert time.monotonic() < deadline, living(busy.pid)
            time.sleep(0.01)
        assert busy.returncode == (143 if by is signal.SIGTERM else -signal.SIGKILL)
        if by is signal.SIGTERM:
            assert busy.stderr.read().splitlines()[1:] == [INTERRUPTED]


class TestKill:
    @pytest.mark.timeout(900)  # fifty processes are started, and the machine may be busy
    def test_at_fifty_random_points_loses_nothing(self, world, tmp_path):
        """All processes are killed fifty times (SIGKILL) while hotels appear, change, move and leave. After each kill
        every manifest is complete, and so is the list of what changed. A run that is not killed then gives the same
        result as runs without kills."""
        chance = random.Random(7)
        undisturbed, seconds = expected_results(world, tmp_path / "undisturbed")
        world.site.files = SlowPath(world.site.files, KILL_SLOW_S)
        kills = rounds = in_the_middle = 0
        while kills < KILLS:
            rounds += 1
            world.workspace = tmp_path / f"round-{rounds}"
            for change, result in zip(CHANGES, undisturbed, strict=True):
                change(world)
                done = results(world)
                while kills < KILLS and done != result:
                    published = seqs(world)
                    process = world.start("run", workers=chance.choice((1, 1, 2)))
                    wait_a_while(world, process, chance, seconds)
                    alive = process.poll() is None
                    kill_group(process) if alive else process.communicate()
                    assert_whole(world.workspace)
                    assert listed_since(world, published) == {
                        (hotel_id, seq) for hotel_id, seq in seqs(world).items() if seq != published.get(hotel_id)
                    }
                    before, done = done, results(world)
                    kills += alive
                    seconds *= (
                        0.9 if not alive else 1.1 if done == before else 1
                    )  # adapt to how busy the machine is now
                    in_the_middle += alive and before != done != result
                world.site.files.seconds = 0
                told = world.run("--workers", "1")
                world.site.files.seconds = KILL_SLOW_S
                assert told["hotels"]["failed"] == 0
                assert results(world) == result
            shutil.rmtree(world.workspace)
        assert in_the_middle >= KILLS // 5, "the kills came too early or too late to test anything"


def wait_a_while(world, process, chance, seconds):
    """Wait for a random moment: half of the time in the whole run, half of the time after the first manifest."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0.3, 1.0) * seconds)
        return
    started = time.time()
    manifests = world.workspace / "published" / "hotels"
    while process.poll() is None and not any(
        written_after(path, started) for path in manifests.glob("*/manifest.json")
    ):
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.3))


def written_after(path, moment):
    """Whether a file was written after a moment; a file that is being replaced may be missing for a short time."""
    try:
        return path.stat().st_mtime > moment
    except FileNotFoundError:
        return False


def appear(world):
    """Eight new hotels."""
    site = world.site.address
    world.catalogue("p", "v1", {str(n): [f"{site}/{n}{x}.jpg" for x in "abc"] for n in range(HOTELS)})
    world.release("r1", {f"h{n}": [("p", str(n))] for n in range(HOTELS)})


def change(world):
    """Each hotel loses an image, an accommodation moves, and a hotel leaves the release."""
    site = world.site.address
    world.catalogue("p", "v2", {str(n): [f"{site}/{n}{x}.jpg" for x in "ac"] for n in range(HOTELS)})
    moved = {"h0": [("p", "0"), ("p", "1")], "h1": [], "h2": [("p", "2")]}
    world.release("r2", moved)


CHANGES = (appear, change)


def expected_results(world, workspace):
    """What runs publish after each change if they are not killed, and the seconds of the first run."""
    world.workspace = workspace
    found, seconds = [], 0.0
    for step in CHANGES:
        step(world)
        started = time.monotonic()
        assert world.run("--workers", "2")["hotels"]["failed"] == 0
        seconds = seconds or time.monotonic() - started
        found.append(results(world))
    return found, seconds


def seqs(world):
    """Hotel -> number of its manifest: a snapshot that owes nothing to lists and records."""
    manifests = (world.workspace / "published/hotels").glob("*/manifest.json")
    return {path.parent.name: json.loads(path.read_bytes())["seq"] for path in manifests}


def listed_since(world, before):
    """What is listed as changed now, and has a higher number than before."""
    stores = Stores(*(FolderStore(world.workspace / name) for name in ("inbox", "state", "published")))
    listed = {item for made in changed_lists(stores.state) for item in made.read(stores)}
    return {(hotel_id, seq) for hotel_id, seq in listed if seq > before.get(hotel_id, 0)}


def results(world):
    """Every manifest without the times that depend on the clock: of itself, of its settings, and of what is due."""
    found = {}
    for number in range(HOTELS):
        path = world.workspace / "published/hotels" / key_part(f"h{number}") / "manifest.json"
        if path.is_file():
            manifest = world.manifest(f"h{number}")
            del manifest["published_at"], manifest["settings"]["stored_at"]
            manifest["pending"] = sorted({entry["kind"] for entry in manifest["pending"]})
            found[f"h{number}"] = manifest
    return found
