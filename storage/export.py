"""Takes tables, views and the event log out of the database, into files that others read: Parquet and CSV."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, get_args

import psycopg
import pyarrow as pa
from pyarrow import parquet

from sensors.files import check_target, written_whole
from sensors.urls import SettingError
from storage.columns import schema
from storage.copying import Chunk, one_moment, table
from storage.relations import find, zones
from storage.sources import Source, of_relation
from storage.spans import span

Form = Literal["parquet", "csv"]

FORMS: tuple[Form, ...] = get_args(Form)

GROUP_ROWS = 1 << 17
"""Rows that Parquet keeps together: what a reader takes into memory at once, and we before we write."""

Write = Callable[[Chunk], None]

Progress = Callable[[float], None]
"""Told how far it is, from 0 to 1."""


class Wanted(NamedTuple):
    """What shall be taken out.

    Attributes:
        name: of the table or view, or `events`.
        since: the beginning, as people write it; None: that of the data.
        until: the end, excluded; None: that of the data.
        store: of this store only.
        devices: with the ids of devices, rather than with pseudonyms.
    """

    name: str
    since: str | None = None
    until: str | None = None
    store: str | None = None
    devices: bool = False


def export(url: str, wanted: Wanted, out: Path, form: Form, progress: Progress = lambda _: None) -> int:
    """Write what is wanted into a file, in order of time; the file is there when it is whole.

    Returns:
        How many rows.

    Raises:
        SettingError: there is no such table, store, time or folder, or the user may not read it.
        DatabaseAway: the database could not be reached, or was lost on the way; there is no file then.
    """
    with one_moment(url, "instore export", devices=wanted.devices) as connection:
        source = ask(connection, wanted)
        with written_whole(out) as sink:
            return _write(connection, source, sink, form, progress)


def ask(connection: psycopg.Connection, wanted: Wanted) -> Source:
    """Find out what to ask the database for."""
    relation = find(connection, wanted.name, devices=wanted.devices)
    zone_of = zones(connection, wanted.store)
    wanted_span = span(wanted.since, wanted.until, set(zone_of.values()))
    return of_relation(connection, relation, wanted_span, zone_of, wanted.store)


def form_of(out: Path, wanted: Form | None, *, overwrite: bool) -> Form:
    """Look at a file before anything is asked: whether it can be written, and in which form.

    Raises:
        SettingError: it cannot, or the form cannot be told by its name, or its name says another.
    """
    check_target("--out", out)
    if out.exists() and str(out) != "-" and not overwrite:
        raise SettingError(f"--out {out} is there already: take another name, or say --overwrite")
    named = next((form for form in FORMS if out.suffix == f".{form}"), None)
    if wanted is not None and named not in {None, wanted}:
        raise SettingError(f"--out {out} ends in .{named}, and --format says {wanted}: leave --format out, or take another name")
    if form := wanted or named:
        return form
    raise SettingError(f"--out {out} does not say in which form: end its name in .parquet or .csv, or give --format")


def _write(connection: psycopg.Connection, source: Source, sink: BinaryIO, form: Form, progress: Progress) -> int:
    written = 0
    with closing(source.chunks(connection)) as chunks, _WRITERS[form](source, sink) as write:
        for chunk in chunks:
            write(chunk)
            written += len(chunk)
            if (done := source.done(chunk)) is not None:
                progress(done)
    progress(1)
    return written


@contextmanager
def _csv(source: Source, sink: BinaryIO) -> Iterator[Write]:
    """As PostgreSQL writes it: an empty field for null, a quoted one for an empty text."""
    names = (column.name.replace('"', '""') for column in source.columns)
    sink.write(",".join(f'"{name}"' for name in names).encode() + b"\n")
    yield sink.writelines


@contextmanager
def _parquet(source: Source, sink: BinaryIO) -> Iterator[Write]:
    waiting: list[pa.Table] = []
    with parquet.ParquetWriter(sink, schema(source.columns), compression="zstd") as writer:

        def flush() -> None:
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
                waiting.clear()

        def write(chunk: Chunk) -> None:
            waiting.append(table(chunk, source.columns))
            if sum(map(len, waiting)) >= GROUP_ROWS:
                flush()

        yield write
        flush()


_WRITERS: dict[Form, Callable[[Source, BinaryIO], AbstractContextManager[Write]]] = {"csv": _csv, "parquet": _parquet}
