"""A recording as messages: which line goes to which topic, and which lines go together."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.reading import SECOND
from simulators.recordings.messages import MAX_BYTES, MAX_READINGS, Message, messages, time_of
from tests.simulators.plans import play

TOPIC = "instore/v1/s/dwell/gw"


def line(ts: int | str = 1_000, kind: str = "dwell", sensor: str = "gw", **more: object) -> bytes:
    """A line of a recording."""
    return json.dumps({"store_id": "s", "kind": kind, "sensor_id": sensor, "ts": ts, **more}, separators=(",", ":")).encode()


def one(*lines: bytes) -> Message:
    """The only message of these lines."""
    (message,) = messages(lines)
    return message


def test_a_reading_goes_to_the_topic_that_it_names() -> None:
    """Alone it is sent as it is, byte for byte."""
    assert one(line()) == Message(TOPIC, line(), 1, "s", "dwell", SECOND, SECOND, len(line()) + 1)


def test_neighbours_of_one_topic_are_one_array() -> None:
    """Their bytes are not changed; the latest time is that of the message."""
    message = one(line(1_000), line(1_200), line(1_100))
    assert message.payload == b"[" + b",".join((line(1_000), line(1_200), line(1_100))) + b"]"
    assert (message.readings, message.first_ts, message.last_ts) == (3, 1_000_000, 1_200_000)


def test_another_topic_begins_another_message() -> None:
    """Another kind, another sensor; the order stays."""
    kinds = [line(), line(kind="status"), line(sensor="gw2"), line()]
    assert [(message.topic, message.payload) for message in messages(kinds)] == [
        (TOPIC, kinds[0]),
        ("instore/v1/s/status/gw", kinds[1]),
        ("instore/v1/s/dwell/gw2", kinds[2]),
        (TOPIC, kinds[3]),
    ]


def test_a_message_has_at_most_so_many_readings() -> None:
    """A hundred and one are two messages."""
    assert [message.readings for message in messages([line()] * (MAX_READINGS + 1))] == [MAX_READINGS, 1]


def test_a_message_of_several_is_not_larger_than_brokers_take() -> None:
    """Large readings go in smaller arrays; one that is too large itself goes alone."""
    large = line(note="x" * (MAX_BYTES // 3))
    sizes = [len(message.payload) for message in messages([large] * 7)]
    assert sum(sizes) > 7 * len(large)
    assert max(sizes) <= MAX_BYTES
    assert one(line(note="x" * MAX_BYTES)).readings == 1


def test_two_scans_are_two_messages() -> None:
    """Readings of one message are at most a second apart, in either direction."""
    assert [message.readings for message in messages([line(1_000), line(2_000), line(2_001), line(1_001)])] == [2, 2]


def test_empty_lines_are_left_out() -> None:
    """They are no readings."""
    assert [message.readings for message in messages([b"", line(), b"  ", line()])] == [2]


def test_times_may_be_text_or_milliseconds() -> None:
    """What is no time has none."""
    assert time_of("2026-11-20T10:00:00+01:00") == time_of(1_795_165_200_000 - 50 * 60_000_000 + 2_988_000_000 + 12_000_000)
    assert one(line("1970-01-01T01:00:01+01:00")).last_ts == SECOND
    assert one(line("yesterday")).last_ts is None
    assert time_of(["1"]) is None


def test_a_wrong_field_does_not_keep_a_reading_from_its_array() -> None:
    """A broken element is rejected alone, by the bridge, as it would be coming from a gateway."""
    assert one(line(device_id=7), line(device_id="a")).readings == 2


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        (b'{"kind":"dwell","store_id":"s","sensor_id":"gw","ts":1', TOPIC),
        (b'{"kind": "dwell", "store_id" : "s", "sensor_id":"gw"', TOPIC),
        (b'{"kind":"dwell","store_id":"s","sens', "instore/v1/s/dwell/recording"),
        (b"Bus error", "instore/v1/before/unknown/recording"),
        (b"\xff\xfe\x00", "instore/v1/before/unknown/recording"),
        (b"[1,2]", "instore/v1/before/unknown/recording"),
        (b"null", "instore/v1/before/unknown/recording"),
        (b'{"kind":"dwell","store_id":["s"],"sensor_id":"gw"}', "instore/v1/before/dwell/gw"),
        (b'{"kind":"dwell","store_id":"a/b","sensor_id":"gw","ts":1}', "instore/v1/before/unknown/recording"),
        (b'{"kind":"dwell","store_id":"s","sensor_id":"#","ts":1}', "instore/v1/before/unknown/recording"),
        (b'{"kind":"dwell","store_id":"","sensor_id":"gw","ts":1}', "instore/v1/before/dwell/gw"),
        (b'{"kind":"dwell","store_id":"\\ud800","sensor_id":"gw"', "instore/v1/before/dwell/gw"),
        (b"[" * 100_000, "instore/v1/before/unknown/recording"),
    ],
)
def test_any_other_line_is_sent_alone_where_it_seems_to_belong(text: bytes, topic: str) -> None:
    """By what can be read in it; else to the store of the line before."""
    before = json.dumps({"store_id": "before", "kind": "status", "sensor_id": "x", "ts": 1}).encode()
    _, message, after = messages([before, text, line()])
    assert (message.topic, message.payload, message.readings, message.last_ts) == (topic, text, 1, None)
    assert after.payload == line()


def test_a_first_line_without_a_store() -> None:
    """There is no store before it."""
    assert one(b"?").topic == "instore/v1/unknown/unknown/recording"


def test_a_message_recorded_with_its_topic_goes_there() -> None:
    """As it is, whatever it says itself."""
    recorded = b'{"topic":"instore/v1/s/dwell/gw","payload":' + line(sensor="other") + b"}"
    message = one(recorded)
    assert (message.topic, message.payload, message.readings) == (TOPIC, line(sensor="other"), 1)


def test_a_text_recorded_with_its_topic_is_sent_as_what_it_says() -> None:
    """So that any bytes of text can be recorded."""
    assert one(b'{"topic":"somewhere/else","payload":"h\\u00e9 [1"}').payload == "hé [1".encode()


def test_a_recorded_message_stands_alone() -> None:
    """It joins no array, and none joins it."""
    recorded = b'{"topic":"instore/v1/s/dwell/gw","payload":{}}'
    assert [message.readings for message in messages([line(), recorded, line()])] == [1, 1, 1]


@pytest.mark.parametrize(
    "text", [b'{"topic":"a/#","payload":1}', b'{"topic":"","payload":1}', b'{"topic":"a"}', b'{"topic":"a","payload":1,"qos":1}']
)
def test_what_only_looks_like_a_recorded_message(text: bytes) -> None:
    """It is sent as it is, to nowhere in particular."""
    assert one(text).topic == "instore/v1/unknown/unknown/recording"
    assert one(text).payload == text


@given(st.lists(st.binary(max_size=40).filter(lambda text: b"\n" not in text), max_size=20))
def test_whatever_a_recording_holds_every_line_is_published_once(lines: list[bytes]) -> None:
    """Nothing raises, nothing is lost, and every topic can be published to."""
    made = list(messages(lines))
    assert sum(message.readings for message in made) == sum(bool(text.strip()) for text in lines)
    assert all(message.topic and not set("+#\0") & set(message.topic) for message in made)


def test_the_messages_of_a_day_are_its_lines() -> None:
    """Joined together again, byte for byte, and far fewer."""
    lines = play().lines
    made = list(messages(lines))
    assert sum(message.size for message in made) == sum(len(text) + 1 for text in lines)
    assert sum(message.readings for message in made) == len(lines)
    assert len(made) < len(lines) * 0.6  # touches of shelves are messages of their own
    assert b",".join(message.payload.removeprefix(b"[").removesuffix(b"]") for message in made) == b",".join(lines)
