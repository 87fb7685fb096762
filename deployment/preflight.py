"""Says what a deployment would miss, before anything is changed.

    python -m deployment.preflight --stage production --region eu-west-1 [--account 123456789012] [--json] [-- WORDS]

Every deployment runs it (deployment/check_first.js). By hand it packages the stage first; words after `--` go to osls,
for example `--param=tagger=google`. Each line names what is missing and what to do. The exit status is 0 when nothing
is missing, 1 when something is, and 2 when the account is another one than was named or the stage cannot be packaged.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deployment.account import Account, WrongAccountError, open_account
from deployment.checks import Miss, missing
from deployment.tools import ToolMissingError, osls

TEMPLATE_NAME = "cloudformation-template-update-stack.json"


def packaged(account: Account, folder: Path, words: Sequence[str] = ()) -> Path:
    """Package the stage and return its template. Raises RuntimeError when osls fails."""
    where = ["--stage", account.stage, "--region", account.region, "--package", str(folder)]
    osls("package", *where, *words)
    return folder / TEMPLATE_NAME


def misses_of(account: Account, template: Path) -> list[Miss]:
    """Return what a deployment of this template to this account would miss."""
    return list(missing(json.loads(template.read_text("utf-8")), account))


def tell(found: list[Miss], *, as_json: bool) -> None:
    """Print every miss and what to do."""
    if as_json:
        print(json.dumps({"missing": [{"what": miss.what, "do": miss.do} for miss in found]}, indent=2))
        return
    for miss in found:
        print(f"missing: {miss.what}\n     do: {miss.do}")
    print("nothing is missing" if not found else f"{len(found)} missing, nothing was changed")


def main(words: list[str] | None = None) -> int:
    """Check, tell and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--account", help="number of the account; it must be that of the credentials")
    parser.add_argument("--template", type=Path, help="check this packaged template, and package nothing")
    parser.add_argument("--json", action="store_true", help="print one document")
    parser.add_argument("params", nargs="*", help="words for osls, after --")
    said = parser.parse_args(words)
    try:
        account = open_account(said.account, said.region, said.stage)
        with tempfile.TemporaryDirectory() as folder:
            template = said.template or packaged(account, Path(folder), said.params)
            found = misses_of(account, template)
    except (WrongAccountError, RuntimeError, ToolMissingError) as error:
        print(error, file=sys.stderr)
        return 2
    tell(found, as_json=said.json)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
