"""A TCP proxy in front of a real server, to lose a connection at the worst moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """Passes bytes on until it is told to cut.

    Attributes:
        url: the server's URL by way of the proxy.
        cut_after_commit: set it, and the connection is lost after the next commit was done, before the client hears of it.
    """

    def __init__(self, server_url: str, listener: socket.socket) -> None:
        parts = urlsplit(server_url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = listener
        port = listener.getsockname()[1]
        self.url = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()
        self.cut_after_commit = threading.Event()

    def run(self) -> None:
        """Serve one connection after the other until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=_pump, args=(server, client), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.cut_after_commit.is_set() and b"COMMIT" in data:
                    self.cut_after_commit.clear()
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(data)
                    break
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(server_url: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        between = Proxy(server_url, listener)
        thread = threading.Thread(target=between.run, daemon=True)
        thread.start()
        yield between
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        end.close()
