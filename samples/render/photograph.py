"""Renders the sample hotels: `python photograph.py OUT [--only hotel/picture] [--samples N] [--width PX]`.

It needs Blender's `bpy`; the program does not. A picture that exists is not rendered again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import kit
from hotels import HOTELS
from scenes import OUTSIDE, SCENES


def main() -> None:
    """Render every picture that does not exist yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--width", type=int, default=1200)
    args = parser.parse_args()
    for scene in SCENES:
        for hotel in HOTELS:
            target = args.out / hotel / f"{scene}.jpg"
            if target.exists() or (args.only and f"{hotel}/{scene}" not in args.only):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            kit.reset()
            SCENES[scene](HOTELS[hotel]())
            kit.render(
                target,
                width=args.width,
                height=args.width * 2 // 3,
                samples=args.samples,
                exposure=-0.6 if scene in OUTSIDE else -0.75,
            )
            print(f"{target}: {time.monotonic() - started:.0f} s", flush=True)


main()
