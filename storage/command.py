"""`instore storage`, `instore grant` and `instore export`: parse, and have it done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

Option = Callable[[Callable[..., None]], Callable[..., None]]
Find = Callable[..., dict[str, str]]
Bar = Callable[[str, float], AbstractContextManager[Callable[..., None]]]

MESSAGES = Console(stderr=True, soft_wrap=True)


def commands(database_url: Option, data_dir: Option, find: Find, bar: Bar) -> Iterator[click.Command]:
    """Make the commands.

    Args:
        database_url: the option that all commands share.
        data_dir: the same.
        find: completes addresses of servers by those of the `instore up` that runs on a data folder.
        bar: shows on standard error how far something is.
    """
    for command in (_storage(find), _grant(find), _export(find, bar)):
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


def _export(find: Find, bar: Bar) -> Callable[..., None]:
    @click.argument("name", metavar="[TABLE]", required=False)
    @click.option("--out", type=click.Path(path_type=Path, allow_dash=True), help="The file; - is standard output.")
    @click.option("--format", "form", type=click.Choice(["parquet", "csv"]), help="In which form.  [default: as the file's name ends]")
    @click.option("--from", "since", metavar="TIME", help="2026-11-22 or 2026-11-22T09:00; without offset in the store's zone.")
    @click.option("--to", "until", metavar="TIME", help="The end, excluded.")
    @click.option("--store", help="Of this store only.")
    @click.option("--devices", is_flag=True, help="With the ids of devices, where pseudonyms stand otherwise; for the owner of the tables.")
    @click.option("--overwrite", is_flag=True, help="Put the file in the place of one that is there.")
    def export(name: str | None, out: Path | None, overwrite: bool, database_url: str | None, data_dir: Path, **asked: Any) -> None:
        """Write a TABLE or view, or the event log, into a file that data tools read; without TABLE, show which there are."""
        from storage import export
        from storage.errors import SettingError

        url, form = find(data_dir, database=database_url)["database"], asked.pop("form")
        if name is None:
            _show(url, asked["devices"])
            return
        if out is None:
            raise SettingError("say with --out where it shall go; - is standard output")
        form = export.form_of(out, form, overwrite=overwrite)
        with bar("exporting", 1) as advance:
            rows = export.export(url, export.Wanted(name, **asked), out, form, advance)
        MESSAGES.print(f"{rows} rows of {name} in {'standard output' if str(out) == '-' else out}", highlight=False)

    return export


def _show(url: str, devices: bool) -> None:
    from storage.copying import one_moment
    from storage.relations import relations

    table = Table("table", "its time", "what it is", box=None, pad_edge=False)
    with one_moment(url, "instore export", devices=devices) as connection:
        for one in relations(connection, devices=devices).values():
            if one.may_read:
                table.add_row(one.name, one.time_column or "", one.comment)
    Console().print(table, highlight=False)
