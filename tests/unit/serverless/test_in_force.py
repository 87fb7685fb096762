"""Settings and epoch of an invocation: when they are read, and what holds while settings cannot be read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from image_release.edition import PROGRAM, Edition
from image_release.serverless.in_force import InForceReader, keep_readable_settings, note_program, program_in_force
from image_release.serverless.tick import tick
from image_release.settings import Settings
from image_release.settings_files import SettingsError
from image_release.storage import CountingStore, StoreCounter

KEY = "settings.yaml"
FEW, MANY = b"publishing: {max_pictures: 3}\n", b"publishing: {max_pictures: 30}\n"
WRONG = b"publishing:\n  max_picture: 3\n"


@pytest.fixture
def stage(world):
    return Stage(world)


class Stage:
    """A stage whose settings are stored in the inbox; `told` holds what was told of settings that cannot be read."""

    def __init__(self, world):
        self.world = world
        self.counter = StoreCounter()
        self.told = []
        self.store(FEW)

    def store(self, data):
        self.world.suite.inbox.put(KEY, data)

    def reader(self, key=KEY, program=PROGRAM):
        """A new process."""
        suite = self.world.suite
        inbox = CountingStore(suite.inbox, self.counter)
        return InForceReader(inbox, suite.state, key, suite.now, self.told.append, program)

    def tick(self, program=PROGRAM, key=KEY):
        suite = replace(self.world.suite, settings_key=key, edition=Edition(program=program))
        return tick(suite, {"program": note_program, "settings": keep_readable_settings})


def shown(reader, **options):
    return reader.read(**options).settings.publishing.max_pictures


class TestSettings:
    def test_are_read_once_a_minute(self, stage):
        reader = stage.reader()
        assert [shown(reader) for _ in range(3)] == [3, 3, 3]
        stage.store(MANY)
        stage.world.wait(seconds=59)
        assert (shown(reader), stage.counter.reads) == (3, 1)
        stage.world.wait(seconds=1)
        assert (shown(reader), stage.counter.reads) == (30, 2)

    def test_are_read_again_for_who_meets_something_newer(self, stage):
        reader = stage.reader()
        reader.read()
        stage.store(MANY)
        assert (shown(reader, again=True), shown(reader)) == (30, 30)

    def test_are_read_again_where_the_clock_was_put_back(self, stage):
        reader = stage.reader()
        reader.read()
        stage.store(MANY)
        stage.world.wait(hours=-1)
        assert shown(reader) == 30

    def test_say_since_when_they_are_stored(self, stage):
        reader, moment = stage.reader(), stage.world.now
        assert reader.read().edition == Edition(0, PROGRAM, moment)
        assert stage.reader(key="").read().edition == Edition(0, PROGRAM, None)

    def test_that_are_stored_again_as_they_were_are_newer_and_the_same(self, stage):
        """So what was built for them, such as connections, stays."""
        reader = stage.reader()
        first = reader.read()
        stage.world.wait(minutes=2)
        stage.store(FEW)
        second = reader.read()
        assert second.settings is first.settings
        assert second.edition.is_newer_than(first.edition)

    def test_are_the_shipped_ones_where_the_stage_names_none(self, stage):
        reader = stage.reader(key="")
        assert reader.read().settings == Settings()
        stage.world.wait(hours=1)
        assert reader.read().settings is reader.read().settings
        assert stage.counter.reads == 0


class TestSettingsThatCannotBeRead:
    @pytest.mark.parametrize("bad", [WRONG, b"\xff", b"- a list", None])
    def test_leave_the_last_ones_in_force_and_are_told(self, stage, bad):
        reader = stage.reader()
        before = reader.read()
        stage.store(bad) if bad else stage.world.suite.inbox.delete(KEY)
        stage.world.wait(minutes=1)
        assert reader.read() == before
        assert len(stage.told) == 1
        assert KEY in stage.told[0]

    @pytest.mark.parametrize("bad", [WRONG, None])
    def test_do_not_stop_a_process_that_starts(self, stage, bad):
        """`tick` kept a copy, with the time at which it was stored."""
        moment = stage.world.now
        assert stage.tick().did["settings"] == {"kept": 1}
        stage.store(bad) if bad else stage.world.suite.inbox.delete(KEY)
        stage.world.wait(hours=1)
        found = stage.reader().read()
        assert (found.settings.publishing.max_pictures, found.edition.stored_at) == (3, moment)

    def test_are_told_once_a_minute_however_often_they_are_read(self, stage):
        """Who publishes a hotel reads them again, and may do so ten times a second."""
        reader = stage.reader()
        reader.read()
        stage.store(WRONG)
        for _ in range(3):
            reader.read(again=True)
        assert len(stage.told) == 1
        stage.world.wait(minutes=1)
        reader.read(again=True)
        assert len(stage.told) == 2

    def test_and_never_could_be_stop_with_file_and_line(self, stage):
        stage.store(WRONG)
        with pytest.raises(SettingsError, match=r"settings.yaml:2: publishing.max_picture"):
            stage.reader().read()
        stage.world.suite.inbox.delete(KEY)
        with pytest.raises(SettingsError, match="has no such object"):
            stage.reader().read()

    def test_are_in_force_once_they_are_mended(self, stage):
        reader = stage.reader()
        reader.read()
        stage.store(WRONG)
        stage.world.wait(minutes=1)
        reader.read()
        stage.store(MANY)
        stage.world.wait(minutes=1)
        assert shown(reader) == 30

    def test_of_a_newer_program_are_those_that_each_program_could_read(self, stage):
        """Moving back finds the copy of the program that runs then, and not one with settings that it does not know."""
        stage.tick(program=1)
        stage.store(MANY)
        stage.tick(program=2)
        stage.store(WRONG)
        assert (shown(stage.reader(program=1)), shown(stage.reader(program=2))) == (3, 30)
        assert shown(stage.reader(program=3)) == 30


class TestTheCopy:
    def test_is_written_only_when_the_settings_change(self, stage):
        assert [stage.tick().did["settings"] for _ in range(2)] == [{"kept": 1}, {"kept": 0}]
        stage.world.wait(seconds=1)
        stage.store(MANY)
        assert stage.tick().did["settings"] == {"kept": 1}

    @pytest.mark.parametrize("bad", [WRONG, None])
    def test_stays_while_the_settings_cannot_be_read(self, stage, bad):
        """The job fails, so that somebody is told; the other jobs are done."""
        stage.tick()
        stage.store(bad) if bad else stage.world.suite.inbox.delete(KEY)
        ticked = stage.tick()
        assert KEY in ticked.failed["settings"]
        assert "program" in ticked.did
        assert shown(stage.reader()) == 3

    def test_is_not_needed_where_the_stage_names_no_settings(self, stage):
        assert stage.tick(key="").did["settings"] == {}
        assert list(stage.world.suite.state.list("settings/")) == []


class TestTheEpoch:
    def test_is_none_before_the_first_tick(self, stage):
        assert stage.reader().epoch() == 0

    def test_is_read_once_a_minute_or_again(self, stage):
        reader = stage.reader(program=1)
        assert reader.epoch() == 0
        stage.tick(program=2)
        assert stage.tick(program=1).did["program"] == {"epochs": 1}
        assert (reader.epoch(), reader.epoch(again=True)) == (0, 1)
        assert stage.reader(program=2).epoch() == 0

    def test_stays_while_the_settings_are_missing(self, stage):
        """The last ones stay in force, so nobody moved back; a deployment that names none did."""
        stage.tick()
        noted = program_in_force(stage.world.suite.state)
        stage.world.suite.inbox.delete(KEY)
        stage.tick()
        assert program_in_force(stage.world.suite.state) == noted
        assert stage.tick(key="").did["program"] == {"epochs": 1}

    def test_is_not_begun_twice_by_ticks_at_the_same_time(self, stage):
        """A slow tick reads the old document and the old settings; the store refuses its write, and it reads again."""
        stage.tick()
        suite = stage.world.suite
        stage.world.wait(hours=1)

        class SlowTick:
            """A state whose first answer about the program is held until another tick is done."""

            def __init__(self):
                self.is_first = True

            def __getattr__(self, name):
                return getattr(suite.state, name)

            def get(self, key):
                found = suite.state.get(key)
                if key == "program.json" and self.is_first:
                    self.is_first = False
                    stage.store(MANY)
                    stage.tick()
                    stage.world.wait(seconds=timedelta(minutes=1).seconds)
                return found

        slow = replace(suite, state=SlowTick(), settings_key=KEY)
        assert note_program(slow) == {"epochs": 0}
        assert program_in_force(suite.state).epoch == 0
