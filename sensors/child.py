"""Child processes that end when their parent does: the embedded servers; and ports for them."""

import ctypes
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PORTS = range(10_000, 32_768)
"""Linux gives 32768 to 60999 to clients, if nobody set it otherwise (`net.ipv4.ip_local_port_range`); other systems higher ones."""
_TRIES = 100


def start(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own (a Ctrl-C for us is none for it), writing what it says to the file `log`.

    Args:
        command: the program and its arguments.
        log: the file, made where it is missing.
        environment: all of its environment; None: ours.
    """
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one system function and takes no lock
        )


def stop(process: subprocess.Popen[bytes], timeout_s: float = 10) -> None:
    """Ask a child to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port(wanted: int = 0) -> int:
    """Find a TCP port on 127.0.0.1 that nobody uses: the one wanted, or else any.

    Any is one below those that the system gives to whoever connects somewhere: of these, one that was just free may be the near
    end of a connection before a server listens there.
    """
    for port in (wanted or _any_port(), *(_any_port() for _ in range(_TRIES))):
        with suppress(OSError):
            check_port(port)
            return port
    raise OSError(f"no TCP port between {_PORTS[0]} and {_PORTS[-1]} of 127.0.0.1 is free: {_TRIES} were tried")


def check_port(port: int) -> None:
    """Make sure that a server could listen on this TCP port of 127.0.0.1.

    Raises:
        OSError: it could not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        probe.bind(("127.0.0.1", port))


def _any_port() -> int:
    return secrets.choice(_PORTS)


def die_with_parent() -> None:
    """Have Linux end this process when its parent dies, however it dies; other systems have no such thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
