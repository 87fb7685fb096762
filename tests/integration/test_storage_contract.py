"""What every store promises. A new kind of store adds one entry to `BACKENDS`."""

import multiprocessing
import random
import tempfile
import threading
import time
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image_release.storage import (
    BadKeyError,
    ConditionFailedError,
    FolderStore,
    MemoryStore,
    OverlayStore,
    S3Address,
    S3Store,
)
from image_release.storage.naming import key_fault
from image_release.values import key_part
from tests.integration import storage_writers as writers

BACKENDS = ["memory", "folder", "overlay", "s3-ministack", "s3-moto"]
ACROSS_PROCESSES = ["folder", "s3-ministack", "s3-moto"]
"""Backends that several processes can share."""

PROCESSES = multiprocessing.get_context("forkserver")

HOSTILE_IDS = [
    "..", ".", "../../etc/passwd", "/etc/passwd", "a b", "a/b", "%2F", "100%", "ünï/çødé", "日本" * 14, "-rf",
    "$(reboot)", "line\nbreak", "nul\0", "back\\slash", "CON", "~", "a" * 255, ".tmp", "'\"<b>&", "\u202e", "*?[",
]  # fmt: skip
"""What partners may call an accommodation."""
BAD_KEYS = [
    "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "a\0b", "a/" + "b" * 256, "ü" * 128,
    "/".join(["a" * 200] * 6), ".tmp/a", "half a pair \ud800",
]  # fmt: skip


def new_store(request, backend, folder):
    """An empty store of a backend; on S3 it has its own prefix in the bucket of the session."""
    if backend == "memory":
        return MemoryStore()
    if backend == "folder":
        return FolderStore(folder / "store")
    if backend == "overlay":
        return OverlayStore(FolderStore(folder / "below"), FolderStore(folder / "above"))
    aws, bucket = request.getfixturevalue(backend.removeprefix("s3-") + "_bucket")
    return S3Store(S3Address(bucket, f"store/{uuid.uuid4().hex}"), aws.environment())


@pytest.fixture(scope="session")
def ministack_bucket(ministack):
    return ministack, ministack.bucket()


@pytest.fixture(scope="session")
def moto_bucket(moto):
    return moto, moto.bucket()


@pytest.fixture(params=BACKENDS)
def store(request, tmp_path):
    return new_store(request, request.param, tmp_path)


@pytest.fixture(params=ACROSS_PROCESSES)
def shared_store(request, tmp_path):
    return new_store(request, request.param, tmp_path)


def etag_after_put(store, data):
    store.put("a", data)
    return store.get("a").etag


def keys_of(store, prefix=""):
    return [listed.key for listed in store.list(prefix)]


