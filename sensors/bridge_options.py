"""The options of `instore bridge` that are the bridge's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--client-id", help="Our name at the MQTT broker; each bridge needs its own."),
    click.option("--share", metavar="GROUP", help="Share the load with the other bridges of this group (MQTT shared subscription)."),
    click.option("--mqtt-version", type=click.Choice(["3.1.1", "5"]), default="3.1.1", show_default=True),
    click.option(
        "--spool-dir",
        envvar="INSTORE_SPOOL_DIR",
        show_envvar=True,
        type=click.Path(path_type=Path, file_okay=False),
        callback=lambda _ctx, _option, value: value and value.expanduser(),
        help="Where readings go while Kafka is away; each bridge needs its own.  [default: spool-CLIENT_ID in the data folder]",
    ),
    click.option(
        "--spool-bytes",
        envvar="INSTORE_SPOOL_BYTES",
        show_envvar=True,
        type=click.IntRange(0),
        help="How much of the disk they may take; 0: none, they stay with the MQTT broker.  [default: 1073741824]",
    ),
)


def bridge_options(command: F) -> F:
    """Give a command these options, as arguments for `Settings.of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
