"""`image-release desk`: pages for the people who own the pictures, on this machine."""

from __future__ import annotations

import getpass
import sys
import time
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from image_release.cli import status_after
from image_release.cli.common import FILE
from image_release.cli.invocation import Invocation, common_options
from image_release.problems import printable

if TYPE_CHECKING:
    from image_release.desk.keeping import Keeping
    from image_release.desk.web import DeskServer, Proxy

MOST_NAME_CHARS = 200
NEEDED = ("starlette", "uvicorn", "python_multipart")
TELL_EVERY_S = 0.5


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the pages; default: any free port.")
@click.option("--name", help="Your name, which each decision carries; default: your login name.")
@click.option("--no-open", is_flag=True, help="Print the address, but do not open a browser.")
@click.option("--proxy-secret-file", type=FILE, help="Behind a proxy: file that holds the secret shared with it.")
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="Behind a proxy: host of the pages; repeatable.")
@click.option("--name-header", help="Behind a proxy: header that names the person; default: X-Forwarded-User.")
@click.option("--secret-header", help="Behind a proxy: header that carries the secret; default: X-Proxy-Secret.")
@common_options
@click.pass_context
def desk(
    ctx: click.Context,
    invocation: Invocation,
    port: int,
    name: str | None,
    no_open: bool,
    proxy_secret_file: Path | None,
    hosts: tuple[str, ...],
    name_header: str | None,
    secret_header: str | None,
) -> None:
    """See which hotels need a look, correct them, and see what changed, on pages that this machine serves.

    The address that is printed lets you in; nobody else can open it. In a folder workspace each decision is applied at
    once. Beside a suite on AWS the desk only records it, and the suite applies it. Ctrl-C ends the desk.

    Behind your company's proxy the proxy names the person. It must set the header with the secret on each request, and
    remove both headers from what people send. The desk still listens on 127.0.0.1 only.

    Example: image-release desk --workspace my-workspace

    Example: image-release desk --proxy-secret-file secret.txt --host desk.example.com --port 8000
    """
    if any(find_spec(package) is None for package in NEEDED):
        raise click.UsageError("the desk needs the extra `desk`: pip install 'image-release[desk]'")
    from image_release.desk.web import Access, application
    from image_release.one_machine.desk import open_desk

    proxy = _proxy(proxy_secret_file, hosts, name_header, secret_header)
    person = _person(name)
    try:
        with invocation.open() as workspace:
            server = _server(port)
            access = Access(server.port, person, proxy)
            observe = _progress(quiet=invocation.as_json)
            with open_desk(workspace, invocation.address, invocation.settings_file, observe) as opened:
                document = {"address": access.address, "port": server.port, "person": person, "hosts": sorted(hosts)}
                invocation.show(document, f"{access.address}\nYou are {person}. Ctrl-C ends the desk.")
                sys.stdout.flush()
                if not no_open and not proxy:  # in a thread, because the call may last until the browser is closed
                    Thread(target=webbrowser.open, args=(access.address,), daemon=True).start()
                server.serve(application(opened, access))
    except KeyboardInterrupt as error:
        click.echo("ended: every decision is recorded", err=True)
        ctx.exit(status_after(error))


def _person(name: str | None) -> str:
    """The name that decisions carry. Raises click.UsageError if there is none, or it cannot be one."""
    try:
        person = (getpass.getuser() if name is None else name).strip()
    except (OSError, KeyError) as error:
        raise click.UsageError("this machine does not know your name; say it with --name") from error
    if not person or len(person) > MOST_NAME_CHARS or not person.isprintable():
        raise click.UsageError(
            f"--name {printable(person)}: must be text of 1 to {MOST_NAME_CHARS} characters that can be printed"
        )
    return person


def _proxy(
    secret_file: Path | None, hosts: tuple[str, ...], name_header: str | None, secret_header: str | None
) -> Proxy | None:
    """The proxy that the options describe; None without them. Raises click.UsageError if they are not complete."""
    from image_release.desk.web.access import NAME_HEADER, SECRET_HEADER, Proxy

    if secret_file is None and not hosts and name_header is None and secret_header is None:
        return None
    if secret_file is None or not hosts:
        raise click.UsageError("behind a proxy both are needed: --proxy-secret-file FILE and --host HOST")
    try:
        secret = secret_file.read_text(encoding="utf-8").strip()
        return Proxy(
            frozenset(host.lower() for host in hosts),
            secret,
            name_header or NAME_HEADER,
            secret_header or SECRET_HEADER,
        )
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--proxy-secret-file {secret_file}: {printable(str(error), 400)}") from error


def _server(port: int) -> DeskServer:
    from image_release.desk.web import DeskServer

    try:
        return DeskServer(port)
    except OSError as error:
        raise click.UsageError(f"--port {port}: {error.strerror}") from error


def _progress(*, quiet: bool) -> Callable[[Keeping], None]:
    """Tells on stderr how far the index is, if that is a terminal; what went wrong it tells anywhere, once."""
    told, last = "", 0.0

    def tell(now: Keeping) -> None:
        nonlocal told, last
        if now.error and now.error != told:
            click.echo(f"warning: {now.error}", err=True)
        told = now.error
        is_time = time.monotonic() - last >= TELL_EVERY_S
        if now.what == "reading" and now.total and is_time and not quiet and sys.stderr.isatty():
            last = time.monotonic()
            click.echo(f"\rindex: {now.done} of {now.total} hotels", nl=now.done == now.total, err=True)

    return tell
