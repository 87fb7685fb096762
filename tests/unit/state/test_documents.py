"""The one compare-and-swap loop: no writer is lost, nothing is written without need, and it does not go on for ever."""

import threading

import pytest

from image_release.state import DocumentContendedError, read_json, swap, swap_json, write_json
from image_release.storage import CountingStore, MemoryStore, StoreCounter

KEY = "catalogues/p/claim.json"


class RivalStore(MemoryStore):
    """A store in which somebody else writes before each of our puts, as often as `rivals` says."""

    def __init__(self, rivals: int) -> None:
        super().__init__()
        self.rivals = rivals

    def put(self, key, data, *, if_absent=False, if_match=None):
        if (if_absent or if_match) and self.rivals:
            self.rivals -= 1
            super().put(key, b'["rival %d"]' % self.rivals)
        super().put(key, data, if_absent=if_absent, if_match=if_match)


def test_many_writers_lose_nothing():
    """Eight threads add fifteen names each to one document; all of them are there."""
    store = MemoryStore()

    def add(writer: int) -> None:
        for number in range(15):
            name = f"{writer}-{number}"
            while True:
                try:
                    swap_json(store, KEY, lambda present, name=name: sorted({*(present or ()), name}))
                except DocumentContendedError:
                    continue
                break

    threads = [threading.Thread(target=add, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_json(store, KEY) == sorted(f"{writer}-{number}" for writer in range(8) for number in range(15))


def test_a_lost_swap_is_tried_again_on_what_is_there_now():
    store = RivalStore(3)
    assert swap_json(store, KEY, lambda present: [*(present or ()), "ours"]) == ["rival 0", "ours"]


@pytest.mark.parametrize(("rivals", "wins"), [(19, True), (20, False)])
def test_losing_is_bounded(rivals, wins):
    """Twenty lost swaps in a row are an error that names the key; nineteen are not."""
    store = RivalStore(rivals)
    if wins:
        swap(store, KEY, lambda _: b"ours")
        assert store.get(KEY).data == b"ours"
    else:
        with pytest.raises(DocumentContendedError, match=KEY):
            swap(store, KEY, lambda _: b"ours")


@pytest.mark.parametrize("change", [lambda _: None, lambda present: present])
def test_what_does_not_change_is_not_written(change):
    store = MemoryStore()
    store.put(KEY, b"{}")
    counter = StoreCounter()
    swap(CountingStore(store, counter), KEY, change)
    assert (counter.reads, counter.writes) == (1, 0)


def test_a_change_that_fails_writes_nothing():
    store = MemoryStore()
    with pytest.raises(ZeroDivisionError):
        swap_json(store, KEY, lambda _: 1 / 0)
    assert store.get(KEY) is None


def test_equal_documents_are_equal_bytes_and_names_stay_readable():
    """The keys are sorted, and letters of all scripts stand as they are."""
    assert write_json({"b": "ü", "a": 1}) == '{"a": 1, "b": "ü"}'.encode()
