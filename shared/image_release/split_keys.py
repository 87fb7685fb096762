"""Keys of work that is split over many invocations: large requests and large catalogues (architecture, Keys).

`SPLIT` has a folder for each piece of work that is under way. Its plan lies in `plan.json`, which is written last and
deleted last: whoever lists `SPLIT` finds all work that is not finished.
"""

from __future__ import annotations

SPLIT = "split/"
"""In the state: work that is split into shares."""


def split_folder(kind: str, name: str) -> str:
    """Folder of one piece of work, without a `/` at its end; `name` is a part of a key already."""
    return f"{SPLIT}{kind}/{name}"


def plan_key(folder: str) -> str:
    """What is to be done, and into how many shares it was split."""
    return f"{folder}/plan.json"


def share_key(folder: str, step: str, share: int) -> str:
    """What one share of a step has to work on."""
    return f"{folder}/{step}/{share}.jsonl.gz"


def share_done_folder(folder: str, step: str) -> str:
    """Below it lies a mark for each share of a step that is done."""
    return f"{folder}/done/{step}/"


def share_done_key(folder: str, step: str, share: int) -> str:
    """The mark of a share that is done, or what it found."""
    return f"{share_done_folder(folder, step)}{share}"


def work_folder(key: str) -> str:
    """The folder of the piece of work to which a key below `SPLIT` belongs."""
    return "/".join(key.split("/")[:3])