class TestAnObject:
    def test_is_read_as_it_was_written(self, store):
        """Any bytes, the empty object too."""
        for data in (b"", b"bytes", bytes(range(256)) * 10_000):
            store.put("a/b", data)
            assert store.get("a/b").data == data

    def test_has_an_etag_of_its_content(self, store):
        """Different bytes have different ETags, equal bytes the same one; it is in quotes, as in HTTP."""
        first, again, second = (etag_after_put(store, data) for data in (b"one", b"one", b"two"))
        assert first == again
        assert first != second
        assert first[0] == first[-1] == '"'

    def test_is_replaced_whole(self, store):
        """A shorter object leaves nothing of the longer one."""
        store.put("a", b"long" * 1000)
        store.put("a", b"short")
        assert store.get("a").data == b"short"

    def test_is_streamed(self, store):
        """An open object can be read in pieces, and has the bytes that it had when it was opened."""
        store.put("a", b"0123456789")
        with store.open("a") as stream:
            assert stream.read(4) == b"0123"
            store.put("a", b"something else")
            assert stream.read() == b"456789"

    def test_comes_from_and_goes_to_files(self, store, tmp_path):
        """A large file goes in and out unchanged."""
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(random.Random(1).randbytes(3_000_001))
        store.put_file("a/large", source)
        assert store.fetch_file("a/large", target)
        assert target.read_bytes() == source.read_bytes()
        assert store.get("a/large").data == source.read_bytes()

    def test_tells_its_size_and_time(self, store):
        """Without being read; the time is aware, UTC and about now."""
        before = datetime.now(UTC) - timedelta(seconds=5)
        store.put("a", b"12345")
        head = store.head("a")
        assert (head.key, head.size) == ("a", 5)
        assert before <= head.modified <= datetime.now(UTC) + timedelta(seconds=5)
        assert head.modified.utcoffset() == timedelta(0)
        assert list(store.list("a")) == [head]

    def test_that_is_missing_is_none(self, store, tmp_path):
        """A missing object is an answer and not an error; the start of another key is no object."""
        store.put("a/b/c", b"x")
        for key in ("none", "a", "a/b", "a/b/c/d", "a/none"):
            assert store.get(key) is None
            assert store.open(key) is None
            assert store.head(key) is None
            assert not store.fetch_file(key, tmp_path / "target")
        assert not (tmp_path / "target").exists()

    def test_is_deleted_once_or_twice(self, store):
        """Deleting a missing object does nothing, and removes nothing else."""
        store.put("a/b", b"x")
        store.put("a/c", b"y")
        for _ in range(2):
            store.delete("a/b")
        store.delete("a")
        store.delete("none/at/all")
        assert store.get("a/b") is None
        assert keys_of(store) == ["a/c"]

    def test_can_come_back(self, store):
        """After a deletion the key can be used again."""
        store.put("a/b/c", b"first", if_absent=True)
        store.delete("a/b/c")
        store.put("a/b/c", b"second", if_absent=True)
        assert store.get("a/b/c").data == b"second"


class TestAConditionalPut:
    def test_if_absent_writes_once(self, store):
        """The first put writes; the second one raises and changes nothing."""
        store.put("a", b"first", if_absent=True)
        with pytest.raises(ConditionFailedError):
            store.put("a", b"second", if_absent=True)
        assert store.get("a").data == b"first"

    def test_if_absent_sees_an_empty_object(self, store):
        """An object of no bytes is an object."""
        store.put("a", b"")
        with pytest.raises(ConditionFailedError):
            store.put("a", b"second", if_absent=True)

    def test_if_match_writes_over_what_was_read(self, store):
        """It writes only over the version that was read."""
        old = etag_after_put(store, b"old")
        store.put("a", b"new", if_match=old)
        with pytest.raises(ConditionFailedError):
            store.put("a", b"newer", if_match=old)
        assert store.get("a").data == b"new"

    def test_if_match_needs_an_object(self, store):
        """A deleted object matches no ETag."""
        etag = etag_after_put(store, b"old")
        store.delete("a")
        with pytest.raises(ConditionFailedError):
            store.put("a", b"new", if_match=etag)
        assert store.get("a") is None

    def test_that_fails_leaves_nothing_behind(self, store):
        """Neither an object nor a trace in the list."""
        with pytest.raises(ConditionFailedError):
            store.put("a/b", b"new", if_match='"never"')
        assert keys_of(store) == []

    def test_loses_no_update_between_threads(self, store):
        """Eight threads that each add one 25 times make 200."""
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(writers.increment, store, writers.COUNTER, 25) for _ in range(8)]:
                done.result()
        assert store.get(writers.COUNTER).data == b"200"

    def test_loses_no_update_between_processes(self, shared_store):
        """Four processes that each add one 50 times make 200."""
        with ProcessPoolExecutor(4, PROCESSES) as pool:
            for done in [pool.submit(writers.increment, shared_store, writers.COUNTER, 50) for _ in range(4)]:
                done.result()
        assert shared_store.get(writers.COUNTER).data == b"200"

    def test_if_absent_has_one_winner(self, shared_store):
        """Four processes claim the same 50 keys: each key has one winner, and contains the name of that winner."""
        keys = [f"claims/{number}" for number in range(50)]
        names = [b"one", b"two", b"three", b"four"]
        with ProcessPoolExecutor(4, PROCESSES) as pool:
            claims = [pool.submit(writers.claim, shared_store, keys, name) for name in names]
            won = {name: claim.result() for name, claim in zip(names, claims, strict=True)}
        assert sorted(key for keys in won.values() for key in keys) == sorted(keys)
        assert all(shared_store.get(key).data == name for name, keys in won.items() for key in keys)


