"""The way into Kafka: what is left behind when it is away, and outcomes."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.child import free_port
from sensors.kafka_out import KafkaOut
from sensors.lanes import Record
from sensors.topics import READINGS
from tests.sensors.conftest import LogOf, Tansu, wait_until

pytestmark = pytest.mark.integration


def n_files() -> int:
    """Count the open files of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def record(value: bytes = b"[]") -> Record:
    """Make a record."""
    return Record(READINGS, b"s1", value, 0, [])


def opened(kafka: Tansu, timeout_s: float = 5.0, wake: Callable[[], None] = lambda: None) -> KafkaOut:
    """Open a way into Kafka."""
    out = KafkaOut([kafka.server], timeout_s, wake)
    out.open_aside()
    wait_until(out.opened)
    return out


def test_outcomes_wake(kafka: Tansu, log_of: LogOf) -> None:
    """When Kafka has a record, the outcome is there and the waiter is woken."""
    woken = threading.Event()
    out = opened(kafka, wake=woken.set)
    woken.clear()
    sent = record()
    out.send(sent)
    assert woken.wait(5)
    assert [(outcome.record is sent, outcome.error) for outcome in out.outcomes()] == [(True, None)]
    out.close()
    log_of(kafka.server).wait_for(READINGS, 0)


def test_too_large(kafka: Tansu) -> None:
    """A record that Kafka's client refuses is an outcome too, not an exception in the middle of things."""
    out = opened(kafka)
    out.send(record(b"x" * (2 << 20)))
    [outcome] = out.outcomes()
    assert outcome.error is not None
    out.close()


def test_given_up(kafka: Tansu) -> None:
    """A record that is not acknowledged in time fails."""
    out = opened(kafka, 1.0)
    kafka.signal(signal.SIGSTOP)
    out.send(record())
    outcomes = []
    wait_until(lambda: outcomes.extend(out.outcomes()) or outcomes)  # type: ignore[func-returns-value] # gathers as it waits
    assert outcomes[0].error is not None
    kafka.signal(signal.SIGCONT)
    out.close()


def test_closing_leaves_nothing_behind(kafka: Tansu) -> None:
    """Neither a thread nor an outcome of what was under way."""
    before = threading.active_count()
    out = opened(kafka, 30.0)
    kafka.signal(signal.SIGSTOP)
    out.send(record())
    time.sleep(0.2)
    out.close()
    assert not out.is_open
    assert threading.active_count() == before
    kafka.signal(signal.SIGCONT)
    assert out.outcomes() == []


def test_failing_to_open_leaves_nothing_behind(kafka: Tansu) -> None:
    """Tried a hundred times while Kafka is away, it costs no thread and no file."""
    del kafka
    out = KafkaOut([f"127.0.0.1:{free_port()}"], 5.0, lambda: None)
    threads, files = threading.active_count(), n_files()
    for _ in range(100):
        out.open_aside()
        with pytest.raises(ConnectionError, match="Connection refused"):
            wait_until(out.opened)
    wait_until(lambda: threading.active_count() == threads)
    assert n_files() <= files + 2


def test_opened_aside(kafka: Tansu) -> None:
    """Who opens in another thread is woken when that has ended, well or badly, and hears it once."""
    woken = threading.Event()
    out = KafkaOut([kafka.server], 5.0, woken.set)
    out.open_aside()
    assert (out.is_opening, out.is_open) == (True, False)
    assert woken.wait(10)
    assert out.opened()
    assert (out.is_opening, out.is_open, out.opened()) == (False, True, False)
    out.close()
    kafka.kill()
    woken.clear()
    out.open_aside()
    assert woken.wait(10)
    with pytest.raises(ConnectionError, match="Connection refused"):
        out.opened()
    assert (out.is_opening, out.is_open) == (False, False)


def test_closed_while_it_opens(kafka: Tansu) -> None:
    """A Kafka that is silent holds nobody up: who closes has it closed, and what was opened after that is closed too."""
    before = threading.active_count()
    out = KafkaOut([kafka.server], 30.0, lambda: None)
    kafka.signal(signal.SIGSTOP)
    out.open_aside()
    time.sleep(0.2)
    began = time.monotonic()
    out.close()
    assert time.monotonic() - began < 0.1
    assert (out.is_opening, out.is_open) == (False, False)
    kafka.signal(signal.SIGCONT)
    wait_until(lambda: threading.active_count() == before)
