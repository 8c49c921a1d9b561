"""The recorder at a broker that goes, is silent, refuses, or says what none should.

A socket plays it: no real one does that on demand.
"""

import logging
import random
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from sensors.event_time import parse
from sensors.reading import SECOND
from sensors.recording import Lines, Recorded, decode
from sensors.urls import SettingError
from simulators.recordings.record import Recording, check_filters, record
from tests import needs

ACCEPTED, NOT_AUTHORISED, REFUSED = 0, 5, 0x80
WAIT_S = 5.0


class Session(NamedTuple):
    """What a connection gets from the broker.

    Attributes:
        connack: the answer to its CONNECT.
        first: bytes that come before the answer to its SUBSCRIBE, which MQTT allows.
        suback: that answer.
        says: bytes that follow.
        silent_s: how long it is silent then, before it is gone; None: it stays.
    """

    connack: int = ACCEPTED
    first: bytes = b""
    suback: int = 2
    says: bytes = b""
    silent_s: float | None = None


ASKED = Session(suback=REFUSED, silent_s=0)
"""The first connection asks for `$SYS`."""


class Broker:
    """Plays one session after the other.

    Attributes:
        url: where it is.
        keepalives: what each connection asked for, seconds.
        held: messages in a file at the moment of each connection.
    """

    def __init__(self, listener: socket.socket, sessions: Sequence[Session], out: Path) -> None:
        self.url = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        self.keepalives: list[int] = []
        self.held: list[list[bytes]] = []
        self._listener, self._sessions, self._out = listener, sessions, out

    def run(self) -> None:
        """Serve."""
        for session in self._sessions:
            client, _ = self._listener.accept()
            with client, suppress(ConnectionError):
                self.held.append([one.payload for one in recorded(self._out)] if self._out.exists() else [])
                self._serve(client, session)

    def _serve(self, client: socket.socket, session: Session) -> None:
        self.keepalives.append(int.from_bytes(client.recv(4096)[10:12]))
        client.sendall(bytes((0x20, 2, 0, session.connack)))
        if session.connack != ACCEPTED:
            return
        asked = client.recv(4096)[2:4]
        client.sendall(session.first + bytes((0x90, 3)) + asked + bytes((session.suback,)) + session.says)
        if session.silent_s is None:
            client.settimeout(WAIT_S)
            client.recv(4096)  # until it leaves
        else:
            time.sleep(session.silent_s)


