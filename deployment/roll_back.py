"""Moves the alias `live` of all functions back to an earlier package.

    python -m deployment.roll_back --stage production --region eu-west-1 --account 123456789012 [--to PACKAGE | --list]

Every deployment publishes a version of each function, and all versions of one deployment carry the same package, a
digest (deployment/live_alias.js). Without `--to` the package before the present one is taken. `--to` also goes forward
again. The exit status is 0; 1 when there is no such package, or an alias could not be moved and all were put back; 2
when the account is another one than was named.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployment.account import Account, WrongAccountError, open_account

ALIAS = "live"
PACKAGE = "IMAGE_RELEASE_PACKAGE"
LAST = "tick"
"""This function is moved last: it is the one that notices that an older program runs."""


class CannotRollBackError(Exception):
    """The aliases cannot be moved as asked, and stay where they are. The message says why."""


@dataclass(frozen=True)
class Package:
    """What was deployed together: when, and the version of each function."""

    digest: str
    published: str
    versions: Mapping[str, str]


def functions_of(account: Account) -> list[str]:
    """Return the names of the stage's functions, `tick` last. Raises CannotRollBackError when there are none."""
    pages = account.client("cloudformation").get_paginator("list_stack_resources")
    found = [
        one["PhysicalResourceId"]
        for page in pages.paginate(StackName=account.prefix)
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == "AWS::Lambda::Function"
    ]
    if not found:
        raise CannotRollBackError(f"the stack {account.prefix} has no functions in {account.region}")
    return sorted(found, key=lambda name: (name.endswith(f"-{LAST}"), name))


def packages_of(client: Any, functions: list[str]) -> list[Package]:
    """Return the packages of which every function still has a version, the newest first."""
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    published: dict[str, str] = {}
    for name in functions:
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            for one in page["Versions"]:
                digest = one.get("Environment", {}).get("Variables", {}).get(PACKAGE)
                if digest and one["Version"] != "$LATEST":
                    versions[digest][name] = one["Version"]
                    published[digest] = max(published.get(digest, ""), one["LastModified"])
    whole = [
        Package(digest, published[digest], found) for digest, found in versions.items() if len(found) == len(functions)
    ]
    return sorted(whole, key=lambda package: package.published, reverse=True)


def live_versions(client: Any, functions: list[str]) -> dict[str, str]:
    """Return the version that the alias of each function names."""
    return {name: client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"] for name in functions}


def chosen(packages: list[Package], live: Mapping[str, str], wanted: str | None) -> Package:
    """Return the package to move to. Raises CannotRollBackError when there is none."""
    if wanted is not None:
        found = [package for package in packages if package.digest == wanted]
        if not found:
            raise CannotRollBackError(f"no package {wanted} is left; --list shows those that are")
        return found[0]
    at = [number for number, package in enumerate(packages) if package.versions == dict(live)]
    if not at:
        raise CannotRollBackError("the functions do not run one package now; say with --to which one they shall run")
    if at[0] + 1 == len(packages):
        raise CannotRollBackError("there is no package before the present one")
    return packages[at[0] + 1]


def move(client: Any, live: Mapping[str, str], package: Package) -> None:
    """Move every alias to the package. Raises CannotRollBackError when one cannot be moved; then all are put back."""
    from botocore.exceptions import BotoCoreError, ClientError

    moved: list[str] = []
    try:
        for name in live:
            client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=package.versions[name])
            moved.append(name)
            print(f"{name}: version {live[name]} -> {package.versions[name]}")
    except (BotoCoreError, ClientError) as error:
        for name in moved:
            client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=live[name])
        raise CannotRollBackError(
            f"all functions run what they ran before, because one could not be moved: {error}"
        ) from error


def main(words: list[str] | None = None) -> int:
    """Move the aliases, or list the packages; return the exit status."""
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--account", required=True, help="number of the account; it must be that of the credentials")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--to", metavar="PACKAGE", help="the package to run, as --list shows it")
    which.add_argument("--list", action="store_true", help="list the packages, the newest first, and move nothing")
    said = parser.parse_args(words)
    try:
        account = open_account(said.account, said.region, said.stage)
        client = account.client("lambda")
        functions = functions_of(account)
        packages, live = packages_of(client, functions), live_versions(client, functions)
        if said.list:
            for package in packages:
                print(f"{package.digest}  {package.published}{'  runs' if package.versions == live else ''}")
            return 0
        package = chosen(packages, live, said.to)
        move(client, live, package)
    except WrongAccountError as error:
        print(error, file=sys.stderr)
        return 2
    except (CannotRollBackError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{account.prefix} runs package {package.digest}. The next deployment moves it to the package that it deploys."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
