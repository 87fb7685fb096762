"""Import time is a budget: who tags with nothing or from a file does not pay for Google's client."""

import subprocess
import sys


def test_tagging_does_not_import_google() -> None:
    """A fresh process that builds every tagger has loaded neither grpc nor google."""
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