class TestAConditionalDelete:
    def test_removes_what_was_read(self, store):
        """The object goes, and nothing beside it."""
        writers.put_all(store, ["a/b", "a/c"])
        store.delete("a/b", if_match=store.get("a/b").etag)
        assert keys_of(store) == ["a/c"]

    def test_leaves_what_was_written_anew(self, store):
        """It removes only the version that was read."""
        old = etag_after_put(store, b"old")
        store.put("a", b"new")
        with pytest.raises(ConditionFailedError):
            store.delete("a", if_match=old)
        assert store.get("a").data == b"new"
        store.delete("a", if_match=store.get("a").etag)
        assert keys_of(store) == []

    def test_needs_an_object(self, store):
        """What is gone matches no ETag, the second time too."""
        etag = etag_after_put(store, b"old")
        store.delete("a", if_match=etag)
        for _ in range(2):
            with pytest.raises(ConditionFailedError):
                store.delete("a", if_match=etag)
        with pytest.raises(ConditionFailedError):
            store.delete("none/at/all", if_match=etag)

    def test_has_one_winner(self, shared_store):
        """Four processes remove the same 50 objects as they read them: each object is removed by one of them."""
        keys = [f"claims/{number}" for number in range(50)]
        writers.put_all(shared_store, keys)
        etags = {key: shared_store.get(key).etag for key in keys}
        with ProcessPoolExecutor(4, PROCESSES) as pool:
            removed = [done.result() for done in [pool.submit(writers.remove, shared_store, etags) for _ in range(4)]]
        assert sorted(key for mine in removed for key in mine) == sorted(keys)
        assert keys_of(shared_store) == []

    def test_never_removes_what_another_process_wrote(self, shared_store):
        """One process writes new versions, three remove what they read: no last version is ever lost."""
        with ProcessPoolExecutor(4, PROCESSES) as pool:
            written = pool.submit(writers.write_versions, shared_store, "a", 60)
            removing = [pool.submit(writers.remove_older, shared_store, "a", 60) for _ in range(3)]
            for done in (written, *removing):
                done.result()
        assert shared_store.get("a").data == b"60"


class TestAKey:
    @pytest.mark.parametrize("identifier", HOSTILE_IDS)
    def test_may_carry_any_id_percent_encoded(self, store, identifier):
        """An object is kept, found and listed under its key and nowhere else, whatever the partner's id is."""
        key = f"accommodations/{key_part('partner')}/{key_part(identifier)}/state.json"
        store.put(key, b"kept")
        assert store.get(key).data == b"kept"
        assert keys_of(store, "accommodations/partner/") == [key]
        assert keys_of(store) == [key]
        store.delete(key)
        assert keys_of(store) == []

    def test_may_be_text_that_is_not_encoded(self, store):
        """People choose the names of the files that they upload."""
        keys = ["catalogues/partner a/2026 11 (fin).jsonl", "releases/a%2Fb.csv", "releases/été.csv"]
        for key in keys:
            store.put(key, key.encode())
        assert keys_of(store) == keys

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_that_could_be_a_path_or_too_long_is_refused(self, store, tmp_path, key):
        """Every method refuses it and changes nothing."""
        (tmp_path / "file").write_bytes(b"x")
        for attempt in (
            lambda: store.get(key),
            lambda: store.open(key),
            lambda: store.head(key),
            lambda: store.put(key, b"x"),
            lambda: store.put_file(key, tmp_path / "file"),
            lambda: store.fetch_file(key, tmp_path / "target"),
            lambda: store.delete(key),
            lambda: store.delete(key, if_match='"any"'),
        ):
            with pytest.raises(BadKeyError):
                attempt()
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_that_is_refused_is_shown_without_control_characters(self, store):
        """The message can be printed in a terminal."""
        with pytest.raises(BadKeyError) as refused:
            store.put("\x1b[2J/\x07/../\n", b"x")
        assert str(refused.value).isprintable()


