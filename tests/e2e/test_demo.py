"""`instore demo`: a whole day through the embedded stack, proven complete; then live until Ctrl-C; then nothing is left."""

import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest

from tests import needs
from tests.e2e.processes import Running, Surroundings, port_of, urls_in, wait_until

pytestmark = pytest.mark.integration

LEAST_READINGS = 200_000
WITHIN_S = 150
"""A day has at least so many readings, and takes at most so long beside other tests; alone on two cores it takes under a minute."""

REASONS = {"missing_field", "no_time_zone", "not_json", "topic_mismatch", "unknown_kind", "wrong_type"}
"""The ways in which the simulator breaks messages."""

IN_THE_STORE = "SELECT count(*) FROM instore.visits WHERE ended_by IS NULL AND left_at > now() - interval '1 minute'"

MISSED = "SELECT count(*) FROM instore.signals WHERE kind = 'sensor_silent'"


def _assert_complete(out: str) -> None:
    """Check the one line of standard output."""
    figures: dict[str, Any] = json.loads(out)
    assert figures["received"] == figures["stored"] + figures["duplicate"] + figures["rejected"]
    assert figures["published"] == figures["received"] >= LEAST_READINGS
    assert figures["visits_expected"] == figures["visits_found"] == figures["visits_equal"] > 0
    assert 0.045 < figures["duplicate"] / figures["stored"] < 0.055
    assert 0.009 < figures["rejected"] / figures["stored"] < 0.012
    assert set(figures["rejected_by_reason"]) == REASONS
    assert sum(figures["rejected_by_reason"].values()) == figures["rejected"]
    assert figures["seconds"] > 0


def _assert_nothing_is_left(here: Surroundings) -> None:
    assert here.temporary_files() == []
    assert here.strays() == []
    if not Path("/proc/self/environ").exists():
        needs.missing("there is no /proc in which to look for processes left behind")
    assert here.processes() == []
    assert not (here.folder / "data").exists(), "what belongs to `instore up` and `instore bridge` is none of the demo's"


def test_a_day_with_faults_is_proven_complete_and_goes_on_live_until_ctrl_c(here: Surroundings) -> None:
    """5 % duplicates, disorder within lateness, 1 % broken messages: every figure is as it must be, within a minute.

    Then people are in the store right now; Ctrl-C ends it with 0. A day without faults, from the wheel, is what `.ci/run` tries.
    """
    began = time.monotonic()
    demo = here.start("demo", "--json", "--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
    urls = _live(demo)
    assert time.monotonic() - began <= WITHIN_S
    preview = re.search(r"http://127\.0\.0\.1:\d+/", demo.err)
    assert preview is not None
    with urlopen(preview[0], timeout=10) as page:  # noqa: S310 - of our own
        assert "People inside" in page.read().decode()
    with psycopg.connect(urls["INSTORE_DATABASE_URL"], autocommit=True) as connection:
        wait_until(lambda: connection.execute(IN_THE_STORE).fetchone() != (0,), "somebody is in the store now", 180, look_every_s=0.2)
        assert connection.execute(MISSED).fetchone() == (0,), "its sensors were on since before it opened"
    demo.press_ctrl_c()
    ended = demo.wait(30)
    assert ended.code == 0, ended.err[-3000:]
    assert "Traceback" not in ended.err
    _assert_complete(ended.out)
    assert not any(_listens(port_of(url)) for url in [*urls.values(), preview[0]])
    _assert_nothing_is_left(here)


def test_ctrl_c_in_the_middle_of_the_day(here: Surroundings) -> None:
    """Stopped while the day is on its way, it ends soon, says so and no figures, and leaves nothing behind."""
    demo = here.start("demo", "--once", "--json")
    wait_until(lambda: _worker_works(here), "bridge and worker are at work", 60)
    began = time.monotonic()
    demo.press_ctrl_c()
    ended = demo.wait(30)
    assert time.monotonic() - began < 20
    assert ended.code == 1
    assert "nothing is compared" in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    _assert_nothing_is_left(here)


def test_a_live_demo_whose_worker_dies_says_so(here: Surroundings) -> None:
    """Nobody looks at a store in which nothing comes any more: it ends with the worker's last words."""
    demo = here.start("demo", "--json", "--store", "fashion")
    _live(demo)
    children = Path(f"/proc/{demo.process.pid}/task/{demo.process.pid}/children")
    if not children.exists():
        needs.missing("there is no /proc in which to look for the worker")
    os.kill(
        next(int(pid) for pid in children.read_text().split() if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()), signal.SIGKILL
    )
    ended = demo.wait(60)
    assert ended.code == 1
    assert "the worker has ended; it said: " in ended.err
    assert "Traceback" not in ended.err
    _assert_nothing_is_left(here)


def _live(demo: Running) -> dict[str, str]:
    """Wait until a demo is live, and read where its servers are, as a person would: from what it prints."""
    demo.wait_for("until Ctrl-C", 240)
    wait_until(lambda: "psql" in demo.err, "the demo shows how to look into the database", 10)
    said = "\n".join(line.strip().removeprefix("export ").replace("'", "") for line in demo.err.splitlines())
    urls = urls_in(said)
    assert set(urls) == {"INSTORE_MQTT_URL", "INSTORE_KAFKA_URL", "INSTORE_DATABASE_URL"}
    return urls


def _worker_works(here: Surroundings) -> bool:
    """Tell whether the worker of a demo has begun to work: the day is being published then, or being stored."""
    return any(": working" in log.read_text() for log in here.temporary.glob("instore-demo-*/worker.log"))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
