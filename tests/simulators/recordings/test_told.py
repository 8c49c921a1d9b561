"""What `instore record` and `instore replay` tell at their end, byte for byte."""

from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from threading import Event

import click
from click.testing import CliRunner
from rich.console import Console

from sensors.broker import mqtt_broker
from sensors.layout import Layout
from sensors.recording import Recorded, encode
from simulators.command import Shell, commands
from simulators.recordings.playing import Played
from simulators.recordings.replay import Published
from simulators.recordings.selection import Seen
from simulators.recordings.sources import open_source
from tests.simulators.recordings.test_record_losses import Session, broker
from tests.simulators.wire import taking_broker

ONE = encode(Recorded(1_790_000_000_000_000, 0, "instore/v1/s/status/g", b"{}", 0, retain=False))


def told(command: str, *arguments: str | Path, stop: Event | None = None) -> str:
    """Run one of the commands; what it tells."""
    said = StringIO()
    shell = Shell(
        click.option("--mqtt-url"),
        click.option("--data-dir", type=Path),
        lambda _folder, mqtt: {"mqtt": mqtt},
        lambda path: Layout(store_id=path.name, zones=()),
        lambda: stop or Event(),
        lambda _what, _size: nullcontext(lambda _done: None),
        Console(file=said, width=1000),
    )
    (here,) = (one for one in commands(shell) if one.name == command)
    CliRunner().invoke(here, list(map(str, arguments)), catch_exceptions=False)
    return said.getvalue()


def test_a_name_in_brackets_is_told_as_it_is(tmp_path: Path) -> None:
    """Files and stores may be called like what rich takes for colours, or for the end of one that never began."""
    out, played = tmp_path / "[red]r", tmp_path / "played"
    with broker(out, Session()) as recorded:
        assert f"{out}: 0 messages" in told("record", "--out", out, "--seconds", "0.01", "--mqtt-url", recorded.url)
    played.write_bytes(ONE)
    with taking_broker() as (url, _):
        said = told("replay", played, "--only", "store=s,[/b]", "--qos", "0", "--mqtt-url", url)
    assert "there is no store `[/b]`; there is s" in said


def test_what_went_without_acknowledgement_is_not_told_as_acknowledged(tmp_path: Path) -> None:
    """QoS 0 knows none."""
    (tmp_path / "r").write_bytes(ONE)
    done = Published(messages=5, readings=7, acknowledged=2, unacknowledged=1)
    (said,) = Played(done, open_source(tmp_path / "r"), Seen(), [], 0, is_timed=False).told(tmp_path / "r")
    assert said == "7 readings published in 5 messages, 2 acknowledged; 2 went with QoS 0, and nobody says whether they arrived"


def test_a_live_store_that_said_nothing_has_no_figures() -> None:
    """Stopped before the first reading: how late nothing was is not told."""
    stopped = Event()
    stopped.set()
    with mqtt_broker() as url:
        said = told("simulate", "--live", "--mqtt-url", url, stop=stopped)
    assert "nothing was published" in said
    assert "later than due" not in said
