"""Ports for servers that start a moment later."""

import socket

from sensors.child import free_port


def test_any_port_is_none_that_clients_get() -> None:
    """What connects somewhere in between cannot take it: the system gives clients a port from 32768 up."""
    for _ in range(50):
        port = free_port()
        assert 10_000 <= port < 32_768
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_the_port_that_is_wanted_or_another() -> None:
    """The one wanted where it is free, whichever it is; where it is taken, any."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(port) != port
    assert free_port(port) == port
