"""`instore storage` and `instore grant`: parse, and have it done."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

Option = Callable[[Callable[..., None]], Callable[..., None]]
Find = Callable[..., dict[str, str]]


def commands(database_url: Option, data_dir: Option, find: Find) -> Iterator[click.Command]:
    """Make the commands.

    Args:
        database_url: the option that all commands share.
        data_dir: the same.
        find: completes addresses of servers by those of the `instore up` that runs on a data folder.
    """
    for command in (_storage(find), _grant(find)):
        yield click.command()(database_url(data_dir(command)))


def _storage(find: Find) -> Callable[..., None]:
    @click.argument("tables", nargs=-1)
    @click.option("--keep", metavar="DAYS", help="Delete rows older than this: 400d, or forever.")
    @click.option("--compress-after", metavar="DAYS", help="TimescaleDB: compress chunks older than this: 7d, or never.")
    @click.option("--chunk", metavar="DAYS", help="TimescaleDB: the time that a new chunk spans: 1d, 12h.")
    def storage(
        tables: tuple[str, ...], keep: str | None, compress_after: str | None, chunk: str | None, database_url: str | None, data_dir: Path
    ) -> None:
        """Show or set how long TABLES are kept, and when TimescaleDB compresses them; without TABLES all of them."""
        from storage.connect import session
        from storage.lasting import Change, change, settings

        wanted = Change.of(keep, compress_after, chunk)
        table = Table("table", "keep", "kept since", "compress after", "chunk", box=None, pad_edge=False)
        with session(find(data_dir, database=database_url)["database"], "instore storage") as connection:
            if wanted != Change():
                change(connection, tables, wanted)
            for one in settings(connection, tables):
                table.add_row(*one.shown())
        Console(soft_wrap=True).print(table, highlight=False)

    return storage


def _grant(find: Find) -> Callable[..., None]:
    @click.argument("role", type=click.Choice(["writer", "analyst", "grafana"]))
    @click.argument("login")
    @click.option(
        "--timeout-s", type=click.IntRange(0), help="Give up statements after so long; 0: never.  [default: analyst 60, grafana 30]"
    )
    def grant(role: Any, login: str, timeout_s: int | None, database_url: str | None, data_dir: Path) -> None:
        """Let a LOGIN of the database act in a role: writer (for `instore worker`), analyst or grafana (who read, and see no devices)."""
        from storage import roles
        from storage.connect import session

        with session(find(data_dir, database=database_url)["database"], "instore grant") as connection:
            roles.grant(connection, role, login, timeout_s)
        click.echo(f"{login} is {role}, from its next connection on")

    return grant
