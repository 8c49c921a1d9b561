"""A queue of Kafka records on disk, in the order of their coming: what the bridge has taken while Kafka is away.

It is a table of SQLite, in WAL mode with `synchronous=FULL`: a commit returns when the disk has it, and what a kill or a power cut
left half-written was never committed and is not there at the next opening. Packages were looked at: litequeue commits with
`synchronous=NORMAL`, so a power cut takes its last entries; persist-queue commits each entry by itself, a wait for the disk each, and its
files do not survive every power cut (its issue 180). Both stand on SQLite, so here it is without them: a batch is one commit.

Once all of it is forgotten the file is deleted: while Kafka is there, nothing touches the disk.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import lz4.frame

from sensors.lanes import Record
from sensors.urls import SettingError

FILE = "spool.sqlite"
LOCK = "lock"

ROW_BYTES = 40
"""What SQLite needs for a record besides its value, about."""

_OWNER_ONLY = 0o600
"""Rights of the file: readings tell of people."""

_PRAGMAS = (
    "locking_mode=EXCLUSIVE",  # first: then WAL needs no shared memory, which a full disk would make a bus error
    "journal_mode=WAL",
    "secure_delete=OFF",  # Debian's default; the file is deleted when it is drained, and to overwrite it before doubles the writing
)
_TABLE = "CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, topic TEXT, key BLOB, n_elements INTEGER, value BLOB)"
_SUM = "SELECT coalesce(sum(n_elements), 0), coalesce(sum(length(value) + ?), 0) FROM records WHERE number > ? AND number <= ?"
_ENDS = "SELECT coalesce(min(number), 1) - 1, coalesce(max(number), 0) FROM records"
_READ = "SELECT number, topic, key, n_elements, value FROM records WHERE number > ? ORDER BY number"


class Spooled(NamedTuple):
    """A record on disk: its number in the queue, and what `lanes.Record` says of it."""

    number: int
    topic: str
    key: bytes | None
    n_elements: int
    value: bytes


class SpoolRefused(Exception):
    """The disk does not take what should be written; the sentence says why. What was there before is there still."""


class Spool:
    """A folder with what waits for Kafka. Used by one thread of one process.

    Args:
        folder: is made where it is missing.
        max_bytes: what may be in it; SQLite's log of up to 4 MiB is on top.

    Attributes:
        n_records: in it now.
        n_elements: readings, sightings and dead letters in these.
        n_bytes: that they take on disk, about.
        last: the number of the newest record that was ever in it.
        was_cut_off: the process that had it before died without closing it; what it was writing is not in it, and was never taken.

    Raises:
        SettingError: the folder cannot be used: by anybody, or because another bridge does, or because what is in it is damaged.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes
        self.n_records = self.n_elements = self.n_bytes = self.last = 0
        self._forgotten = 0
        self._file = folder / FILE
        self.was_cut_off = self._log_file.exists()
        self._db: sqlite3.Connection | None = None
        self._lock = _locked(folder)
        try:
            if self._file.exists():
                self._recover()
        except BaseException:
            self.close()
            raise

    def append(self, records: Sequence[Record]) -> int:
        """Put records behind the others, as far as there is room, and return when the disk has them.

        Returns:
            How many, from the first on.

        Raises:
            SpoolRefused: the disk takes none of them.
        """
        rows = list(self._fitting(records))
        if not rows:
            return 0
        try:
            db = self._db or self._open()
            db.execute("PRAGMA synchronous=FULL")
            with db:
                db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError as wrong:
            raise self._refusal(wrong) from wrong
        self.last = rows[-1].number
        self.n_records += len(rows)
        self.n_elements += sum(row.n_elements for row in rows)
        self.n_bytes += sum(len(row.value) + ROW_BYTES for row in rows)
        return len(rows)

    def read(self, after: int) -> Iterator[Spooled]:
        """Give out the records behind the one with this number, in order.

        Raises:
            SpoolRefused: the disk does not give them.
        """
        if self._db is None:
            return
        try:
            with closing(self._db.execute(_READ, (after,))) as rows:
                for row in map(Spooled._make, rows):
                    yield row._replace(value=lz4.frame.decompress(row.value))
        except (sqlite3.DatabaseError, RuntimeError) as wrong:
            raise self._refusal(wrong) from wrong

    def forget(self, number: int) -> None:
        """Take out the records up to this number, which Kafka has.

        A disk that refuses even that is no harm: they go with the next ones, or with the file; killed before, Kafka gets them twice.
        """
        assert self._db is not None, "nothing is in it"
        with suppress(sqlite3.DatabaseError):
            n_elements, n_bytes = self._db.execute(_SUM, (ROW_BYTES, self._forgotten, number)).fetchone()
            self.n_elements -= n_elements
            self.n_bytes -= n_bytes
        self._forgotten = number
        self.n_records = self.last - number
        if not self.n_records:
            self._discard()
            return
        with suppress(sqlite3.DatabaseError), self._db as db:
            db.execute("PRAGMA synchronous=NORMAL")  # nobody needs to wait for this
            db.execute("DELETE FROM records WHERE number <= ?", (number,))

    def close(self) -> None:
        """Leave the folder to others, with what is in it."""
        if self._db is not None:
            self._db.close()
            self._db = None
        os.close(self._lock)

    @property
    def _log_file(self) -> Path:
        return self._file.with_name(f"{FILE}-wal")

    def _fitting(self, records: Sequence[Record]) -> Iterator[Spooled]:
        n_bytes = self.n_bytes
        for number, record in enumerate(records, self.last + 1):
            value = lz4.frame.compress(record.value, content_checksum=True)
            n_bytes += len(value) + ROW_BYTES
            if n_bytes > self.max_bytes:
                return
            yield Spooled(number, record.topic, record.key, record.n_elements, value)

    def _recover(self) -> None:
        """Count what a former bridge left."""
        try:
            db = self._open()
            self._forgotten, self.last = db.execute(_ENDS).fetchone()
            self.n_elements, self.n_bytes = db.execute(_SUM, (ROW_BYTES, self._forgotten, self.last)).fetchone()
        except sqlite3.OperationalError as wrong:
            raise SettingError(f"the spool {self._file} cannot be read: {wrong}") from wrong
        except sqlite3.DatabaseError as wrong:
            raise self._refusal(wrong) from wrong
        self.n_records = self.last - self._forgotten  # numbers have no gaps
        if not self.n_records:
            self._discard()

    def _open(self) -> sqlite3.Connection:
        with suppress(OSError):  # sqlite says what is wrong with it; files beside it get the same rights
            self._file.touch(_OWNER_ONLY)
            self._file.chmod(_OWNER_ONLY)
        db = sqlite3.connect(self._file, timeout=0, isolation_level="IMMEDIATE")
        try:
            for pragma in _PRAGMAS:
                db.execute(f"PRAGMA {pragma}")
            db.execute(_TABLE)
        except sqlite3.DatabaseError:
            db.close()
            raise
        self._db = db
        return db

    def _discard(self) -> None:
        """Delete the file, in which nothing is any more."""
        assert self._db is not None
        self.n_elements = self.n_bytes = 0
        self._db.close()
        self._db = None
        for path in (self._file, self._log_file):
            with suppress(OSError):  # stays behind: numbers go on, so nothing of it is read again but by the next bridge
                path.unlink(missing_ok=True)

    def _refusal(self, wrong: Exception) -> Exception:
        if isinstance(wrong, sqlite3.OperationalError):
            reason = "the disk is full" if wrong.sqlite_errorcode == sqlite3.SQLITE_FULL else wrong
            return SpoolRefused(f"the spool {self._file} cannot be used: {reason}")
        held = f"It held {self.n_elements} readings for Kafka" if self.n_elements else "How many readings for Kafka it held cannot be told"
        return SettingError(
            f"the spool {self._file} is damaged ({wrong}). {held}; "
            "move the file away, with those beside it of the same name, to go on without them"
        )


def _locked(folder: Path) -> int:
    """Make the folder where it is missing, and take it for this process; returns what holds it.

    Raises:
        SettingError: that cannot be.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will have devices in it
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise SettingError(
            f"the spool folder {folder} cannot be used: {wrong.strerror}. Name another with --spool-dir, or do without with --spool-bytes 0"
        ) from wrong
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        os.close(lock)
        raise SettingError(
            f"another bridge uses the spool folder {folder}: each needs its own, and a --client-id of its own; name one with --spool-dir"
        ) from taken
    return lock
