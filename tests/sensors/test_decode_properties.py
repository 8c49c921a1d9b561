"""What holds for any payload."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sensors import decode as module
from sensors.decode import Decoded, decode, from_objects
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Reading, Sighting, rfc3339
from sensors.refused import REASONS, Origin
from sensors.topics import place
from tests.sensors.decoding import DWELL, TOPIC
from tests.sensors.strategies import NOW, plain_money, sent

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
almost_readings = st.dictionaries(
    st.sampled_from(["id", "kind", "store_id", "sensor_id", "ts", *DWELL, "rssi_dbm", "amount", "items"]), json_values
)


def count(decoded: Decoded) -> int:
    """Count what came of a payload."""
    return sum(len(things) for things in decoded)


def encoded(value: object) -> bytes:
    """Write JSON as a sensor would."""
    return json.dumps(plain_money(value)).encode()


def one_by_one(payload: bytes, topic: str | None) -> Decoded:
    """Decode the slow way, as after a failure of the fast one."""
    elements, is_array = module._elements(payload)  # noqa: SLF001 - the point of the test
    origin = Origin(None if topic is None else place(topic), topic or "", NOW)
    return module._one_by_one(elements, origin, module._read, bytes, is_array=is_array)  # noqa: SLF001 - same


@given(st.binary(max_size=200), st.none() | st.just(TOPIC) | st.text())
def test_any_bytes(payload: bytes, topic: str | None) -> None:
    """Any bytes are decoded or refused with a known reason; nothing crashes."""
    decoded = decode(payload, topic=topic, received_at=NOW)
    assert all(dead.reason in REASONS for dead in decoded.rejected)
    msgspec.json.encode(decoded)


@given(st.lists(almost_readings | json_values, max_size=5), st.none() | st.just(TOPIC))
def test_any_json(objects: list[Any], topic: str | None) -> None:
    """Of any array each element is decoded or refused, exactly once, and what is decoded can be written for Kafka and read again."""
    decoded = decode(json.dumps(objects).encode(), topic=topic, received_at=NOW)
    if not any(dead.position is None for dead in decoded.rejected):
        assert count(decoded) == len(objects)
    assert KAFKA_BATCH.decode(KAFKA_ENCODER.encode(decoded.readings)) == decoded.readings


@given(st.lists(almost_readings | json_values, max_size=5), st.none() | st.just(TOPIC))
def test_any_objects(objects: list[Any], topic: str | None) -> None:
    """The same for objects that were parsed already."""
    decoded = from_objects(objects, topic=topic, received_at=NOW, source="file")
    assert count(decoded) == len(objects)
    msgspec.json.encode(decoded)


@given(st.lists(sent(), min_size=1, max_size=5))
def test_any_right_reading_survives(objects: list[dict[str, Any]]) -> None:
    """From the form of MQTT through Kafka: every field arrives, money to the digit."""
    decoded = decode(encoded(objects), topic=None, received_at=NOW)
    assert decoded.rejected == []
    assert KAFKA_BATCH.decode(KAFKA_ENCODER.encode(decoded.readings)) == decoded.readings
    by_kind: dict[bool, list[Reading | Sighting]] = {False: list(decoded.readings), True: list(decoded.sightings)}
    for thing in objects:
        reading = by_kind[thing["kind"] == "sighting"].pop(0)
        assert_same(reading, thing)


def assert_same(reading: Reading | Sighting, thing: Mapping[str, Any]) -> None:
    """Compare a reading with what was sent: field by field, decimals by value."""
    arrived = msgspec.to_builtins(reading, builtin_types=(Decimal,))
    assert arrived.pop("received_at") == NOW
    assert rfc3339(arrived["ts"]) == thing["ts"]
    for name in set(thing) - {"ts"}:
        assert arrived.get(name, []) == thing[name]


@given(sent(with_id=False), st.randoms(use_true_random=False))
def test_digest_is_stable(thing: dict[str, Any], rng: Any) -> None:
    """The order of the keys, the topic and the time of receipt do not change the id."""
    [one] = everything(decode(encoded(thing), topic=None, received_at=NOW))
    names = list(thing)
    rng.shuffle(names)
    [two] = everything(decode(encoded({name: thing[name] for name in names}), topic=None, received_at=NOW + 1))
    assert one.id == two.id
    parts = [thing.pop(name) for name in ("store_id", "kind", "sensor_id")]
    if not any("/" in part for part in parts):
        [three] = everything(decode(encoded(thing), topic="instore/v1/" + "/".join(parts), received_at=NOW))
        assert three == one


def everything(decoded: Decoded) -> list[Reading | Sighting]:
    """Return all that was accepted; nothing must have been refused."""
    assert decoded.rejected == []
    return [*decoded.readings, *decoded.sightings]


@given(st.lists(sent() | almost_readings, max_size=4), st.none() | st.just(TOPIC))
def test_fast_and_slow_way_agree(objects: list[Any], topic: str | None) -> None:
    """What the fast way accepts, the slow way accepts as the same readings."""
    payload = encoded(objects)
    assert decode(payload, topic=topic, received_at=NOW) == one_by_one(payload, topic)


@given(st.lists(sent(), max_size=4), st.integers(0, 4))
def test_a_wrong_element_rejects_only_itself(objects: list[dict[str, Any]], where: int) -> None:
    """A wrong element among right ones changes nothing about them."""
    alone = decode(encoded(objects), topic=None, received_at=NOW)
    where = min(where, len(objects))
    together = decode(encoded([*objects[:where], {"wrong": True}, *objects[where:]]), topic=None, received_at=NOW)
    assert (together.readings, together.sightings) == (alone.readings, alone.sightings)
    assert [dead.position for dead in together.rejected] == [where]
