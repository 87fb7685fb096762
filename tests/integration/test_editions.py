"""Two versions of the program or of its settings work on one hotel: the newest wins, and nothing goes to and fro."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from image_release.edition import PROGRAM, Edition
from image_release.ingest import Request, progress, store_request
from image_release.publish import ManifestUnreadableError, read_before
from image_release.serverless.failing import Attempt, ComeBackError
from image_release.serverless.in_force import InForceReader, note_program
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.ports import Suite
from image_release.serverless.process_hotel import LEFT_S, LONGEST_LEFT, LeftError, serve
from image_release.settings_files import parse_settings
from image_release.store_keys import manifest_key
from tests.integration.world import World, jpeg, photo

KEY = "settings.yaml"


class Stage(World):
    """A world whose settings are stored in the inbox; `writer` is a process of a program that reads them."""

    def __init__(self, pictures=3):
        super().__init__()
        self.stored = self.settings.model_dump(mode="json", exclude_unset=True)
        self.store(pictures)
        urls = [self.serve(f"/{number}.jpg", jpeg(photo(number, (400, 300)))) for number in range(pictures)]
        self.catalogue("atlas", "1", {"a1": urls})
        self.release("r1", {"h1": [("atlas", "a1")]})

    def store(self, pictures, labels=15):
        """Store settings with another number of pictures a hotel, a second after those before."""
        self.wait(seconds=1)
        changed = {"publishing": {"max_pictures": pictures}, "tagging": {"max_labels": labels}}
        self.inbox.put(KEY, json.dumps({**self.stored, **changed}).encode())

    def note(self, program=PROGRAM):
        """A tick of a program notes that it works."""
        suite = Suite(
            *(self.inbox, self.state, self.published), *[None] * 6, self.settings, lambda: self.now,
            settings_key=KEY, edition=Edition(program=program),
        )  # fmt: skip
        note_program(suite)

    def writer(self, program=PROGRAM, key=KEY):
        return Writer(self, program, key)

    def published_now(self):
        return read_before(self.published, "h1").manifest


class Writer:
    """A process: what it knows of settings and epoch is as old as its last look at them."""

    def __init__(self, stage, program, key):
        self.stage = stage
        self.reader = InForceReader(stage.inbox, stage.state, key, lambda: stage.now, pytest.fail, program)
        self.ports()

    def ports(self, *, again=False):
        self.used = self.reader.read(again=again)
        self.edition = replace(self.used.edition, epoch=self.reader.epoch(again=again))
        ports = self.stage.ports(settings=self.used.settings)
        return replace(ports, edition=self.edition, is_outdated=lambda: self.reader.read(again=True) != self.used)

    def process(self, message=None, receives=1, **changes):
        message = message or NudgeMessage(hotel_id="h1", reason="test")
        attempt = Attempt(receives, 5)
        ports = replace(self.ports(), **changes)
        renewed = lambda: self.ports(again=True)
        return serve(message, ports, attempt, isolated=lambda f, *args, **more: f(*args, **more), renewed=renewed)


@pytest.fixture
def stage():
    found = Stage()
    yield found
    found.close()


def requested(stage, name="q1"):
    """A request for the hotel, as `reprocess` stores it: under the settings that are stored now."""
    request = Request(request_id=name, hotel_ids=("h1",))
    store_request(stage.state, request, 1, stage.inbox.head(KEY).modified)
    return NudgeMessage(hotel_id="h1", reason="request", request_id=name)


class TestTheManifest:
    def test_names_its_settings_and_its_program(self, stage):
        moment = stage.now
        manifest = stage.writer().process().manifest
        assert (manifest.settings.stored_at, manifest.program, manifest.epoch) == (moment, PROGRAM, 0)
        assert "epoch" not in json.loads(manifest.to_bytes())
        other = Stage()
        other.site.files.update(stage.site.files)
        assert other.writer().process().manifest.settings.digest == manifest.settings.digest
        other.close()

    def test_of_a_program_that_named_none_of_it_stays_as_it_is(self, stage):
        """An unchanged hotel is not written for the new keys."""
        document = json.loads(stage.writer().process().manifest.to_bytes())
        for key in ("settings", "program"):
            del document[key]
        old = json.dumps(document).encode()
        stage.published.put(manifest_key("h1"), old)
        assert stage.writer().process().status == "unchanged"
        assert stage.published.get(manifest_key("h1")).data == old
        assert stage.published_now().edition == Edition(0, 0, None)

    def test_stays_as_it_is_where_the_same_settings_are_stored_again(self, stage):
        stage.writer().process()
        before = stage.published_now()
        stage.store(pictures=3)
        assert stage.writer().process().status == "unchanged"
        assert stage.published_now() == before


class TestNewSettings:
    def test_are_taken_by_a_writer_that_meets_them(self, stage):
        """It read the old ones a moment ago; what is published was made with the new ones."""
        old = stage.writer()
        old.process()
        stage.store(pictures=2)
        stage.writer().process()
        assert old.process().status == "unchanged"
        assert (old.used.settings.publishing.max_pictures, len(stage.published_now().pictures)) == (2, 2)

    def test_reach_the_hotel_of_a_request_however_old_what_a_writer_knows(self, stage):
        """Otherwise it finds the hotel unchanged, and the request is done without having changed anything."""
        old = stage.writer()
        old.process()
        stage.store(pictures=2)
        assert old.process(requested(stage)).status == "processed"
        assert len(stage.published_now().pictures) == 2
        assert progress(stage.state, "q1").done == 1

    def test_that_come_while_a_writer_works_are_what_it_publishes_in_the_end(self, stage):
        """A faster writer found the hotel unchanged under them: nobody else would put it right."""
        stage.writer().process()
        stage.store(pictures=2)
        slow = stage.writer()
        stage.store(pictures=3)
        times = itertools.count()

        def now():
            if next(times) == 0:
                assert stage.writer().process().status == "unchanged"
            return stage.now

        slow.process(context=replace(stage.ports().context, now=now))
        assert len(stage.published_now().pictures) == 3
        assert stage.published_now().settings.stored_at == stage.inbox.head(KEY).modified

    @pytest.mark.parametrize("order", list(itertools.product(range(2), repeat=4)))
    def test_win_in_every_order_of_two_writers(self, stage, order):
        """One writer knows the old settings, the other the new ones; the hotel never goes back."""
        writers = [stage.writer()]
        stage.store(pictures=2)
        writers.append(stage.writer())
        seen = []
        for which in order:
            writers[which].process()
            seen.append(len(stage.published_now().pictures))
        assert seen == sorted(seen, reverse=True)
        if 1 in order:
            assert seen[-1] == 2


class TestANewerProgram:
    @pytest.mark.parametrize("order", list(itertools.product((1, 2), repeat=4)))
    def test_wins_in_every_order_of_two_writers(self, stage, order):
        """The other one leaves the hotel, and writes nothing at all: no done-marker either."""
        writers = {program: stage.writer(program) for program in (1, 2)}
        highest = 0
        for number, program in enumerate(order):
            message = requested(stage, f"q{number}")
            if program < highest:
                before = objects(stage)
                with pytest.raises(LeftError):
                    writers[program].process(message)
                assert objects(stage) == before
            else:
                writers[program].process(message)
            stage.site.files["/0.jpg"] = jpeg(photo(50 + number, (400, 300)))
            stage.catalogue("atlas", f"2-{number}", {"a1": [f"{stage.site.address}/{number % 3}.jpg"]})
            highest = max(highest, program)
            assert stage.published_now().program == highest

    def test_gets_the_nudge_back_and_a_receive_is_not_counted(self, stage):
        stage.writer(2).process()
        with pytest.raises(LeftError) as left:
            stage.writer(1).process(requested(stage), receives=5)
        assert left.value.again.delay_s == LEFT_S
        assert left.value.again.group == "q1"
        again = NudgeMessage.model_validate_json(left.value.again.body)
        assert again == NudgeMessage(hotel_id="h1", reason="request", request_id="q1", left_since=stage.now)
        assert progress(stage.state, "q1").failed == 0
        assert stage.writer(2).process(again).status == "unchanged"
        assert progress(stage.state, "q1").done == 1

    def test_that_never_comes_is_told_after_an_hour(self, stage):
        """The message fails as others do, with its reason, and the request counts the hotel as failed."""
        stage.writer(2).process()
        message, old = requested(stage), stage.writer(1)
        begin = stage.now
        while stage.now - begin < LONGEST_LEFT:
            with pytest.raises(LeftError) as left:
                old.process(message)
            message = NudgeMessage.model_validate_json(left.value.again.body)
            stage.wait(minutes=7)
        with pytest.raises(ComeBackError, match="program=2"):
            old.process(message, receives=5)
        assert progress(stage.state, "q1").failed == 1

    def test_that_writes_manifests_of_another_form_is_left_its_hotel_too(self, stage):
        stage.writer().process()
        newer = stage.published.get(manifest_key("h1")).data.replace(b'"schema": 1', b'"schema": 2')
        stage.published.put(manifest_key("h1"), newer)
        with pytest.raises(LeftError, match="a newer version wrote it"):
            stage.writer().process()
        message = NudgeMessage(hotel_id="h1", reason="test", left_since=stage.now - timedelta(hours=2))
        with pytest.raises(ComeBackError) as failed:
            stage.writer().process(message)
        assert isinstance(failed.value.__cause__, ManifestUnreadableError)
        assert stage.published.get(manifest_key("h1")).data == newer


class Process(RuleBasedStateMachine):
    """Processes of two programs that start, work and wait while settings are stored and programs are put in force."""

    @initialize()
    def begin(self):
        self.stage = Stage(pictures=1)
        self.stage.note(1)
        self.program = 1
        self.writers = [self.stage.writer(1)]
        self.requests = 0
        self.last = None

    def teardown(self):
        self.stage.close()

    @rule(labels=st.integers(1, 3))
    def store_settings(self, labels):
        """Other labels make another digest, and cost no rendition."""
        self.stage.store(pictures=1, labels=labels)

    @rule(program=st.integers(1, 2))
    def deploy(self, program):
        """A program is put in force, and soon a tick of it comes."""
        self.program = program
        self.stage.note(program)

    @rule()
    def start(self):
        self.writers.append(self.stage.writer(self.program))

    @rule(seconds=st.sampled_from([1, 30, 70]))
    def wait(self, seconds):
        self.stage.wait(seconds=seconds)

    @rule(caption=st.sampled_from(["a", "b"]))
    def change_the_catalogue(self, caption):
        self.requests += 1
        image = {"url": f"{self.stage.site.address}/0.jpg", "caption": caption}
        self.stage.catalogue("atlas", f"2-{self.requests:03}", {"a1": [image]})

    @rule(which=st.integers(0, 9), is_asked=st.booleans())
    def work(self, which, is_asked):
        """A hotel that is done for a request has the settings that were stored when the request was made."""
        self.requests += 1
        name = f"q{self.requests:03}"
        message = requested(self.stage, name) if is_asked else None
        writer = self.writers[which % len(self.writers)]
        try:
            writer.process(message)
        except LeftError:
            assert progress(self.stage.state, name) is None or progress(self.stage.state, name).done == 0
            return
        now = self.stage.published_now()
        if is_asked:
            assert now.settings.digest == self.newest()
        if self.last and now.seq != self.last.seq:
            assert not self.last.edition.is_newer_than(now.edition)
        self.last = now

    def newest(self):
        """The digest of the settings that are stored now."""
        return parse_settings(self.stage.inbox.get(KEY).data, KEY).digest()

    @invariant()
    def the_program_in_force_can_publish(self):
        """A process that starts now is not kept out by what others published."""
        manifest = self.stage.published_now()
        if manifest:
            edition = self.stage.writer(self.program).edition
            assert not manifest.edition.is_newer_than(edition)


Process.TestCase.settings = settings(max_examples=25, stateful_step_count=14, deadline=None, derandomize=True)
TestProcessesInAnyOrder = Process.TestCase


class TestAStepBack:
    def test_lets_the_older_program_write_over_what_the_newer_one_made(self, stage):
        """From the first tick of the older program on, and a writer that knew the epoch before reads it again."""
        new, old = stage.writer(2), stage.writer(1)
        stage.note(2)
        new.process()
        stage.store(pictures=2)
        with pytest.raises(LeftError):
            old.process()
        stage.note(1)
        assert old.process().status == "processed"
        manifest = stage.published_now()
        assert (manifest.epoch, manifest.program, len(manifest.pictures)) == (1, 1, 2)

    def test_before_the_first_tick_of_the_newer_program_is_seen_too(self, stage):
        """Its tick failed, or it was rolled back within minutes: what it published would be left for ever."""
        stage.note(1)
        old = stage.writer(1)
        old.process()
        stage.store(pictures=2)
        stage.writer(2).process()
        with pytest.raises(LeftError):
            old.process()
        stage.note(1)
        stage.store(pictures=3)
        assert old.process().status == "processed"
        assert (stage.published_now().epoch, stage.published_now().program) == (1, 1)

    def test_to_older_settings_under_another_key_before_a_tick_is_seen_too(self, stage):
        stage.inbox.put("other.yaml", stage.inbox.get(KEY).data)
        stage.note()
        stage.store(pictures=2)
        stage.writer().process()
        suite = Suite(
            *(stage.inbox, stage.state, stage.published), *[None] * 6, stage.settings, lambda: stage.now,
            settings_key="other.yaml",
        )  # fmt: skip
        note_program(suite)
        assert stage.writer(key="other.yaml").process().status == "processed"
        assert len(stage.published_now().pictures) == 3

    def test_stops_the_newer_program_where_it_is_still_at_work(self, stage):
        new = stage.writer(2)
        stage.note(2)
        stage.note(1)
        stage.writer(1).process()
        for _ in range(2):
            with pytest.raises(LeftError):
                new.process()
            stage.wait(minutes=2)
        stage.note(2)
        stage.wait(minutes=2)
        stage.store(pictures=2)
        assert new.process().status == "processed"
        assert stage.published_now().edition.program == 2

    def test_to_older_settings_is_storing_them_again(self, stage):
        stage.writer().process()
        stage.store(pictures=2)
        other = stage.writer()
        other.process()
        stage.store(pictures=3)
        assert stage.writer().process().status == "processed"
        assert other.process().status == "unchanged"
        assert len(stage.published_now().pictures) == 3

    def test_to_settings_under_another_key_takes_one_tick(self, stage):
        """A deployment that names an older file: its first tick begins an epoch."""
        stage.inbox.put("other.yaml", stage.inbox.get(KEY).data)
        stage.store(pictures=2)
        stage.note()
        stage.writer().process()
        back = stage.writer(key="other.yaml")
        with pytest.raises(LeftError):
            back.process()
        suite = Suite(
            *(stage.inbox, stage.state, stage.published), *[None] * 6, stage.settings, lambda: stage.now,
            settings_key="other.yaml",
        )  # fmt: skip
        note_program(suite)
        assert back.process().status == "processed"
        assert len(stage.published_now().pictures) == 3


def objects(stage):
    """Every object of the state and of what is published, and its bytes."""
    stores = (stage.state, stage.published)
    return [[(listed.key, store.get(listed.key).data) for listed in store.list("")] for store in stores]
