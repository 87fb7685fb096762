"""Calls in a child process: it may die in any way, and the caller lives and gets the reason."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from image_release.child_process import ChildCrashedError, IsolatedCaller
from tests.conftest import ROOT
from tests.integration import doomed


@pytest.fixture
def call():
    with IsolatedCaller(timeout_s=60, memory_mb=1024) as caller:
        yield caller


class TestKillingTheChild:
    def test_ends_a_running_call(self, call):
        """Another thread can end it at once; the caller gets ChildCrashedError, and the next call has a new child."""
        child = call(doomed.process_id)
        heard = []

        def wait():
            with pytest.raises(ChildCrashedError) as error:
                call(doomed.sleep_for_ever)
            heard.append(error.value)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while waiting.is_alive():  # the first kills may come before the call does
            call.kill()
            waiting.join(0.1)
        assert "SIGKILL" in str(heard[0])
        assert call(doomed.process_id) != child

    def test_that_never_started_does_nothing(self):
        """There is no child before the first call."""
        IsolatedCaller().kill()


class TestCallingInAChild:
    def test_gives_the_result(self, call):
        """The child gets the arguments, and the caller gets the result."""
        assert call(doomed.add, 1, 2, more=3) == 6

    def test_runs_in_another_process(self, call):
        """One child process makes many calls."""
        first = call(doomed.process_id)
        assert first != os.getpid()
        assert call(doomed.process_id) == first

    def test_raises_what_the_function_raised(self, call):
        """An exception is not a crash: the child stays alive."""
        child = call(doomed.process_id)
        with pytest.raises(ValueError, match="too green"):
            call(doomed.refuse, "too green")
        assert call(doomed.process_id) == child

    def test_carries_a_large_image(self, call):
        """The buffer of a pipe does not limit arguments or results."""
        data = os.urandom(30 << 20)
        assert call(doomed.echo, data) == data

    def test_passes_on_the_words_of_an_exception_that_cannot_be_pickled(self, call):
        """An exception that cannot be unpickled becomes a RuntimeError with the same words."""
        with pytest.raises(RuntimeError, match="TwoArgumentsError: what happened"):
            call(doomed.raise_what_cannot_be_pickled)

    def test_says_that_a_result_cannot_be_pickled(self, call):
        """A result that cannot be pickled is an error of the function and not a crash."""
        with pytest.raises((TypeError, RuntimeError), match="pickle"):
            call(doomed.return_what_cannot_be_pickled)

    def test_keeps_standard_output_clean(self, call, capfd):
        """The output of a decoder does not mix with the output of the caller."""
        assert call(doomed.chatter) == "said"
        assert capfd.readouterr().out == ""

    def test_leaves_interrupts_to_the_caller_and_no_core_dumps(self, call):
        """Ctrl-C reaches the whole process group; expected crashes must not fill the disk."""
        assert call(doomed.ignores_interrupts)
        assert call(doomed.core_limit) == (0, 0)

    def test_may_be_shared_by_threads(self, call):
        """Each thread gets its own answer."""
        answers: dict[int, int] = {}
        threads = [
            threading.Thread(target=lambda n=n: answers.__setitem__(n, call(doomed.add, n, 1000))) for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {n: n + 1000 for n in range(20)}


CALLER = """
import sys
from image_release.child_process import IsolatedCaller
from tests.integration import doomed
call = IsolatedCaller()
print(call(doomed.process_id), flush=True)
call(doomed.loop_for_ever)
"""


class TestACallerThatDies:
    def test_ends_its_child(self):
        """Killed while the child is in C code that keeps the interpreter lock: the child is gone soon."""
        caller = subprocess.Popen([sys.executable, "-c", CALLER], cwd=ROOT, stdout=subprocess.PIPE)
        child = int(caller.stdout.readline())
        time.sleep(0.5)  # until it loops
        assert doomed.is_alive(child)
        caller.kill()
        caller.wait()
        caller.stdout.close()
        deadline = time.monotonic() + 60
        while doomed.is_alive(child):
            assert time.monotonic() < deadline
            time.sleep(0.01)


class TestAChildThatDies:
    @pytest.mark.parametrize("fatal", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGBUS])
    def test_is_named_by_its_signal(self, call, fatal):
        """The caller lives and raises an error with the name of the signal."""
        with pytest.raises(ChildCrashedError, match=fatal.name):
            call(doomed.die_by, fatal)

    def test_of_a_fault_in_c_is_the_same(self, call):
        """A real segmentation fault, as in a decoder."""
        with pytest.raises(ChildCrashedError, match="SIGSEGV"):
            call(doomed.read_address_zero)

    def test_is_named_by_its_exit_status(self, call):
        """A library that calls exit() is a crash too."""
        with pytest.raises(ChildCrashedError, match="exit status 3"):
            call(doomed.leave, 3)

    def test_is_replaced(self, call):
        """The next call gets a new child."""
        with pytest.raises(ChildCrashedError):
            call(doomed.die_by, signal.SIGKILL)
        assert call(doomed.add, 20, 22) == 42

    def test_between_calls_costs_the_next_call_nothing(self, call):
        """The death of an idle child is not a crash of the next call, which gets a new child."""
        child = call(doomed.process_id)
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert call(doomed.add, 20, 22) == 42

    @pytest.mark.parametrize("endless", [doomed.sleep_for_ever, doomed.loop_for_ever])
    def test_that_never_answers_is_ended_in_time(self, endless):
        """A hang is a crash, and the child is gone."""
        with IsolatedCaller(timeout_s=0.5) as call:
            with pytest.raises(ChildCrashedError, match=r"no answer within 0\.5 s"):
                call(endless)
            assert call._child is None

    def test_that_needs_too_much_memory_is_stopped(self):
        """A call that needs more memory than allowed is a crash, and the machine keeps its memory."""
        with IsolatedCaller(memory_mb=512) as call:
            assert call(doomed.take_memory, 64) == 64 << 20
            with pytest.raises(ChildCrashedError, match="more than 512 MB"):
                call(doomed.take_memory, 4096)
            assert call(doomed.take_memory, 64) == 64 << 20

    def test_is_gone_after_close(self):
        """No process is left."""
        caller = IsolatedCaller()
        child = caller(doomed.process_id)
        caller.close()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
