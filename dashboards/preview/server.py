"""The server of the preview: on this machine only, until it is told to stop."""

import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from waitress.server import create_server

from dashboards.board import Board
from dashboards.preview.app import app_of
from dashboards.preview.catalog import Catalog
from dashboards.preview.database import Database
from storage.errors import SettingError

HOST, PORT = "127.0.0.1", 8050
"""Where it stands where nobody says otherwise."""

_TRIED = 50
_THREADS = 8


@contextmanager
def serving(database_url: str, port: int | None = None, more: Sequence[Board] = ()) -> Iterator[str]:
    """Serve the dashboards of a database for as long as a block runs; yields their address.

    Args:
        database_url: of the database; it need not be there yet.
        port: where; None: 8050, or the next that is free; 0: any.
        more: boards beside ours.

    Raises:
        SettingError: the port is taken.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a page has more panels than we have threads, and that is well
    database = Database(database_url)
    listening = _listening(port)
    server = create_server(app_of(database, Catalog(database, more)).server, sockets=[listening], threads=_THREADS, ident=None)
    thread = threading.Thread(target=server.run, name="preview", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}/"
    finally:
        server.close()
        thread.join(5)
        database.close()


def _listening(port: int | None) -> socket.socket:
    """Take the port, or the first free one from 8050 on."""
    wanted = [*range(PORT, PORT + _TRIED), 0] if port is None else [port]
    for one in wanted:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, one))
        except OSError:
            listening.close()
            continue
        listening.listen(64)
        return listening
    raise SettingError(f"port {port} of {HOST} cannot be had: give another with --port, or 0 for any that is free")
