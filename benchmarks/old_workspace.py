"""Measure what a new version costs hotels that an older version published, and whether people's decisions hold.

    git worktree add --detach ../old REVISION
    python -m benchmarks.old_workspace --old ../old --workspace ../hundred CORPUS…

The older program makes a workspace of 100 hotels of the labelled corpora (if it is not there yet), and people decide
about most of them. Then the present program processes a copy of it: nothing may be downloaded, tagged or decoded to be
compared, only what is newly best or newly apart is rendered, and what people hid, pinned and labelled stays so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from image_release.hotel import process_hotel
from image_release.ingest import append_override, read_overrides
from image_release.one_machine.workspace import Workspace
from image_release.outcomes import Outcome
from image_release.publish import Manifest, PublishedPicture, read_before
from image_release.settings_files import load_settings
from image_release.values import Label, Nudge, Override, sha256_hex

HOTELS = 100
ACTIONS = ("hide", "pin", "label", None)
"""What people decide about every fourth hotel; nothing about the last of the four."""
SETTINGS = """
renditions:
  - {name: gallery-640, width: 640, height: 427}
  - {name: thumb-120, width: 120, height: 80}
download: {revalidate_after_days: 3000}
"""
"""Two sizes in place of fourteen: what counts is how many are made. No URL is due, however old the workspace is."""
PINNED_TO = 2


def main() -> int:
    """Make the workspace if it is not there, bring a copy of it up to date, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=Path, required=True, help="a checkout of the older program")
    parser.add_argument("--workspace", type=Path, required=True, help="where the older program's workspace is kept")
    parser.add_argument("corpora", nargs="*", type=Path, help="labelled corpora; needed to make the workspace")
    options = parser.parse_args()
    made = options.workspace.resolve()
    if not made.exists():
        _make(made, options.old.resolve(), options.corpora)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "workspace"
        shutil.copytree(made / "workspace", copy)
        lines, is_right = _brought_up_to_date(copy, made)
    print("\n".join(lines))
    return 0 if is_right else 1


