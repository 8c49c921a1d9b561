"""Store and forward: what the bridge does while Kafka is away and it has a spool on disk."""

import signal
import threading
import time
from pathlib import Path

import pytest

from tests import needs
from tests.sensors.conftest import LogOf, StartBridge, Tansu, dwells, mosquitto, names, publish, wait_until

pytestmark = pytest.mark.integration

SMALL = {"max_held_elements": 200, "delivery_timeout_s": 3.0}
"""Memory for little, and no patience with a Kafka that is silent."""

TINY = {**SMALL, "max_held_elements": 50}
"""Memory for less than the MQTT broker sends ahead."""

QUIET_S = 0.3
"""A spool into which nothing went for so long has all that the MQTT broker had."""


def is_quiet(spool: Path) -> bool:
    """Whether all that the MQTT broker had is in the spool of that folder."""
    log = spool / "spool.sqlite-wal"
    return log.exists() and time.time() - log.stat().st_mtime > QUIET_S


def of_stores(n: int, stores: tuple[str, ...] = ("s1", "s2", "s3"), prefix: str = "") -> dict[str, list[str]]:
    """Make ids for each store."""
    return {store: names(n, f"{prefix}{store}") for store in stores}


def mixed(ids: dict[str, list[str]]) -> list[tuple[str, bytes]]:
    """Write readings as messages, the stores by turns."""
    return [message for group in zip(*(dwells(of_store, store) for store, of_store in ids.items()), strict=True) for message in group]


def all_of(ids: dict[str, list[str]]) -> list[str]:
    """Put the ids of all stores together."""
    return [name for of_store in ids.values() for name in of_store]


