"""Google's client is imported only when it is used: import time is limited."""

import subprocess
import sys


def test_tagging_does_not_import_google() -> None:
    """A new process that builds the taggers has imported neither grpc nor google."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from image_release.settings import TaggingSettings\n"
        "from image_release.tag import SpendingCap, GoogleTagger, NoTagger\n"
        "NoTagger(); GoogleTagger(TaggingSettings(), SpendingCap(Path('never'), 1))\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('google', 'grpc')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
