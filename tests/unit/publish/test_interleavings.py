"""Writers, kills, withdrawals and sweeps in any interleaving: every rendition that a manifest names exists."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from image_release.publish import (
    Before,
    LostSwapError,
    Manifest,
    Pending,
    SeqTakenError,
    pending_sweeps,
    publish,
    put_rendition,
    read_before,
    sweep_renditions,
)
from image_release.storage import FolderStore, MemoryStore
from image_release.store_keys import rendition_key, renditions_folder
from tests.unit.publish.manifests import picture

HOTEL = "h/1"
GRACE = timedelta(days=7)
SHAS = [letter * 64 for letter in "abcd"]
WRITERS = st.sampled_from(["one", "two"])


def content(sha256: str, recipe: int) -> bytes:
    return f"{sha256} as recipe {recipe}".encode()


class Writer:
    """A run of `process_hotel` in progress: it holds the ETag it read and the renditions it still has to put."""

    def __init__(self, store, shas, recipe, now):
        self.before: Before = read_before(store, HOTEL)
        self.recipe, self.now = recipe, now
        self.seq = self.before.next_seq
        self.keys = {}
        manifest = self.before.manifest
        published = {p.best.sha256: p.renditions[0].key for p in manifest.pictures} if manifest else {}
        same_recipe = manifest is not None and manifest.versions.get("recipe") == recipe
        self.missing = []
        for sha256 in shas:
            if same_recipe and sha256 in published:
                self.keys[sha256] = published[sha256]
            else:
                self.keys[sha256] = rendition_key(HOTEL, self.seq, sha256, "only", "jpg")
                self.missing.append(sha256)

    def manifest(self) -> Manifest:
        pending = pending_sweeps(self.before.manifest, frozenset(self.keys.values()), self.now, self.now + GRACE)
        pictures = tuple(
            picture(key, position=position, sha256=sha256)
            for position, (sha256, key) in enumerate(self.keys.items(), start=1)
        )
        return Manifest(
            seq=self.seq, hotel_id=HOTEL, name="", release_id="r", inputs="", versions={"recipe": self.recipe},
            published_at=self.now, withdrawn=not pictures, pictures=pictures, pending=tuple[Pending, ...](pending),
        )  # fmt: skip


class Interleaving(RuleBasedStateMachine):
    """Two writers, kills, withdrawals, a sweeper and time, in any order."""

    @initialize()
    def begin(self):
        self.now = datetime.now(UTC)
        self.store = self.make_store()
        self.writers: dict[str, Writer] = {}

    def make_store(self):
        return MemoryStore(clock=lambda: self.now)

    @rule(who=WRITERS, shas=st.lists(st.sampled_from(SHAS), unique=True), recipe=st.integers(1, 2))
    def start(self, who, shas, recipe):
        """Start a writer; a writer without images withdraws the hotel. The writer it replaces counts as killed."""
        self.writers[who] = Writer(self.store, shas, recipe, self.now)

    @precondition(lambda self: any(writer.missing for writer in self.writers.values()))
    @rule(who=WRITERS)
    def put_one(self, who):
        writer = self.writers.get(who)
        if writer and writer.missing:
            sha256 = writer.missing.pop()
            try:
                put_rendition(self.store, writer.keys[sha256], content(sha256, writer.recipe))
            except SeqTakenError:
                del self.writers[who]

    @precondition(lambda self: any(not writer.missing for writer in self.writers.values()))
    @rule(who=WRITERS)
    def swap(self, who):
        writer = self.writers.get(who)
        if writer and not writer.missing:
            del self.writers[who]
            try:
                publish(self.store, writer.manifest(), writer.before)
            except LostSwapError:
                assert read_before(self.store, HOTEL).etag != writer.before.etag

    @rule()
    def sweep(self):
        manifest = read_before(self.store, HOTEL).manifest
        if manifest:
            sweep_renditions(self.store, manifest, self.now, GRACE)

    @rule(days=st.sampled_from([1, 3, 8]))
    def wait(self, days):
        self.now += timedelta(days=days)

    @invariant()
    def every_named_rendition_exists_with_its_content(self):
        manifest = read_before(self.store, HOTEL).manifest if hasattr(self, "store") else None
        for shown in manifest.pictures if manifest else ():
            stored = self.store.get(shown.renditions[0].key)
            assert stored is not None
            assert stored.data == content(shown.best.sha256, manifest.versions["recipe"])

    def teardown(self):
        """Process and sweep once more after the grace period: only files that the manifest names are left."""
        if not hasattr(self, "store"):
            return
        before = read_before(self.store, HOTEL)
        if before.manifest is None:
            return
        self.now += GRACE + timedelta(days=1)
        shas = [shown.best.sha256 for shown in before.manifest.pictures]
        sweep_renditions(self.store, before.manifest, self.now, GRACE)
        last = Writer(self.store, shas, before.manifest.versions["recipe"], self.now)
        publish(self.store, last.manifest(), last.before)
        final = read_before(self.store, HOTEL).manifest
        sweep_renditions(self.store, final, self.now, GRACE)
        left = {listed.key for listed in self.store.list(renditions_folder(HOTEL))}
        assert left == final.named_keys()


class InterleavingInAFolder(Interleaving):
    """The same with a store of files, whose times come from the machine's clock."""

    def make_store(self):
        self.folder = tempfile.TemporaryDirectory()
        return FolderStore(Path(self.folder.name))

    def teardown(self):
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestInterleavingInAFolder = InterleavingInAFolder.TestCase
TestInterleavingInAFolder.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
