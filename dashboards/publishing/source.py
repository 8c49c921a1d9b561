"""The data source in Grafana: the database, as a login of the role instore_grafana sees it."""

from typing import NamedTuple

from dashboards.sql import SOURCE_UID
from storage.connect import parse
from storage.errors import SettingError

SETTING = "INSTORE_GRAFANA_DATABASE_URL"

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_VERIFIED = {"require", "verify-ca", "verify-full"}


class Source(NamedTuple):
    """A data source.

    Attributes:
        settings: its JSON, as Grafana tells it to whoever may see it.
        password: of the database login, which Grafana never tells; None where there is none.
    """

    settings: dict[str, object]
    password: str | None


def source(url: str) -> Source:
    """Make the data source of a database URL, as Grafana reaches the database: it may have another address for us.

    Raises:
        SettingError: the URL cannot be understood, or misses what Grafana needs. The sentence does not show the password.
    """
    parts = {name: str(value) for name, value in parse(url).items()}
    for name, what in (("user", "user"), ("dbname", "database"), ("host", "host")):
        if not parts.get(name):
            raise SettingError(f"{SETTING} names no {what}; write it like postgresql://grafana:password@host:5432/database")
    if "," in parts["host"]:
        raise SettingError(f"{SETTING} names several hosts; Grafana takes one")
    settings: dict[str, object] = {
        "uid": SOURCE_UID,
        "name": SOURCE_UID,
        "type": "postgres",
        "access": "proxy",
        "url": _place(parts["host"], parts.get("port", "5432")),
        "user": parts["user"],
        "database": parts["dbname"],  # Grafana 9.3 reads this one, newer ones that in jsonData
        "jsonData": {"database": parts["dbname"], **_tls(parts)},
    }
    return Source(settings, parts.get("password"))


def _place(host: str, port: str) -> str:
    if host.startswith("/"):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tls(parts: dict[str, str]) -> dict[str, object]:
    """Say when to encrypt: Grafana knows no `prefer`, libpq's default; so always, but on this machine."""
    mode = parts.get("sslmode", "")
    if mode == "disable" or (mode not in _VERIFIED and (parts["host"] in _LOOPBACK or parts["host"].startswith("/"))):
        return {"sslmode": "disable"}
    authority = parts.get("sslrootcert", "system")
    file = {} if authority == "system" else {"sslRootCertFile": authority}
    return {"sslmode": mode if mode in _VERIFIED else "require", "tlsConfigurationMethod": "file-path", **file}
