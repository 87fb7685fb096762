"""The peers' side of `benchmarks/peers.py`. It runs in the peers' own environment and imports nothing of this program.

It reads one JSON document a line, does what the document asks for, and answers with the CPU time that this took,
including child processes. Imports are made before anything is measured.

    {"do": "imagededup", "files": [...]}            one hash an image, decode included
    {"do": "imagededup duplicates", "files": [...]} the same, and which are near each other
    {"do": "pdqhash", "files": [...]}
    {"do": "img2dataset", "urls": FILE, "to": DIR}  download and one resize to 256 px
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import shutil
import sys
from collections.abc import Callable
from typing import Any

THREADS = 16


def cpu() -> float:
    """CPU seconds of this process and of the children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def imagededup(document: dict[str, Any]) -> None:
    """Hash each file."""
    hasher = importlib.import_module("imagededup.methods").PHash(verbose=False)
    for file in document["files"]:
        assert hasher.encode_image(image_file=file)


def imagededup_duplicates(document: dict[str, Any]) -> None:
    """Hash each file and find the hashes that are near each other."""
    hasher = importlib.import_module("imagededup.methods").PHash(verbose=False)
    known = {file: hasher.encode_image(image_file=file) for file in document["files"]}
    hasher.find_duplicates(encoding_map=known, num_dist_workers=0)


def pdqhash(document: dict[str, Any]) -> None:
    """Hash each file."""
    compute = importlib.import_module("pdqhash").compute
    numpy, image = importlib.import_module("numpy"), importlib.import_module("PIL.Image")
    for file in document["files"]:
        with image.open(file) as opened:
            compute(numpy.asarray(opened.convert("RGB")))


def img2dataset(document: dict[str, Any]) -> None:
    """Download each URL and resize the image to 256 px."""
    shutil.rmtree(document["to"], ignore_errors=True)
    importlib.import_module("img2dataset").download(
        url_list=document["urls"],
        output_folder=document["to"],
        image_size=256,
        resize_mode="keep_ratio_largest",
        processes_count=1,
        thread_count=THREADS,
        disallowed_header_directives=[],
    )


WORK: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "imagededup": ("imagededup.methods", imagededup),
    "imagededup duplicates": ("imagededup.methods", imagededup_duplicates),
    "pdqhash": ("pdqhash", pdqhash),
    "img2dataset": ("img2dataset", img2dataset),
}


def main() -> None:
    """Answer until standard input ends; standard output holds the answers only."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the peers and their child processes write goes to standard error
    logging.disable(logging.WARNING)
    for line in sys.stdin:
        document = json.loads(line)
        module, work = WORK[document["do"]]
        try:
            importlib.import_module(module)
        except ImportError as error:
            print(json.dumps({"absent": str(error)}), file=answers, flush=True)
            continue
        before = cpu()
        work(document)
        print(json.dumps({"cpu_s": cpu() - before}), file=answers, flush=True)


if __name__ == "__main__":
    main()
