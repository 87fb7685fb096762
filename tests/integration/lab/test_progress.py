"""Progress of the corpus commands: the same bar as for the other commands."""

import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress

from tests.conftest import ROOT
from tests.integration.lab.conftest import COMMAND, TIMEOUT_S, call


def originals(folder):
    """A folder with one photograph."""
    (folder / "hotel").mkdir(parents=True)
    shutil.copy(ROOT / "samples" / "hotels" / "casa-brisa" / "pool.jpg", folder / "hotel")
    return folder


def test_is_shown_on_a_terminal(tmp_path):
    """Photographs, images, a rate and the time left are shown on stderr; stdout is the same as elsewhere."""
    master, terminal = pty.openpty()
    words = [COMMAND, "corpus", "make", originals(tmp_path / "originals"), tmp_path / "corpus"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=terminal, text=True, env=environment)
    os.close(terminal)
    shown = b""
    with suppress(OSError), os.fdopen(master, "rb", buffering=0) as screen:  # an OSError when the process has ended
        while chunk := screen.read(4096):
            shown += chunk
    out, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert "\x1b" not in out
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"photographs .* 1/1 \d+ images · [\d.]+ images/s", text)


def test_is_not_shown_elsewhere(tmp_path):
    """Without a terminal, stderr is empty."""
    assert call("make", originals(tmp_path / "originals"), tmp_path / "corpus").stderr == ""