class TestAList:
    def test_is_in_the_byte_order_of_whole_keys(self, store):
        """As S3 sorts: `a-b`, `a.b` and `a/b` by the bytes `-./`, capitals first, non-ASCII last."""
        keys = ["A", "a-b", "a-b/c", "a.b", "a.b/c", "a/", "a/b", "a/b/c", "a/b0", "a0", "a0/b", "é", "\U0001f600"]
        kept = [key for key in keys if not key_fault(key) and not any(other.startswith(key + "/") for other in keys)]
        for key in random.Random(1).sample(kept, len(kept)):
            store.put(key, b"x")
        assert keys_of(store) == sorted(kept, key=str.encode)

    def test_takes_any_beginning_of_a_key(self, store):
        """A prefix may end anywhere, also in the middle of a part."""
        for key in ("hotels/1/a", "hotels/12/a", "hotels/2/a", "hotels.txt", "other"):
            store.put(key, b"x")
        assert keys_of(store, "hotels/1") == ["hotels/1/a", "hotels/12/a"]
        assert keys_of(store, "hotels/1/") == ["hotels/1/a"]
        assert keys_of(store, "hotels/12/a") == ["hotels/12/a"]
        assert keys_of(store, "hotels") == ["hotels.txt", "hotels/1/a", "hotels/12/a", "hotels/2/a"]
        assert keys_of(store, "hotels/12/a/") == []
        assert keys_of(store, "none") == []

    @pytest.mark.parametrize("prefix", ["/", "../", "..", "a/../", "./", "//", "a//", "/etc/", ".tmp/", ".tmp", "\0"])
    def test_of_a_prefix_that_no_key_has_is_empty(self, store, prefix):
        """A prefix never leads out of the store, and unfinished files are not listed."""
        store.put("a/b", b"x")
        assert keys_of(store, prefix) == []

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        keys=st.lists(st.text(alphabet="ab-./0é", min_size=1, max_size=6), max_size=12),
        prefix=st.text(alphabet="ab-./0é", max_size=4),
    )
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_is_what_sorting_all_keys_gives(self, request, backend, keys, prefix):
        """For any keys and any prefix."""
        good = {key for key in keys if not key_fault(key)}
        kept = {key for key in good if not any(other.startswith(key + "/") for other in good)}
        with tempfile.TemporaryDirectory() as folder:
            store = new_store(request, backend, Path(folder))
            for key in kept:
                store.put(key, b"x")
            assert keys_of(store, prefix) == sorted((k for k in kept if k.startswith(prefix)), key=str.encode)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        keys=st.lists(st.text(alphabet="ab-./0é", min_size=1, max_size=6), max_size=12),
        prefix=st.text(alphabet="ab-./0é", max_size=3),
        after=st.text(alphabet="ab-./0é~ %", max_size=6),
    )
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_begins_after_any_text(self, request, backend, keys, prefix, after):
        """For any keys, any prefix and any text, also one that is no key or comes before or after the prefix."""
        good = {key for key in keys if not key_fault(key)}
        kept = {key for key in good if not any(other.startswith(key + "/") for other in good)}
        with tempfile.TemporaryDirectory() as folder:
            store = new_store(request, backend, Path(folder))
            for key in kept:
                store.put(key, b"x")
            found = [listed.key for listed in store.list(prefix, after=after)]
            expected = (key for key in kept if key.startswith(prefix) and key.encode() > after.encode())
            assert found == sorted(expected, key=str.encode)

    def test_may_be_deleted_from_while_it_is_read(self, store):
        """Deleting the listed objects does not disturb the listing."""
        keys = [f"a/{number:02}/{part}" for number in range(20) for part in "xy"]
        for key in keys:
            store.put(key, b"x")
        seen = []
        for listed in store.list("a/"):
            store.delete(listed.key)
            seen.append(listed.key)
        assert seen == keys
        assert keys_of(store) == []

    def test_shows_what_stays_while_others_come_and_go(self, store):
        """Objects that exist all the time are always listed, in order, while folders beside them come and go."""
        staying = [f"a/{number}/stays" for number in range(5)]
        writers.put_all(store, staying)
        with ThreadPoolExecutor(2) as pool:
            others = [pool.submit(writers.put_and_delete, store, f"a/{n}/goes/deep", 200) for n in (1, 3)]
            while not all(other.done() for other in others):
                listed = keys_of(store, "a/")
                assert [key for key in listed if key.endswith("stays")] == staying
                assert listed == sorted(listed)
            for other in others:
                other.result()


