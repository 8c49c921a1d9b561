"""`instore up`: the embedded servers alone, until they are told to end; then nothing of them is left."""

import signal
import socket
from pathlib import Path

import psycopg
import pytest

from tests import needs
from tests.e2e.processes import Surroundings, port_of, urls_in

pytestmark = pytest.mark.integration

URLS = ["INSTORE_MQTT_URL", "INSTORE_KAFKA_URL", "INSTORE_DATABASE_URL"]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_up_says_where_the_servers_are_and_takes_them_with_it(here: Surroundings, how: signal.Signals) -> None:
    """One URL a line, then `ready`; ended by SIGTERM or Ctrl-C it leaves no process, no port and no temporary folder."""
    up = here.start("up", "--data-dir", here.folder / "own")
    up.wait_for("\nready")
    assert [line.partition("=")[0] for line in up.out.splitlines()] == [*URLS, "ready"]
    ports = [port_of(url) for url in urls_in(up.out).values()]
    assert all(map(_listens, ports))
    assert here.temporary_files() != []
    if how is signal.SIGINT:
        up.press_ctrl_c()
    else:
        up.send(how)
    ended = up.wait(30)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert not any(map(_listens, ports))
    assert here.temporary_files() == []
    _assert_no_process(here)


def test_up_that_is_killed_leaves_no_process(here: Surroundings) -> None:
    """Even SIGKILL, which nobody can answer, leaves no server behind; and the next `up` on the folder has the former's data."""
    up = here.start("up")
    up.wait_for("\nready")
    database = urls_in(up.out)["INSTORE_DATABASE_URL"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    up.kill()
    again = here.start("up")
    again.wait_for("\nready")
    with psycopg.connect(urls_in(again.out)["INSTORE_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert again.terminate().code == 0
    _assert_no_process(here)


def test_commands_find_the_stack_that_runs_on_the_data_folder(here: Surroundings) -> None:
    """Without any URL, `doctor` finds the servers of `up` in the same data folder, and that all is well with them."""
    up = here.start("up")
    up.wait_for("\nready")
    doctor = here.run_well("doctor")
    assert doctor.out.count(" ok ") == 6
    assert here.run_well("migrate").out == "up to date\n"
    assert up.terminate().code == 0
    away = here.run("doctor")
    assert away.code == 2
    assert "start `instore up`" in away.err


def test_up_refuses_a_folder_that_another_one_uses(here: Surroundings) -> None:
    """Two stacks on one data folder would fight for it: the second says so and ends with 2, and harms the first in no way."""
    up = here.start("up")
    up.wait_for("\nready")
    second = here.run("up")
    assert second.code == 2
    assert "another process" in second.err
    assert "Traceback" not in second.err
    here.run_well("doctor")
    assert up.terminate().code == 0


def _assert_no_process(here: Surroundings) -> None:
    if not Path("/proc/self/environ").exists():
        needs.missing("there is no /proc in which to look for processes left behind")
    assert here.processes() == []
