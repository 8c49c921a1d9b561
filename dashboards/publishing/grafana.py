"""A Grafana server as we ask it: one module knows the client, and turns its exceptions into ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import niquests
from grafana_client import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaServerError, GrafanaTimeoutError

from dashboards.publishing.errors import GrafanaAway
from dashboards.sql import SOURCE_UID
from storage.errors import SettingError

OLDEST = (9, 3)
"""The oldest Grafana that understands what we send."""

TIMEOUT_S = 20.0

_NO_RULE = "could not find alert rule"
"""Grafana 9.3 says so with 500, newer ones with 404."""

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn the client's exceptions into ours; `place` is where Grafana is, for people.

    Raises:
        SettingError: the token is wrong, or may not do this.
        GrafanaAway: anything else that is not as it should be.
    """
    try:
        yield
    except GrafanaTimeoutError as error:
        raise GrafanaAway(f"Grafana at {place} did not answer within {TIMEOUT_S:.0f} s") from error
    except GrafanaClientError as error:
        raise _refused(place, error) from error
    except (GrafanaServerError, GrafanaException) as error:
        raise GrafanaAway(f"Grafana at {place} failed: {error.message}") from error
    except niquests.JSONDecodeError as error:
        raise GrafanaAway(f"what answers at {place} is no Grafana") from error
    except (niquests.RequestException, OSError) as error:
        raise GrafanaAway(f"Grafana at {place} cannot be reached: {_reason(error)}") from error


def connect(url: str, token: str | None) -> tuple[GrafanaApi, str]:
    """Make a client, and see whether a Grafana answers it that is new enough.

    Args:
        url: `http://host:3000`, with a path where Grafana is below one; user and password may stand in it instead of a token.
        token: of a service account with the role Admin.

    Returns:
        The client, and where Grafana is, for people.

    Raises:
        SettingError: the URL cannot be used, or Grafana does not know the token.
        GrafanaAway: no Grafana answers, or one older than 9.3.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError("INSTORE_GRAFANA_URL must look like http://host:3000")
    if not token and not parts.password:
        raise SettingError("INSTORE_GRAFANA_TOKEN is not set: make a service account with the role Admin in Grafana, and a token for it")
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    whole = parts._replace(path=parts.path.rstrip("/") + "/" if parts.path.strip("/") else "").geturl()
    grafana = GrafanaApi.from_url(whole, credential=token or None, timeout=TIMEOUT_S)
    with translated(place):
        _check(grafana.client.GET("/frontend/settings"), place)
    return grafana, place


def _check(settings: Any, place: str) -> None:
    """See that it is a Grafana, and new enough."""
    version = settings.get("buildInfo", {}).get("version") if isinstance(settings, dict) else None
    if not version:
        raise GrafanaAway(f"what answers at {place} is no Grafana")
    numbers = tuple(int(part) for part in str(version).partition("-")[0].split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        raise GrafanaAway(f"Grafana at {place} is {version}: {'.'.join(map(str, OLDEST))} is the oldest that these dashboards work with")


def found(call: Callable[..., Any], *about: object) -> Any:
    """Return what is asked for; None where it is not there."""
    try:
        return call(*about)
    except (GrafanaClientError, GrafanaServerError) as error:
        if error.status_code == _NOT_FOUND or _NO_RULE in error.message:
            return None
        raise


def failure_of_source(grafana: GrafanaApi) -> str | None:
    """Ask the data source a question, and return why it cannot answer; None where it can."""
    query = {"refId": "A", "datasource": {"type": "postgres", "uid": SOURCE_UID}, "rawSql": "SELECT 1 AS one", "format": "table"}
    try:
        answer = grafana.client.POST("/ds/query", json={"queries": [query], "from": "now-1m", "to": "now"})
    except (GrafanaClientError, GrafanaServerError) as error:
        if error.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
            raise
        answer = error.response
    result = answer.get("results", {}).get("A", {}) if isinstance(answer, dict) else {}
    return None if result.get("frames") else str(result.get("error") or answer)


def _refused(place: str, error: GrafanaClientError) -> Exception:
    if error.status_code == _UNAUTHORIZED:
        return SettingError(f"Grafana at {place} does not know this token: is INSTORE_GRAFANA_TOKEN whole, and not expired?")
    if error.status_code == _FORBIDDEN:
        return SettingError(f"Grafana at {place} does not let this token do that: its service account needs the role Admin")
    return GrafanaAway(f"Grafana at {place} refused: {error.message}")


def _reason(error: BaseException) -> str:
    """The innermost cause, in its own words: the outer ones repeat the URL, which may hold a password."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
