"""The data source of a database URL."""

import pytest

from dashboards.publishing.source import source
from storage.errors import SettingError

ENCRYPTED = {"sslmode": "require", "tlsConfigurationMethod": "file-path"}


@pytest.mark.parametrize(
    ("url", "place", "tls"),
    [
        ("postgresql://g:p@db.example/shop", "db.example:5432", ENCRYPTED),
        (
            "postgresql://g:p@db.example:6432/shop?sslmode=prefer",
            "db.example:6432",
            {"sslmode": "require", "tlsConfigurationMethod": "file-path"},
        ),
        ("postgresql://g:p@db.example/shop?sslmode=disable", "db.example:5432", {"sslmode": "disable"}),
        ("postgresql://g:p@127.0.0.1:5433/shop", "127.0.0.1:5433", {"sslmode": "disable"}),
        ("postgresql://g:p@[::1]:5433/shop", "[::1]:5433", {"sslmode": "disable"}),
        ("postgresql://g:p@/shop?host=/run/postgresql", "/run/postgresql", {"sslmode": "disable"}),
        (
            "postgresql://g:p@db.example/shop?sslmode=verify-full&sslrootcert=/etc/ca.crt",
            "db.example:5432",
            {"sslmode": "verify-full", "tlsConfigurationMethod": "file-path", "sslRootCertFile": "/etc/ca.crt"},
        ),
    ],
)
def test_what_grafana_gets(url: str, place: str, tls: dict[str, object]) -> None:
    """Where the database is; encrypted, unless it is on the same machine or the URL says otherwise."""
    made = source(url)
    assert (made.settings["url"], made.settings["user"], made.settings["database"], made.password) == (place, "g", "shop", "p")
    assert made.settings["jsonData"] == {"database": "shop", **tls}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://db.example/shop", "names no user"),
        ("postgresql://g:secret@db.example", "names no database"),
        ("postgresql://g:secret@/shop", "names no host"),
        ("postgresql://g:secret@a.example:5432,b.example:5432/shop", "names several hosts"),
        ("mysql://g:secret@db.example/shop", "must begin with postgresql"),
    ],
)
def test_what_is_missing_is_said(url: str, says: str) -> None:
    """A sentence without the password."""
    with pytest.raises(SettingError, match=says) as said:
        source(url)
    assert "secret" not in str(said.value)
