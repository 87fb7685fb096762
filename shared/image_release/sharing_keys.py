"""Keys of what hotels of a suite share, and of the rounds that find it (architecture, Keys).

A round keeps what the next one needs below its own folder, and `shared/latest.json` names the last round that ended.
"""

from __future__ import annotations

from image_release.split_keys import split_folder

ASKED = "shared/asked.json"
"""In the inbox: a person asks for a round."""
SHARED = "shared/"
"""In the state: the rounds that ended, and the one that is under way."""
LATEST_ROUND = f"{SHARED}latest.json"
"""Which round ended last."""
ROUNDS = split_folder("shared", "")
"""In the state: the folders of work of rounds that are under way."""


def round_work(name: str) -> str:
    """The folder of work of a round."""
    return split_folder("shared", name)


def round_folder(name: str) -> str:
    """What a round keeps for the next one."""
    return f"{SHARED}{name}/"


def held_key(name: str, number: int, draw: str) -> str:
    """Which images the hotels of a range have. Each time that a range is gathered draws a name of its own."""
    return f"{round_folder(name)}held/{number}-{draw}"


def range_prints_key(name: str, number: int, draw: str) -> str:
    """The images of a range, each once, with what they are compared by."""
    return f"{round_folder(name)}prints/{number}-{draw}"


def ranges_key(name: str) -> str:
    """What was drawn for each range, and counts."""
    return f"{round_folder(name)}ranges.json"


def families_key(name: str) -> str:
    """Which images are copies of one another."""
    return f"{round_folder(name)}families"


def found_key(name: str) -> str:
    """What hotels share, as a round found it."""
    return f"{round_folder(name)}found.jsonl.gz"


def changed_key(folder: str, planner: str, number: int) -> str:
    """The hotels of a range that changed since the round before, as one planner read it."""
    return f"{folder}/changed/{planner}/{number}.jsonl.gz"


def new_key(folder: str, number: int, draw: str) -> str:
    """The images of a range that the round before did not know."""
    return f"{folder}/new/{number}-{draw}"


def near_key(folder: str, share: int) -> str:
    """The candidates that one share found."""
    return f"{folder}/near/{share}"


def links_folder(folder: str, share: int) -> str:
    """Below it lies what one share verified, in parts."""
    return f"{folder}/links/{share}/"


def links_key(folder: str, share: int, done: int) -> str:
    """What was verified until so many images of a share were done."""
    return f"{links_folder(folder, share)}{done:08}"


def holders_key(folder: str, share: int) -> str:
    """The families of one share that are in several hotels."""
    return f"{folder}/holders/{share}.jsonl.gz"


def in_common_key(folder: str, share: int) -> str:
    """What pairs of hotels have in common by the families of one share."""
    return f"{folder}/in-common/{share}"


def pairs_key(folder: str, share: int) -> str:
    """The pairs of hotels that one share looks at."""
    return f"{folder}/pairs/{share}.jsonl.gz"


def pairs_found_key(folder: str, share: int) -> str:
    """What one share found of its pairs."""
    return f"{folder}/found/{share}.jsonl.gz"