def test_away_for_longer_than_memory_holds(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """MQTT has an acknowledgement for everything while there is no Kafka; when there is one, it gets everything, in order per store."""
    ids = of_stores(5000)
    kafka.kill()
    bridge = start_bridge(broker, SMALL, spool_dir=str(tmp_path / "spool"))
    bridge.wait_for("kafka_away")
    publish(broker, mixed(ids))
    bridge.wait_for("spool_begun")
    wait_until(lambda: is_quiet(tmp_path / "spool"))
    kafka.start()
    bridge.wait_for("spool_drained")
    publish(broker, dwells(["after"]))
    log = log_of(kafka.server)
    log.wait_for_ids([*all_of(ids), "after"])
    assert {store: log.ids(store=store) for store in ids} == {**ids, "s1": [*ids["s1"], "after"]}
    assert [bridge.said(action) for action in ("kafka_away", "kafka_back", "full_away")] == [1, 1, 0]
    counts = bridge.stop()
    assert counts["forwarded"] == counts["messages"] == 15_001
    assert counts["spooled"] == counts["drained"] >= 14_000


def test_stopped_while_kafka_is_away(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """A bridge that ends has left nothing with the MQTT broker; the next one on the folder brings it to Kafka."""
    kafka.kill()
    spool = str(tmp_path / "spool")
    bridge = start_bridge(broker, SMALL, spool_dir=spool)
    bridge.wait_for("kafka_away")
    publish(broker, dwells(names(3000)))
    bridge.wait_for("spool_begun")
    n_first = bridge.stop()
    assert n_first["forwarded"] == n_first["messages"] == n_first["spooled"]
    assert (bridge.said("left_behind"), bridge.said("spool_left")) == (0, 1)
    kafka.start()
    following = start_bridge(broker, SMALL, spool_dir=spool)
    log = log_of(kafka.server)
    log.wait_for_ids(names(3000))
    assert log.ids() == names(3000)
    following.wait_for("spool_drained")
    counts = following.stop()
    assert (counts["messages"] + n_first["messages"], counts["redelivered"], following.said("spool_found")) == (3000, 0, 1)


def test_silent_for_long(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """What was under way when Kafka fell silent goes through the spool too: Kafka may get it twice, and in order."""
    bridge = start_bridge(broker, SMALL, spool_dir=str(tmp_path / "spool"))
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    ids = of_stores(1000)
    publish(broker, mixed(ids))
    bridge.wait_for("spool_begun")
    time.sleep(3)
    kafka.signal(signal.SIGCONT)
    log.wait_for_ids(all_of(ids), timeout_s=60)
    assert {store: list(dict.fromkeys(log.ids(store=store))) for store in ids} == {**ids, "s1": ["before", *ids["s1"]]}
    bridge.wait_for("spool_drained")
    assert bridge.stop()["forwarded"] == 3001


def test_killed_while_it_stores(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """Killed with -9 again and again while Kafka is away: nothing is lost, first arrivals are in order per store."""
    kafka.kill()
    ids, spool = of_stores(7000), str(tmp_path / "spool")
    bridge = start_bridge(broker, SMALL, spool_dir=spool)
    publishing = threading.Thread(target=publish, args=(broker, mixed(ids)))
    publishing.start()
    for n in range(4):
        bridge.wait_for("spool_found" if n else "spool_begun")
        time.sleep(0.1 * n)
        bridge.kill()
        bridge = start_bridge(broker, SMALL, spool_dir=spool)
        assert bridge.said("spool_cut") == 1
    publishing.join()
    kafka.start()
    log = log_of(kafka.server)
    log.wait_for_ids(all_of(ids), timeout_s=60)
    assert {store: list(dict.fromkeys(log.ids(store=store))) for store in ids} == ids


def test_killed_while_it_drains(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """Killed with -9 when half of the spool is with Kafka, and more comes: nothing is lost, first arrivals are in order."""
    kafka.kill()
    spool, ids = str(tmp_path / "spool"), names(60_000)
    bridge = start_bridge(broker, SMALL, spool_dir=spool)
    publish(broker, dwells(ids, size=10))
    bridge.wait_for("spool_begun")
    kafka.start()
    log = log_of(kafka.server)
    for n in range(1, 4):
        log.wait_for_ids([ids[n * 10_000]])
        bridge.kill()
        publish(broker, dwells(names(500, f"more{n}")))
        bridge = start_bridge(broker, SMALL, spool_dir=spool)
    everything = [*ids, *(name for n in range(1, 4) for name in names(500, f"more{n}"))]
    log.wait_for_ids(everything, timeout_s=60)
    assert list(dict.fromkeys(log.ids())) == everything


def test_a_stream_goes_on_all_the_while(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """Kafka goes and comes back in the middle of a stream that never stops: the spool is caught up with, and nothing overtakes it."""
    bridge = start_bridge(broker, SMALL, spool_dir=str(tmp_path / "spool"))
    log = log_of(kafka.server)
    ids = names(60_000)
    publishing = threading.Thread(target=publish, args=(broker, dwells(ids, size=2)))
    publishing.start()
    log.wait_for_ids([ids[1000]])
    kafka.signal(signal.SIGSTOP)
    bridge.wait_for("spool_begun")
    kafka.signal(signal.SIGCONT)
    bridge.wait_for("spool_drained")
    publishing.join()
    log.wait_for_ids(ids, timeout_s=60)
    assert list(dict.fromkeys(log.ids())) == ids


def test_full(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """A spool that is full takes no more and says so once; then memory fills, and the rest stays with the MQTT broker. Nothing is lost."""
    kafka.kill()
    bridge = start_bridge(broker, TINY, spool_dir=str(tmp_path / "spool"), spool_bytes=50_000)
    bridge.wait_for("kafka_away")
    ids = of_stores(3000)
    publish(broker, mixed(ids))
    bridge.wait_for("full_away")
    assert (bridge.said("spool_begun"), bridge.said("spool_away")) == (1, 1)
    assert sum(path.stat().st_size for path in (tmp_path / "spool").iterdir()) < 5_000_000
    kafka.start()
    log = log_of(kafka.server)
    log.wait_for_ids(all_of(ids), timeout_s=60)
    assert {store: log.ids(store=store) for store in ids} == ids
    bridge.wait_for("full_back")
    assert bridge.stop()["forwarded"] == 9000


def test_disk_full(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """A full disk is said in a sentence and is no loss: what does not fit stays with the MQTT broker; also where nothing fits at all."""
    kafka.kill()
    with needs.small_disk(tmp_path / "disk", 1 << 20) as disk:
        bridge = start_bridge(broker, TINY, spool_dir=str(disk / "spool"))
        bridge.wait_for("kafka_away")
        ids = of_stores(4000)
        publish(broker, mixed(ids))
        bridge.wait_for("full_away")
        assert "cannot be used: the disk is full; " in next(message for action, message in bridge.log() if action == "spool_away")
        bridge.kill()
        bridge = start_bridge(broker, TINY, spool_dir=str(disk / "spool"), wait=False)  # too full to hear that it has subscribed
        bridge.wait_for("full_away")
        kafka.start()
        log = log_of(kafka.server)
        log.wait_for_ids(all_of(ids), timeout_s=60)
        assert {store: list(dict.fromkeys(log.ids(store=store))) for store in ids} == ids
        bridge.wait_for("spool_drained")
        bridge.stop()
        assert [path.name for path in (disk / "spool").iterdir()] == ["lock"]


def test_kafka_there_no_disk(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """While Kafka is there nothing is written to the folder, nor after the spool was drained."""
    spool = tmp_path / "spool"
    bridge = start_bridge(broker, SMALL, spool_dir=str(spool))
    log = log_of(kafka.server)
    publish(broker, dwells(names(5000)))
    log.wait_for_ids(names(5000))
    assert [path.name for path in spool.iterdir()] == ["lock"]
    counts = bridge.stop()
    assert (counts["spooled"], counts["drained"]) == (0, 0)


def test_turned_off(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """With 0 bytes there is no spool: memory fills, the rest stays with the MQTT broker."""
    kafka.kill()
    bridge = start_bridge(broker, TINY, spool_dir=str(tmp_path / "spool"), spool_bytes=0)
    publish(broker, dwells(names(3000)))
    bridge.wait_for("full_away")
    kafka.start()
    log = log_of(kafka.server)
    log.wait_for_ids(names(3000))
    assert log.ids() == names(3000)
    assert not (tmp_path / "spool").exists()


def test_mosquitto_as_it_comes(kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """A broker that queues a thousand messages, and drops the rest, loses none of six thousand that come while Kafka is away."""
    kafka.kill()
    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 1000") as broker:
        bridge = start_bridge(broker, SMALL, spool_dir=str(tmp_path / "spool"))
        bridge.wait_for("kafka_away")
        for n in range(0, 6000, 500):
            publish(broker, dwells(names(6000)[n : n + 500]))
            wait_until(lambda: is_quiet(tmp_path / "spool"))
        kafka.start()
        log = log_of(kafka.server)
        log.wait_for_ids(names(6000))
        assert log.ids() == names(6000)


def test_two_bridges_one_folder(broker: str, start_bridge: StartBridge, tmp_path: Path) -> None:
    """The second one ends with a sentence; when the first one is gone, however, the folder is free."""
    spool = str(tmp_path / "spool")
    first = start_bridge(broker, spool_dir=spool)
    second = start_bridge(broker, spool_dir=spool, client_id="another", wait=False)
    wait_until(lambda: second.process.poll() is not None)
    [(action, message)] = second.log()
    assert (action, second.process.returncode) == ("setting_error", 1)
    assert "another bridge uses the spool folder" in message
    first.kill()
    start_bridge(broker, spool_dir=spool).stop()


def test_bridges_that_share(kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """Two bridges share a subscription, with a spool each: all that both stored arrives."""
    kafka.kill()
    with mosquitto(tmp_path) as broker:
        bridges = [
            start_bridge(broker, SMALL, share="bridges", client_id=f"bridge-{n}", spool_dir=str(tmp_path / f"spool-{n}")) for n in (1, 2)
        ]
        publish(broker, dwells(names(6000)))
        for bridge in bridges:
            bridge.wait_for("spool_begun")
        kafka.start()
        log = log_of(kafka.server)
        log.wait_for_ids(names(6000))
        for bridge in bridges:
            bridge.wait_for("spool_drained")
        assert sorted(log.ids()) == names(6000)
        assert sum(bridge.stop()["messages"] for bridge in bridges) == 6000
