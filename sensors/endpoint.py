"""Where a running part can be looked at: `/metrics`, `/healthz` and `/readyz` over HTTP, on 127.0.0.1 only."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from sensors.metrics import Probe, registry_of
from sensors.targets import told

log = logging.getLogger("instore.metrics")

HOST = "127.0.0.1"

SLOW_S = 5.0
"""Who takes longer to say what it wants is not listened to."""


class Listen(NamedTuple):
    """On which port to answer, 0 for any that is free; and the data folder in which to write down where that is, None for nowhere."""

    port: int
    data_dir: Path | None = None


class Answer(NamedTuple):
    """What a request gets."""

    status: HTTPStatus
    form: str
    body: bytes


@contextmanager
def seen(listen: Listen | None, part: str, probe: Probe) -> Iterator[None]:
    """Let others look at a part until the block ends.

    Args:
        listen: where; None: nowhere.
        part: `bridge` or `worker`.
        probe: what there is to see.

    Raises:
        OSError: the port cannot be had; one sentence says why.
    """
    if listen is None:
        yield
        return
    server = _open(listen.port, part, probe)
    address = f"{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    log.info("metrics at http://%s/metrics", address, extra={"action": "metrics", "address": address})
    try:
        with told(listen.data_dir, part, address) if listen.data_dir is not None else nullcontext():
            yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingMixIn, TCPServer):
    """A server whose answers hold nobody up who wants to end."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, part: str, probe: Probe) -> None:
        self.probe = probe
        self.registry = registry_of(part, probe)
        super().__init__((HOST, port), _Handler)


def _open(port: int, part: str, probe: Probe) -> _Server:
    try:
        return _Server(port, part, probe)
    except OSError as taken:
        raise OSError(
            f"cannot listen on {HOST}:{port} for metrics: {taken.strerror}; give another --metrics-port, or 0 for any that is free"
        ) from taken


class _Handler(BaseHTTPRequestHandler):
    timeout = SLOW_S
    server_version, sys_version = "instore", ""
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        answer = _answer(urlsplit(self.path).path, self.headers.get("Accept", ""), self.server.registry, self.server.probe)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.form)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the standard library
        """Say nothing: looking is no event."""


def _answer(path: str, accept: str, registry: CollectorRegistry, probe: Probe) -> Answer:
    if path == "/metrics":
        encode, form = choose_encoder(accept)
        return Answer(HTTPStatus.OK, form, encode(registry))
    if path == "/healthz":
        return _told(is_well=probe.is_alive(), said={"alive": probe.is_alive()})
    if path == "/readyz":
        conditions = probe.conditions()
        return _told(is_well=all(conditions.values()), said={"ready": all(conditions.values()), **conditions})
    return Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there are /metrics, /healthz and /readyz\n")


def _told(*, is_well: bool, said: dict[str, bool]) -> Answer:
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, "application/json", msgspec.json.encode(said) + b"\n")
