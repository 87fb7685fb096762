"""The demo: makes partners' feeds from the sample photographs, serves them over HTTP and runs the pipeline on them.

    python samples/demo.py [--dir demo] [--json]

The second run finds every hotel unchanged. The demo needs only what `make setup` installs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from samples.partners import HOST, RELEASE_ID, make_feed
from samples.serve import serving

SETTINGS = """\
# The files of the demo's partners are on this machine: their host name is resolved to an address of it.
download:
  allowed_networks: [127.0.0.0/8]
  resolve: {{{host}: "{address}"}}
"""


def main() -> int:
    """Make the feeds, serve them and run the pipeline; returns the exit status of the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=Path("demo"), help="folder for all files of the demo")
    parser.add_argument("--json", action="store_true", help="print the run's JSON document on stdout, and nothing else")
    args = parser.parse_args()
    folder: Path = args.dir
    make_feed(folder)
    settings = folder / "settings.yaml"
    with serving(folder / "files") as address:
        settings.write_text(SETTINGS.format(host=HOST.removeprefix("http://"), address=address), encoding="utf-8")
        command = [
            str(Path(sys.executable).parent / "image-release"),
            "run",
            *("--workspace", str(folder / "workspace")),
            *("--release", str(folder / f"{RELEASE_ID}.csv")),
            *("--catalogues", str(folder / "catalogues")),
            *("--settings", str(settings)),
            *("--tagger", "local"),
            *(["--json"] if args.json else []),
        ]
        status = subprocess.run(command, check=False).returncode
    if not args.json:
        print(f"To correct the order: image-release desk --workspace {folder / 'workspace'}")
        print(f"Open {(folder / 'workspace' / 'published' / 'index.html').resolve().as_uri()}")
    return status


if __name__ == "__main__":
    sys.exit(main())
