"""TimescaleDB in Node serves as a server does, as far as it says it does."""

import psycopg
import pytest

from tests.databases import Database

pytestmark = pytest.mark.integration


def test_a_long_statement_arrives_whole(wasm_url: str) -> None:
    """Longer than what the network brings at once, in its text and in its parameters."""
    text = "x" * 500_000
    with psycopg.connect(wasm_url, autocommit=True) as connection:
        assert connection.execute(f"SELECT '{text}'".encode()).fetchone() == (text,)
        assert connection.execute("SELECT %s", (text,)).fetchone() == (text,)


def test_a_message_may_end_where_it_reads_on(wasm_url: str) -> None:
    """PGlite reads 8 KiB at a time: whichever of the messages of a statement ends there, the others are read too."""
    with psycopg.connect(wasm_url, autocommit=True) as connection:
        for size in range(8_192 - 64, 8_192):
            assert connection.execute("SELECT length(%s)", ("x" * size,)).fetchone() == (size,)


def test_each_client_finds_a_session_as_new(wasm_url: str) -> None:
    """What another left open is gone: its transaction, its prepared statements, its settings."""
    for number in range(2):
        connection = psycopg.connect(wasm_url)
        connection.prepare_threshold = 0
        assert connection.execute("SELECT to_regclass('left_open'), current_setting('lock_timeout')").fetchone() == (None, "0")
        connection.execute("CREATE TABLE left_open (a integer)")
        connection.execute("SET lock_timeout = '7s'")
        assert connection.execute("SELECT %s + 1", (number,)).fetchone() == (number + 1,)
        connection.close()


def test_it_is_timescaledb(timescale_database: Database) -> None:
    """With its licence for compression, retention and continuous aggregates."""
    with psycopg.connect(timescale_database.url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'").fetchone() == (1,)
        assert connection.execute("SHOW timescaledb.license").fetchone() == ("timescale",)
