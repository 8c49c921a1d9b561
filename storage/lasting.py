"""How long each table is kept, and how TimescaleDB cuts and compresses it: what `instore storage` shows and sets."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from sensors.urls import SettingError
from storage.errors import translated
from storage.sql import query


class TableSettings(NamedTuple):
    """A row of `instore.table_settings`."""

    table_name: str
    chunk_interval: timedelta
    compress_after: timedelta | None
    keep: timedelta | None
    kept_since: datetime | None

    def shown(self) -> list[str]:
        """In words for people, as the command takes them."""
        since = "the beginning" if self.kept_since is None else f"{self.kept_since:%Y-%m-%d %H:%M} UTC"
        return [self.table_name, _text(self.keep, "forever"), since, _text(self.compress_after, "never"), _text(self.chunk_interval, "")]


class Change(NamedTuple):
    """What shall be otherwise; None stays as it is."""

    keep: timedelta | Literal["forever"] | None = None
    compress_after: timedelta | Literal["never"] | None = None
    chunk_interval: timedelta | None = None

    @classmethod
    def of(cls, keep: str | None, compress_after: str | None, chunk: str | None) -> "Change":
        """Read the flags of the command.

        Raises:
            SettingError: one is no time.
        """
        return cls(
            keep="forever" if keep == "forever" else _span("--keep", keep),
            compress_after="never" if compress_after == "never" else _span("--compress-after", compress_after),
            chunk_interval=_span("--chunk", chunk),
        )


@translated()
def settings(connection: Connection, tables: Sequence[str] = ()) -> list[TableSettings]:
    """Read the settings of these tables, or of all.

    Raises:
        SettingError: there is no such table.
    """
    with connection.cursor(row_factory=class_row(TableSettings)) as cursor:
        found = cursor.execute(query("table_settings"), {"tables": list(tables)}).fetchall()
    _refuse_missing(tables, {one.table_name for one in found})
    return found


@translated()
def change(connection: Connection, tables: Sequence[str], wanted: Change) -> None:
    """Change the settings of these tables, or of all, and have TimescaleDB follow them.

    Raises:
        SettingError: there is no such table, a value is out of its range, or readings would be kept longer than what is told from them.
    """
    values = {
        "tables": list(tables),
        "chunk_interval": wanted.chunk_interval,
        "never": wanted.compress_after == "never",
        "compress_after": None if wanted.compress_after == "never" else wanted.compress_after,
        "forever": wanted.keep == "forever",
        "keep": None if wanted.keep == "forever" else wanted.keep,
    }
    try:
        with connection.transaction():
            found = {str(row[0]) for row in connection.execute(query("change_table_settings"), values)}
            _refuse_missing(tables, found)
            connection.execute("SELECT instore.apply_table_settings()")
    except psycopg.errors.CheckViolation as wrong:
        raise SettingError(_reason(wrong)) from wrong


def _refuse_missing(tables: Sequence[str], found: Collection[str]) -> None:
    if missing := set(tables) - set(found):
        raise SettingError(f"there is no table {min(missing)} with settings: name one of those that `instore storage` shows")


def _reason(wrong: psycopg.errors.CheckViolation) -> str:
    """Say what the range of a value is; other sentences are the database's own."""
    ranges = {
        "table_settings_keep_check": "a table is kept for 7 days at least: workers read back what happened in them",
        "table_settings_compress_after_check": "a table is compressed after 1 day at the earliest: what is newer still changes",
        "table_settings_chunk_interval_check": "a chunk spans between 1 hour and 1 year",
    }
    return ranges.get(wrong.diag.constraint_name or "") or str(wrong.diag.message_primary)


def _span(option: str, text: str | None) -> timedelta | None:
    """Read a number of days or hours, like 400d or 12h."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,5})([dh])", text)
    if found is None:
        raise SettingError(f"{option} {text} is no time; write days or hours, like 400d or 12h")
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))


def _text(span: timedelta | None, otherwise: str) -> str:
    if span is None:
        return otherwise
    hours = round(span / timedelta(hours=1))
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"
