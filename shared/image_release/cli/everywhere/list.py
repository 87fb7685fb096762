"""`image-release everywhere list`: the decisions for every hotel."""

from __future__ import annotations

import click

from image_release.cli.common import end, tell_problems
from image_release.cli.invocation import Invocation, common_options
from image_release.everywhere import job_of, listed_everywhere
from image_release.ingest import EverywhereDecision
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable


@click.command("list")
@common_options
def list_(invocation: Invocation) -> None:
    """List the decisions for every hotel, the latest first, and in how many hotels each still has to be applied.

    Example: image-release everywhere list
    """
    with invocation.open() as workspace:
        decisions, problems = listed_everywhere(workspace.stores)
        documents = [_document(workspace, decision) for decision in decisions]
        text = "\n".join(map(_line, documents)) or "no decisions for every hotel"
        invocation.show({"decisions": documents, "problems": [str(problem) for problem in problems]}, text)
    tell_problems(problems)
    end(failed=bool(problems))


def _document(workspace: Workspace, decision: EverywhereDecision) -> dict[str, object]:
    job = job_of(workspace.state, decision, ())
    said = decision.model_dump(mode="json", include={"image", "action", "labels", "by", "at", "why", "revoked"})
    return {**said, "hotels": len(job.hotel_ids), "left": len(job.left)}


def _line(document: dict[str, object]) -> str:
    state = "revoked" if document["revoked"] else "in force"
    who = f"{document['at']} {document['by']}" + (f": {document['why']}" if document["why"] else "")
    left = f", {document['left']} left" if document["left"] else ""
    image = str(document["image"])[:12]
    return f"{image}  {document['action']}  {state}  {document['hotels']} hotels{left}  {printable(who, 400)}"
