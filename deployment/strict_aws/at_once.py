"""Makes ministack do at once what it does a moment later, so that who sees empty queues sees everything that was done.

- An event of a bucket is in its queue when the write is answered. ministack brings it there in a thread of its own.
- The log of a call is whole when the call ends. ministack reads what a function wrote for a few milliseconds, and on a
  busy machine the last lines are told with the next call, or never.
"""

from __future__ import annotations

import queue
import time
from typing import Any

END_OF_CALL = "\x1eend of call"
"""The line that a function's process writes last in a call, before its answer."""
LONGEST_S = 10.0
"""Seconds to wait for it. A process that died writes none."""
_ANSWER = "        _real_stdout.flush()\n\nrun()\n"
"""Where the process of a function sends its answer, in the script that ministack runs."""


def do_at_once() -> None:
    """Change ministack's modules so that events and logs are there without a wait."""
    _deliver_events()
    _read_whole_logs()


def _deliver_events() -> None:
    from ministack.services import s3

    def fire(bucket: str, key: str, event: str, *about: Any, **more: Any) -> None:
        if bucket in s3._bucket_notifications:  # noqa: SLF001 - it has no other place for this
            sequencer = s3._next_event_sequencer(event)  # noqa: SLF001
            s3._fire_s3_event(bucket, key, event, *about, sequencer=sequencer, **more)  # noqa: SLF001

    s3._fire_s3_event_async = fire  # noqa: SLF001


def _read_whole_logs() -> None:
    from ministack.core import lambda_runtime

    script = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    if script.count(_ANSWER) != 1:
        raise RuntimeError("this ministack runs functions in another way: see strict_aws/at_once.py")
    told = f"        sys.stderr.write({END_OF_CALL!r} + chr(10))\n        sys.stderr.flush()\n"
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_ANSWER, told + _ANSWER)  # noqa: SLF001
    lambda_runtime.Worker._drain_stderr_bounded = written  # noqa: SLF001


def written(worker: Any, **_: float) -> str:
    """Return what the function wrote in this call: all lines before `END_OF_CALL`."""
    lines: list[str] = []
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        was_open = worker._stderr_thread.is_alive()  # noqa: SLF001
        try:
            line = worker._stderr_queue.get(timeout=0.1)  # noqa: SLF001
        except queue.Empty:
            if not was_open:
                break
            continue
        if line == END_OF_CALL:
            break
        lines.append(line)
    return "\n".join(lines)