def _make(made: Path, old: Path, corpora: Sequence[Path]) -> None:
    """Hotels of all corpora, published by the older program before and after people decided."""
    photos = made / "photos"
    labels = {}
    for hotel_id, source in _hotels(corpora):
        for path in sorted(item for item in source.rglob("*") if item.is_file()):
            to = photos / hotel_id / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
            labels[sha256_hex(path.read_bytes())] = path.parent.name
    (made / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    told = ({"sha256": name, "labels": [{"description": "Room", "score": 0.9}]} for name in labels)
    (made / "labels.jsonl").write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
    _run_old(old, made, "--photos", str(photos))
    workspace = _workspace(made / "workspace", made)
    for number, hotel_id in enumerate(_published(workspace)):
        _decide(workspace, hotel_id, ACTIONS[number % len(ACTIONS)])
    _run_old(old, made)


def _hotels(corpora: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Id and folder of the first hundred hotels."""
    found = [
        (f"{corpus.name}-{path.name}", path) for corpus in corpora for path in sorted((corpus / "images").iterdir())
    ]
    yield from found[:HOTELS]


def _run_old(old: Path, made: Path, *words: str) -> None:
    """Run the older program on the workspace. What it could not do (a broken image) is no error here."""
    options = ("--workspace", made / "workspace", "--settings", made / "settings.yaml")
    tagger = ("--tagger", f"recorded:{made / 'labels.jsonl'}")
    program = "import sys; from image_release.cli import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(old / "shared")}
    command = [sys.executable, "-c", program, "run", "--workers", "1", *map(str, (*words, *options, *tagger))]
    done = subprocess.run(command, env=environment, cwd=made, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the older program ended with {done.returncode}")


def _workspace(root: Path, made: Path) -> Workspace:
    settings = load_settings(made / "settings.yaml")
    return Workspace(root, settings, f"recorded:{made / 'labels.jsonl'}", (made / "photos",))


def _published(workspace: Workspace) -> list[str]:
    return sorted(path.parent.name for path in (workspace.root / "published" / "hotels").glob("*/manifest.json"))  # type: ignore[operator]  # a folder


def _decide(workspace: Workspace, hotel_id: str, action: str | None) -> None:
    """Decide about the picture whose copies are joined least surely, through the least sure of them."""
    pictures = _manifest(workspace, hotel_id).pictures
    if action is None or not pictures:
        return
    picture = min(pictures, key=_least_join)
    image = min(picture.merged, key=lambda item: item.evidence.score, default=picture.best)
    position = PINNED_TO if action == "pin" else None
    labels = (Label("Swimming pool", 1.0),) if action == "label" else ()
    at = "2026-11-01T10:00:00+00:00"
    append_override(workspace.inbox, hotel_id, Override(action, (image.sha256,), position, labels, "ana", at, ""))  # type: ignore[arg-type]


def _least_join(picture: PublishedPicture) -> tuple[float, str]:
    return min((image.evidence.score for image in picture.merged), default=1_000.0), picture.best.sha256


def _manifest(workspace: Workspace, hotel_id: str) -> Manifest:
    manifest = read_before(workspace.published, hotel_id).manifest
    if manifest is None:
        raise SystemExit(f"{hotel_id}: is not published")
    return manifest


@dataclass(frozen=True, slots=True)
class _Told:
    """What one hotel took, and what became of it."""

    work: Mapping[str, int]
    cpu_s: float
    rendered: int
    """Pictures that are newly best or newly apart."""
    more: int
    """Pictures that the hotel has more than before, shown or not."""
    views: int
    needs_a_look: bool
    lost: tuple[str, ...]
    """Decisions that do not hold any more."""


def _brought_up_to_date(copy: Path, made: Path) -> tuple[list[str], bool]:
    workspace = _workspace(copy, made)
    told = {hotel_id: _processed(workspace, hotel_id) for hotel_id in _published(workspace)}
    total: Counter[str] = Counter()
    for one in told.values():
        total.update(one.work)
    rendered = sum(one.rendered for one in told.values())
    sizes = len(workspace.settings.renditions)
    lost = [f"{hotel_id}: {what}" for hotel_id, one in told.items() for what in one.lost]
    cpu = sorted(one.cpu_s for one in told.values())
    lines = [
        f"{len(told)} hotels, {sum(one.more for one in told.values())} pictures more than before",
        f"{total['downloads']} downloads, {total['tagged']} tagged, {total['decodes'] - rendered} decodes to compare",
        f"{total['renditions_written']} renditions of {rendered} pictures that are newly best or newly apart",
        f"CPU of a hotel: mean {sum(cpu) / len(cpu):.3f} s, median {cpu[len(cpu) // 2]:.3f} s, most {cpu[-1]:.3f} s",
        f"{sum(one.views for one in told.values())} pairs of pictures show the same view",
        f"{sum(one.needs_a_look for one in told.values())} hotels have a decision that holds for two pictures",
        f"{len(lost)} decisions lost",
        *lost,
    ]
    spent = total["downloads"] + total["tagged"] + total["decodes"] - rendered
    return lines, not lost and not spent and total["renditions_written"] == sizes * rendered


def _processed(workspace: Workspace, hotel_id: str) -> _Told:
    before = _manifest(workspace, hotel_id)
    ports = workspace.ports()
    started = time.process_time()
    report = process_hotel(Nudge(hotel_id, "release"), ports)
    cpu_s = time.process_time() - started
    after = _manifest(workspace, hotel_id)
    work = report.work
    names = ("downloads", "decodes", "tagged", "renditions_written")
    was = {picture.best.sha256 for picture in before.pictures}
    overrides = read_overrides(workspace.inbox, hotel_id)[0]
    return _Told(
        work={name: getattr(work, name) for name in names},
        cpu_s=cpu_s,
        rendered=sum(picture.best.sha256 not in was for picture in after.pictures),
        more=len(after.pictures) - len(before.pictures),
        views=sum(len(picture.same_view) for picture in after.pictures) // 2,
        needs_a_look=any(picture.once_with for picture in after.pictures)
        or any(image.once_with for image in after.rejected),
        lost=tuple(_lost(before, after, overrides)),
    )


def _lost(before: Manifest, after: Manifest, overrides: Sequence[Override]) -> Iterator[str]:
    """What people decided before and what does not hold any more."""
    hidden = {image.sha256 for image in before.rejected if image.outcome == Outcome.HIDDEN}
    shown, was = (
        {image.sha256: picture for picture in manifest.pictures for image in (picture.best, *picture.merged)}
        for manifest in (after, before)
    )
    yield from (f"{sha256} is shown though it was hidden" for sha256 in sorted(filter(None, hidden)) if sha256 in shown)
    for override in overrides:
        for sha256 in override.images:
            if override.action != "pin" or sha256 not in was:
                continue
            wanted = min(override.position or 1, len(after.pictures))  # a hotel of fewer pictures had no such place
            if sha256 not in shown or shown[sha256].position not in (was[sha256].position, wanted):
                yield f"{sha256} has lost its place"
        if override.action == "label":
            named = {
                image.sha256
                for picture in before.pictures
                for image in (picture.best, *picture.merged)
                if not {image.sha256 for image in (picture.best, *picture.merged)}.isdisjoint(override.images)
            }
            said = {label.description for label in override.labels}
            for sha256 in sorted(named):
                if sha256 in shown and {label.description for label in shown[sha256].labels} != said:
                    yield f"{sha256} has lost its labels"


if __name__ == "__main__":
    sys.exit(main())
