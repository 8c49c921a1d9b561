"""A small Grafana for tests: a real HTTP server that keeps what it is given, and adds what Grafana 9.3 adds.

It holds every request against Grafana's own description of its API (`tests.dashboards.openapi`) and refuses one that does not keep to it.
What a real one does beyond that (it draws, it evaluates) it does not.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.dashboards import openapi

TOKEN = "glsa_right"  # noqa: S105  # of nothing
PASSWORD = "letmein"  # noqa: S105  # of nothing
"""The one with which the data source answers."""

ORGANIZATION = 1
READS = {("POST", "/ds/query")}
"""What asks, though it is no GET."""

Reply = tuple[int, Any]


class Double:
    """What it holds, by uid; and what was asked of it.

    Attributes:
        version: that it says it has.
        requests: method and path of each, in order.
        mistakes: in which requests the description was not kept to.
    """

    def __init__(self) -> None:
        self.version = "9.3.2"
        self.folders: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, str] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.paces: dict[str, int] = {}
        self.points: list[dict[str, Any]] = [{"uid": "", "name": "email receiver", "type": "email", "settings": {"addresses": "<example>"}}]
        self.policies: dict[str, Any] = {"receiver": "email receiver", "group_by": ["grafana_folder", "alertname"]}
        self.requests: list[tuple[str, str]] = []
        self.mistakes: list[str] = []
        self.url = ""

    def writes(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [one for one in self.requests if one[0] != "GET" and one not in READS]

    def put_board(self, board: dict[str, Any], folder: str, title: str = "") -> None:
        """Have a dashboard that somebody made."""
        meta = {"folderUid": folder, "folderTitle": title or folder, "provisioned": False}
        self.boards[board["uid"]] = {"dashboard": {"id": 7, "version": 1, **board}, "meta": meta}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Reply:
        """Answer one request of somebody who may do anything."""
        if wrong := openapi.mistakes(method, path, set(query), body):
            self.mistakes += wrong
            return 400, {"message": "; ".join(wrong)}
        for known, pattern, handle in _ROUTES:
            if known == method and (found := re.fullmatch(pattern, path)):
                return handle(self, body if body is not None else query, *map(unquote, found.groups()))
        return 404, {"message": f"the double knows no {method} {path}"}


def _settings(double: Double, _: Any) -> Reply:
    return 200, {"buildInfo": {"version": double.version, "edition": "Open Source"}}


def _got(held: dict[str, dict[str, Any]], uid: str) -> Reply:
    return (200, held[uid]) if uid in held else (404, {"message": "not found"})


def _add_folder(double: Double, body: Any) -> Reply:
    if body["uid"] in double.folders or any(one["title"] == body["title"] for one in double.folders.values()):
        return 409, {"message": "a folder with the same name already exists"}
    double.folders[body["uid"]] = {"id": len(double.folders) + 1, **body, "version": 1}
    return 200, double.folders[body["uid"]]


def _put_source(double: Double, body: Any, uid: str = "") -> Reply:
    uid = uid or body["uid"]
    secret = body.pop("secureJsonData", {})
    if "password" in secret:
        double.passwords[uid] = secret["password"]
    version = double.sources.get(uid, {}).get("version", 0) + 1
    added = {"id": 1, "orgId": ORGANIZATION, "typeLogoUrl": "", "basicAuth": False, "isDefault": False, "readOnly": False}
    double.sources[uid] = {**added, **body, "secureJsonFields": {"password": True}, "version": version}
    return 200, {"datasource": double.sources[uid], "message": "Datasource added"}


def _source_named(double: Double, _: Any, name: str) -> Reply:
    found = next((one for one in double.sources.values() if one["name"] == name), None)
    return (200, found) if found else (404, {"message": "Data source not found"})


def _query(double: Double, body: Any) -> Reply:
    uid = body["queries"][0]["datasource"]["uid"]
    if uid not in double.sources:
        return 404, {"message": "Data source not found"}
    if double.passwords.get(uid) != PASSWORD:
        return 400, {"results": {"A": {"error": "pq: password authentication failed", "frames": []}}}
    return 200, {"results": {"A": {"frames": [{"data": {"values": [[1]]}}]}}}


def _save_board(double: Double, body: Any) -> Reply:
    if body["folderUid"] and body["folderUid"] not in double.folders:
        return 400, {"message": "Folder not found"}
    uid = body["dashboard"]["uid"]
    before = double.boards.get(uid)
    if before and before["meta"]["provisioned"]:
        return 400, {"message": "Cannot save provisioned dashboard"}
    version = before["dashboard"]["version"] + 1 if before else 1
    stored = {**body["dashboard"], "id": len(double.boards) + 1, "version": version}
    double.boards[uid] = {"dashboard": stored, "meta": {"folderUid": body["folderUid"], "folderTitle": "", "provisioned": False}}
    return 200, {"uid": uid, "status": "success", "version": version}


def _drop_board(double: Double, _: Any, uid: str) -> Reply:
    return (200, {"message": "deleted"}) if double.boards.pop(uid, None) else (404, {"message": "Dashboard not found"})


def _search(double: Double, query: Any) -> Reply:
    wanted = set(query.get("tag", []))
    return 200, [{"uid": uid, "type": "dash-db"} for uid, one in double.boards.items() if wanted <= set(one["dashboard"].get("tags", []))]


def _add_rule(double: Double, body: Any) -> Reply:
    if body["folderUID"] not in double.folders:
        return 400, {"message": "folder does not exist"}
    if body["uid"] in double.rules:
        return 409, {"message": "a rule with this uid exists"}
    double.paces.setdefault(body["ruleGroup"], 60)
    return 201, _store_rule(double, body)


def _rule(double: Double, _: Any, uid: str) -> Reply:
    return (200, double.rules[uid]) if uid in double.rules else (500, {"message": "could not find alert rule"})  # so Grafana 9.3


def _change_rule(double: Double, body: Any, uid: str) -> Reply:
    return (200, _store_rule(double, body)) if uid in double.rules else (404, None)


def _store_rule(double: Double, body: dict[str, Any]) -> dict[str, Any]:
    """Store a rule with the defaults that Grafana sets in the model of each query."""
    data = [{**one, "model": {"intervalMs": 1000, "maxDataPoints": 43200, **one["model"]}} for one in body["data"]]
    double.rules[body["uid"]] = {"id": len(double.rules) + 1, **body, "data": data, "updated": "2026-11-21T12:00:00Z", "provenance": "api"}
    return double.rules[body["uid"]]


def _drop_rule(double: Double, _: Any, uid: str) -> Reply:
    double.rules.pop(uid, None)
    return 204, None


def _rule_group(double: Double, _: Any, folder: str, title: str) -> Reply:
    rules = [one for one in double.rules.values() if (one["folderUID"], one["ruleGroup"]) == (folder, title)]
    if not rules:
        return 404, {"message": "rule group not found"}
    return 200, {"title": title, "folderUid": folder, "interval": double.paces[title], "rules": rules}


def _pace(double: Double, body: Any, _folder: str, title: str) -> Reply:
    assert "rules" not in body, "the double changes the pace alone"
    double.paces[title] = body["interval"]
    return 200, body


def _add_point(double: Double, body: Any) -> Reply:
    double.points.append({**body, "disableResolveMessage": False, "provenance": "api"})
    return 202, body


def _change_point(double: Double, body: Any, uid: str) -> Reply:
    double.points = [{**body, "provenance": "api"} if one["uid"] == uid else one for one in double.points]
    return 202, {"message": "contactpoint updated"}


def _set_policies(double: Double, body: Any) -> Reply:
    known = {one["name"] for one in double.points}
    if unknown := {body["receiver"], *(route["receiver"] for route in body.get("routes", []))} - known:
        return 400, {"message": f"receiver {unknown} does not exist"}
    double.policies = {**body, "provenance": "api"}
    return 202, {"message": "policies updated"}


_ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", "/frontend/settings", _settings),
    ("GET", "/org", lambda _double, _: (200, {"id": ORGANIZATION, "name": "Main Org."})),
    ("GET", "/folders", lambda double, _: (200, list(double.folders.values()))),
    ("GET", "/folders/([^/]+)", lambda double, _, uid: _got(double.folders, uid)),
    ("POST", "/folders", _add_folder),
    ("GET", "/datasources/uid/([^/]+)", lambda double, _, uid: _got(double.sources, uid)),
    ("GET", "/datasources/name/([^/]+)", _source_named),
    ("POST", "/datasources", _put_source),
    ("PUT", "/datasources/uid/([^/]+)", _put_source),
    ("POST", "/ds/query", _query),
    ("GET", "/search", _search),
    ("GET", "/dashboards/uid/([^/]+)", lambda double, _, uid: _got(double.boards, uid)),
    ("DELETE", "/dashboards/uid/([^/]+)", _drop_board),
    ("POST", "/dashboards/db", _save_board),
    ("GET", "/v1/provisioning/alert-rules/([^/]+)", _rule),
    ("POST", "/v1/provisioning/alert-rules", _add_rule),
    ("PUT", "/v1/provisioning/alert-rules/([^/]+)", _change_rule),
    ("DELETE", "/v1/provisioning/alert-rules/([^/]+)", _drop_rule),
    ("GET", "/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)", _rule_group),
    ("PUT", "/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)", _pace),
    ("GET", "/v1/provisioning/contact-points", lambda double, _: (200, double.points)),
    ("POST", "/v1/provisioning/contact-points", _add_point),
    ("PUT", "/v1/provisioning/contact-points/([^/]+)", _change_point),
    ("GET", "/v1/provisioning/policies", lambda double, _: (200, double.policies)),
    ("PUT", "/v1/provisioning/policies", _set_policies),
]


@contextmanager
def serving() -> Iterator[Double]:
    """Run a double on a free port of this machine."""
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        """Speaks HTTP for it."""

        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api")
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            double.requests.append((self.command, path))
            is_known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            query = parse_qs(parts.query)
            status, said = double.answer(self.command, path, query, body) if is_known else (401, {"message": "invalid API key"})
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  # the names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in http.server
            """Say nothing: the requests are kept."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        double.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield double
        server.shutdown()
