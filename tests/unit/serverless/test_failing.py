"""Which failures are permanent, what their reasons say, and how long the others wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest import BadValueError, InputDamagedError
from image_release.serverless.failing import (
    MAX_REASON,
    PERMANENT,
    Attempt,
    ComeBackError,
    SomeFailedError,
    handle_each,
    is_permanent,
    reason_of,
    wait_s,
)
from image_release.serverless.messages import BadMessageError
from image_release.serverless.reprocess import NoReleaseError, RequestTakenError
from image_release.settings_files import SettingsError
from image_release.storage import BadKeyError, StorageError


def hotel_failed(cause):
    """The error of a hotel as `process_hotel` raises it."""
    try:
        try:
            raise cause
        except type(cause) as error:
            raise ComeBackError("h1", 7, "why") from error
    except ComeBackError as error:
        return error


class TestAPermanentError:
    @pytest.mark.parametrize("error", [BadMessageError("x"), BadValueError("v", "rule"), RequestTakenError("r")])
    def test_lies_in_the_message(self, error):
        assert is_permanent(error)

    @pytest.mark.parametrize("error", [StorageError("x"), SettingsError("x"), NoReleaseError("x"), MemoryError()])
    def test_is_not_what_lies_in_the_stage(self, error):
        assert not is_permanent(error)

    def test_may_be_the_cause_of_a_hotels_failure(self):
        assert is_permanent(hotel_failed(BadKeyError("too long")))
        assert not is_permanent(hotel_failed(StorageError("away")))
        assert not is_permanent(ComeBackError("h1", 1, "published in part"))

    def test_of_one_part_waits_for_the_transient_one_of_another(self):
        """Otherwise the other part would never be tried again."""
        assert is_permanent(SomeFailedError({"a": InputDamagedError("x"), "b": BadMessageError("y")}))
        assert not is_permanent(SomeFailedError({"a": InputDamagedError("x"), "b": StorageError("y")}))


class TestAReason:
    def test_names_the_value_and_the_rule(self):
        assert reason_of(BadValueError("\x1b", "must be text")) == "BadValueError: '\\x1b': must be text"

    def test_of_a_hotel_leaves_out_when_it_comes_back(self):
        assert reason_of(ComeBackError("h\n1", 7, "no store")) == "hotel h\\n1: no store"

    def test_of_parts_names_each(self):
        error = SomeFailedError({"a\n": BadMessageError("x"), "b": StorageError("y")})
        assert reason_of(error) == "a\\n: BadMessageError: x; b: StorageError: y"

    @given(st.sampled_from(PERMANENT[:1]), st.text())
    def test_is_what_sqs_takes_as_an_attribute(self, kind, text):
        """One line of visible characters, not empty, of a limited length."""
        reason = reason_of(kind(text))
        assert reason.isprintable()
        assert 0 < len(reason.encode()) <= 10 * MAX_REASON
        assert not {"\ufffe", "\uffff"} & set(reason)


class TestAWait:
    def test_of_a_hotel_is_its_own(self):
        assert wait_s(ComeBackError("h1", 7, "why"), "message", 3) == 7

    def test_of_parts_is_the_shortest_of_those_that_may_succeed(self):
        errors = {"a": BadMessageError("x"), "b": ComeBackError("h", 3, "w"), "c": ComeBackError("i", 2, "w")}
        assert wait_s(SomeFailedError(errors), "message", 1) == 2
        errors = {"a": hotel_failed(BadKeyError("too long")), "b": ComeBackError("h", 9, "w")}
        assert wait_s(SomeFailedError(errors), "message", 1) == 9

    def test_grows_with_each_receive(self):
        waits = [wait_s(StorageError("x"), "message", receives) for receives in range(1, 11)]
        assert all(5 * 2 ** min(number, 6) <= wait <= min(900, 10 * 2**number) for number, wait in enumerate(waits))
        assert 1_500 < sum(waits[:9]) < 4_000


class TestEachPart:
    def test_is_handled_also_after_one_that_failed(self):
        done = []

        def handle(part):
            if part == 1:
                raise StorageError("away")
            done.append(part)

        with pytest.raises(SomeFailedError, match="1: StorageError: away"):
            handle_each([0, 1, 2], handle)
        assert done == [0, 2]

    def test_that_succeeds_raises_nothing(self):
        handle_each([], print)


def test_an_attempt_is_the_last_one_at_the_limit():
    assert Attempt(3, 3).is_last
    assert not Attempt(2, 3).is_last
