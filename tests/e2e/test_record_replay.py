"""`instore record` on mosquitto, `instore replay` into the stack: the same tables as if the sensors had spoken to it."""

import json
import subprocess
import time
from pathlib import Path

import msgspec
import psycopg
import pytest
from msgspec import structs

from sensors.recording import Lines, Recorded, decode
from simulators.recordings.playing import Wanted
from simulators.recordings.playing import play as play_again
from simulators.recordings.replay import Pace, publish
from simulators.recordings.sources import open_source
from storage.layouts import save
from tests import needs
from tests.e2e.conftest import Pipeline
from tests.e2e.days import Day, accounting, assert_same, in_database, wait_until_stored
from tests.e2e.processes import Running, Surroundings, wait_until
from tests.servers import mosquitto
from tests.simulators.plans import CROWDED, SMALL, play

pytestmark = pytest.mark.integration

STORE = structs.replace(SMALL, store_id="taped")


def _day(folder: Path) -> tuple[Day, bytes, list[bytes]]:
    """Simulate a day on which every fiftieth reading comes twice, somebody is announced by hand, and something is no reading.

    Returns:
        The day, the announcement, and the readings.
    """
    played = play(STORE, habits=structs.replace(CROWDED, shoppers=12)).lines
    lines = [line for number, one in enumerate(played) for line in ([one, one] if number % 50 == 0 else [one])]
    entry = {"id": "by-hand", "kind": "entry", "store_id": STORE.store_id, "sensor_id": "gate-9", "ts": json.loads(lines[0])["ts"]}
    by_hand = json.dumps({**entry, "device_id": "somebody", "direction": "in"}, separators=(",", ":")).encode()
    day = Day(STORE.store_id, folder / "layout.json", folder / "readings.jsonl", truth=Path())
    day.layout.write_bytes(msgspec.json.encode(STORE))
    day.recording.write_bytes(b"\n".join([by_hand, *lines, b"no reading"]))
    return day, by_hand, lines


def _pub(url: str, topic: str, payload: bytes) -> None:
    """Publish with mosquitto's own command."""
    program, port = needs.program("mosquitto_pub", "mosquitto-clients"), url.rpartition(":")[2]
    subprocess.run([program, "-h", "127.0.0.1", "-p", port, "-q", "1", "-t", topic, "-s"], input=payload, check=True, timeout=20)


def _recorder(here: Surroundings, url: str, out: Path) -> Running:
    recorder = here.start("record", "--out", out, "--mqtt-url", url)
    recorder.wait_for("recording instore/v1/#")
    return recorder


def _read(path: Path) -> list[Recorded]:
    return [one for one in map(decode, Lines(path)) if one is not None]


def test_a_recording_gives_the_same_tables(pipeline: Pipeline, tmp_path: Path) -> None:
    """What mosquitto_pub and the simulator publish, recorded and replayed, is what `reconstruct` makes of it; replayed twice it stays so.

    A second recorder is killed on the way: what it heard more than a second before that can be read.
    """
    here, tape, torn = pipeline.here, tmp_path / "tape", tmp_path / "torn"
    day, by_hand, lines = _day(tmp_path)
    with psycopg.connect(pipeline.database_url) as connection:
        save(connection, STORE, "test")
    with mosquitto(tmp_path / "mosquitto") as broker:
        recorder, victim = _recorder(here, broker.url, tape), _recorder(here, broker.url, torn)
        _pub(broker.url, f"instore/v1/{day.store_id}/entry/gate-9", by_hand)
        publish(lines[: len(lines) // 2], broker.url, Pace(close=False))
        half_at = time.time()
        time.sleep(1.3)
        publish(lines[len(lines) // 2 :], broker.url)
        victim.kill()
        _pub(broker.url, f"instore/v1/{day.store_id}/entry/gate-9", b"no reading")
        time.sleep(0.5)
        ended = recorder.terminate()
    assert ended.code == 0, ended.err
    whole, rest = _read(tape), _read(torn)
    assert f"{tape}: {len(whole)} messages" in ended.err
    assert [(one.topic, one.payload) for one in rest] == [(one.topic, one.payload) for one in whole[: len(rest)]]
    assert len(rest) >= sum(one.at / 1e6 < half_at for one in whole) > 500
    _assert_replayed_twice(pipeline, day, tape)


def _assert_replayed_twice(pipeline: Pipeline, day: Day, tape: Path) -> None:
    """The tables are those of the day, and the accounting too, but that its end is told twice: by the recording, and by the replay."""
    expected = day.expected()
    assert f"{expected.received + 1} readings published" in pipeline.here.run_well("replay", tape).err
    _wait_for(pipeline, day, expected.received + 1)
    wait_until_stored(pipeline.database_url, day)
    assert_same(pipeline.here, pipeline.database_url, day)
    once = in_database(pipeline.database_url, day.store_id)
    assert accounting(pipeline.database_url, day.store_id) == expected._replace(
        received=expected.received + 1, duplicate=expected.duplicate + 1
    )
    assert (
        play_again(open_source(tape), pipeline.here.environment["INSTORE_MQTT_URL"], Wanted()).published.readings == expected.received + 1
    )
    _wait_for(pipeline, day, 2 * (expected.received + 1))
    twice = accounting(pipeline.database_url, day.store_id)
    assert (twice.stored, twice.rejected, twice.difference) == (expected.stored, 2 * expected.rejected, 0)
    assert in_database(pipeline.database_url, day.store_id) == once


def _wait_for(pipeline: Pipeline, day: Day, n_received: int) -> None:
    """Wait until all of it has been worked on."""
    wait_until(lambda: accounting(pipeline.database_url, day.store_id).received == n_received, f"{n_received} are received", 60)