@contextmanager
def broker(out: Path, *sessions: Session) -> Iterator[Broker]:
    """Run such a broker; it must have come to the end of its sessions."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        played = Broker(listener, (ASKED, *sessions), out)
        thread = threading.Thread(target=played.run, daemon=True)
        thread.start()
        yield played
        thread.join(WAIT_S)
        assert not thread.is_alive(), f"only {len(played.held)} connections came"


def published(topic: bytes, payload: bytes) -> bytes:
    """A PUBLISH of QoS 0."""
    left, length = 2 + len(topic) + len(payload), bytearray()
    while left >= 0x80:  # seven bits a byte
        length.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes((0x30, *length, left, 0, len(topic))) + topic + payload


def recorded(path: Path) -> list[Recorded]:
    """The messages of a recording."""
    return [one for one in map(decode, Lines(path)) if one is not None]


def record_until_back(url: str, out: Path) -> Recording:
    """Record until a gap has ended."""
    gaps, end = [0], time.monotonic() + WAIT_S
    return record(
        url,
        out,
        ("a",),
        stop=lambda: gaps[-1] > 0 or time.monotonic() > end,
        progress=lambda done: gaps.append(done.gaps),
    )


def test_no_file_is_left_where_nothing_could_be_written(tmp_path: Path) -> None:
    """The disk is full before the broker has answered, by what it had kept."""
    kept = published(b"a", random.Random(1).randbytes(1 << 20))
    with needs.small_disk(tmp_path / "small", 64 << 10) as folder, broker(folder / "r", Session(first=kept, silent_s=0)) as played:
        with pytest.raises(OSError, match="No space left on device; the recording ends here, after 0 messages"):
            record(played.url, folder / "r", ("a",), stop=lambda: True)
        assert not (folder / "r").exists()


def test_a_gap_begins_when_the_broker_was_last_heard(tmp_path: Path) -> None:
    """Not when the loss is noticed; a silent one is asked for a sign of life every ten seconds."""
    out = tmp_path / "r"
    with broker(out, Session(says=published(b"a", b"1"), silent_s=0.4), Session()) as played:
        done = record_until_back(played.url, out)
    (one,) = recorded(out)
    lost = next(said for said in map(msgspec.json.decode, Lines(out)) if said.get("note") == "connection lost")
    assert one.at <= parse(lost["since"]) < one.at + 0.3 * SECOND
    assert 0.4 <= done.gap_s < WAIT_S
    assert played.keepalives[1] == 10


def test_all_is_written_before_it_tries_to_come_back(tmp_path: Path) -> None:
    """That may take seconds, in which it might be killed."""
    out = tmp_path / "r"
    with broker(out, Session(says=published(b"a", b"1"), silent_s=0), Session()) as played:
        record_until_back(played.url, out)
    assert played.held == [[], [], [b"1"]]


def test_a_refusal_on_coming_back_is_said_once_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of the connection or of the subscription, for which the connection is given up."""
    refusals = [Session(connack=NOT_AUTHORISED), Session(connack=NOT_AUTHORISED), Session(suback=REFUSED)]
    with caplog.at_level(logging.INFO, "instore.record"), broker(tmp_path / "r", Session(silent_s=0), *refusals, Session()) as played:
        done = record_until_back(played.url, tmp_path / "r")
    assert done.gaps == 1
    said = [one.getMessage() for one in caplog.records if "action" in vars(one) and vars(one)["action"] == "mqtt_refused"]
    assert said == [f"the MQTT broker at {played.url} does not let us in again: Not authorized; trying on"]


def test_a_refused_subscription_is_said_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the filter."""
    with broker(tmp_path / "r", Session(silent_s=0), Session(suback=REFUSED), Session()) as played:
        record_until_back(played.url, tmp_path / "r")
    assert f"{played.url} does not let us in again: it refuses the subscription to a; trying on" in caplog.text


def test_a_topic_that_is_no_text_ends_nothing(tmp_path: Path) -> None:
    """Its message is recorded, and so is the next one."""
    out = tmp_path / "r"
    with broker(out, Session(says=published(b"\xff", b"1") + published(b"a", b"2"), silent_s=0), Session()) as played:
        record_until_back(played.url, out)
    assert [(one.topic, one.payload) for one in recorded(out)] == [("a topic that is not UTF-8", b"1"), ("a", b"2")]


@pytest.mark.parametrize(
    ("topics", "cover"),
    [(("a", "a"), "a"), (("a/b", "a/+"), r"a/\+"), (("#", "a/+/b"), "#"), (("a/+/#", "a/b/#"), r"a/\+/#"), (("a/#", "a"), "a/#")],
)
def test_a_filter_that_another_covers_is_refused(topics: tuple[str, ...], cover: str) -> None:
    """A broker may send a copy for each."""
    with pytest.raises(SettingError, match=f"--topic {cover} hears all of it; leave it out, or messages may be recorded twice"):
        check_filters(topics)


@pytest.mark.parametrize("topics", [("a",), ("a/+", "+/b"), ("a/+", "a/+/+", "b"), ("a/+/c", "a/b")])
def test_filters_beside_each_other_are_taken(topics: tuple[str, ...]) -> None:
    """Also those that overlap in part."""
    assert check_filters(topics) == topics


def test_one_loss_is_told_as_one() -> None:
    """And several are counted."""
    assert "the connection was lost once, 2.0 s in all" in str(Recording(gaps=1, gap_s=2))
    assert "the connection was lost 3 times, 2.0 s in all" in str(Recording(gaps=3, gap_s=2))