class TestAWriterAmongOthers:
    def test_is_not_hindered_by_a_folder_that_others_empty(self, shared_store):
        """Puts below a prefix succeed while other processes put and delete there."""
        with ProcessPoolExecutor(3, PROCESSES) as pool:
            churn = [pool.submit(writers.put_and_delete, shared_store, f"a/b/c/{n}", 300) for n in range(2)]
            keys = [f"a/b/{number}/x" for number in range(100)]
            puts = pool.submit(writers.put_all, shared_store, keys)
            writers.put_and_delete(shared_store, "a/b/c/mine", 300)
            for done in [*churn, puts]:
                done.result()
        assert keys_of(shared_store) == sorted(keys)

    def test_never_shows_a_part_of_an_object(self, store):
        """A reader sees the bytes of one put, never a mixture and never a part."""
        writers.put_all(store, ["a"])
        stop = threading.Event()

        def write():
            number = 0
            while not stop.is_set():
                number += 1
                store.put("a", bytes([number % 256]) * (1 + number % 3 * 200_000))

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            for _ in range(200):
                data = store.get("a").data
                assert len(set(data)) == 1
                with store.open("a") as stream:
                    assert len(set(stream.read())) == 1
            stop.set()
            writing.result()

    def test_that_is_killed_leaves_a_whole_object(self, shared_store):
        """Thirty writers are killed at random moments: the object is whole, and the key can be written again."""
        chance = random.Random(7)
        for _ in range(30):
            victim = PROCESSES.Process(target=writers.write_for_ever, args=(shared_store, writers.TORN))
            victim.start()
            while shared_store.head(writers.TORN) is None:
                assert victim.is_alive()
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.03))
            victim.kill()
            victim.join()
            data = shared_store.get(writers.TORN).data
            assert len(data) in writers.TORN_SIZES
            assert len(set(data)) == 1
            assert keys_of(shared_store) == [writers.TORN]
            shared_store.put(writers.TORN, data, if_match=shared_store.get(writers.TORN).etag)
            shared_store.delete(writers.TORN)


def test_a_missing_source_file_is_the_callers_error(store, tmp_path):
    """A missing local file raises FileNotFoundError, not StorageError, and changes nothing."""
    store.put("a", b"old")
    with pytest.raises(FileNotFoundError):
        store.put_file("a", tmp_path / "none")
    assert store.get("a").data == b"old"


class TestFolders:
    def test_right_below_a_folder_are_named_once_in_the_order_of_keys(self, store):
        """However much lies in them, and nothing of what lies beside them."""
        for key in (
            "hotels/a/x/1",
            "hotels/a/x/2",
            "hotels/a-b/m",
            "hotels/a0/m",
            "hotels/B/m",
            "hotels/z.json",
            "i/c/m",
        ):
            store.put(key, b"x")
        store.put("hotels/%C3%BC/m", b"x")
        names = ["%C3%BC", "B", "a-b", "a", "a0"]
        assert list(store.folders("hotels/")) == names
        for at, name in enumerate(names):
            assert list(store.folders("hotels/", name)) == names[at + 1 :]
        assert list(store.folders("none/")) == []

    def test_may_be_more_than_a_page(self, store):
        """S3 answers a thousand a request."""
        for number in range(1_030):
            store.put(f"hotels/{number:04}/m", b"x")
        assert list(store.folders("hotels/")) == [f"{number:04}" for number in range(1_030)]
        assert list(store.folders("hotels/", "1001")) == [f"{number:04}" for number in range(1_002, 1_030)]

    def test_whose_objects_were_deleted_are_gone(self, store):
        """A store has no empty folders."""
        store.put("hotels/a/m", b"x")
        store.put("hotels/b/m", b"x")
        store.delete("hotels/a/m")
        assert list(store.folders("hotels/")) == ["b"]
