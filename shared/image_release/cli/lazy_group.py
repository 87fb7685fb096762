"""A group that imports a command only when it is used, so that `--help` and shell completion stay fast."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group with a module for each command below `package`. `summaries`: command -> one line, in the order shown."""

    def __init__(self, *args: Any, package: str, summaries: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of `summaries`."""
        del ctx
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command from the module of its name, with `_` for `-`; None if there is no such command."""
        del ctx
        if cmd_name not in self._summaries:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(f"{self._package}.{name}")
        command = getattr(module, name, None) or getattr(module, f"{name}_")  # `list_`: the name is a builtin's
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
