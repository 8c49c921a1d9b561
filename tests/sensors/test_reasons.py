"""Rejecting: every reason, both sides of each bound, and what the dead letter says."""

import json
from typing import Any

import msgspec
import pytest

from sensors.decode import MAX_AHEAD, MAX_ELEMENTS, MAX_PAYLOAD_BYTES, MAX_READING_BYTES
from sensors.reading import rfc3339
from sensors.refused import MAX_RAW_BYTES, REASONS
from tests.sensors.decoding import DWELL, PAYMENT, TILL, TOPIC, accepted, decoded, refused, without
from tests.sensors.strategies import NOW


class TestReasons:
    """Each way of being wrong has its name."""

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b" ",
            b"hello",
            b"{",
            b'{"ts":1,}',
            b"{'ts':1}",
            b'{"ts":1} x',
            b'{"ts":NaN}',
            b'{"ts":Infinity}',
            b'{"ts":01}',
            b'{"zone_id":"\n"}',
            b'{"zone_id":"\x00"}',
            b'{"zone_id":"\xff"}',
            b'{"zone_id":"\xed\xa0\x80"}',
            b'{"zone_id":"\\ud800"}',
            b'{"zone_id":"\\udc00\\ud800"}',
            b"\xff\xfe{\x00}\x00",
            b"[1,2",
            b'[{"ts":1},]',
            b'[{"ts":NaN}]',
        ],
    )
    def test_not_json(self, payload: bytes) -> None:
        """What is no JSON in UTF-8 is refused as a whole."""
        dead = decoded(payload).rejected
        assert [(letter.reason, letter.position, letter.raw) for letter in dead] == [("not_json", None, payload)]

    def test_bad_utf8_in_one_element(self) -> None:
        """Where the array itself can be taken apart, only the element is refused."""
        good = json.dumps(DWELL).encode()
        result = decoded(b"[" + good + b', {"device_id":"\xff"}]')
        assert len(result.readings) == 1
        assert [(letter.reason, letter.position) for letter in result.rejected] == [("not_json", 1)]

    def test_payload_size(self) -> None:
        """One MiB is allowed, one byte more is not, and the dead letter keeps the beginning."""
        padded = json.dumps([DWELL]).encode().ljust(MAX_PAYLOAD_BYTES)
        assert len(decoded(padded).readings) == 1
        dead = decoded(padded + b" ").rejected[0]
        assert (dead.reason, dead.position, len(dead.raw)) == ("too_large", None, MAX_RAW_BYTES)
        assert str(MAX_PAYLOAD_BYTES + 1) in dead.detail

    def test_reading_size(self) -> None:
        """An element must fit into a Kafka record."""
        frame = len(json.dumps({**DWELL, "x": ""}))
        padding = "a" * (MAX_READING_BYTES - frame)
        assert len(decoded([{**DWELL, "x": padding}]).readings) == 1
        result = decoded([{**DWELL, "x": padding + "a"}, DWELL])
        assert len(result.readings) == 1
        assert [(letter.reason, letter.position) for letter in result.rejected] == [("too_large", 0)]

    def test_elements(self) -> None:
        """So many elements cannot be readings; they make one dead letter, not thousands."""
        assert len(decoded(b"[" + b",".join([b"1"] * MAX_ELEMENTS) + b"]").rejected) == MAX_ELEMENTS
        assert refused(b"[" + b",".join([b"1"] * (MAX_ELEMENTS + 1)) + b"]")[0] == "too_large"

    @pytest.mark.parametrize("payload", [b"[" * 5000, b'{"a":' * 5000, b"[1," + b"[" * 3000 + b"]" * 3000 + b"]"])
    def test_too_deep(self, payload: bytes) -> None:
        """Nesting without end is refused, not recursed into."""
        assert refused(payload)[0] == "too_deep"

    def test_deep_but_harmless(self) -> None:
        """A nested field that nobody wants does no harm; in a field of ours it is shown shortly."""
        nested: Any = json.loads("[" * 500 + "]" * 500)
        assert accepted({**DWELL, "x": nested}) == accepted(DWELL)
        reason, detail = refused({**DWELL, "store_id": nested})
        assert reason == "topic_mismatch"
        assert len(detail) < 300

    @pytest.mark.parametrize("element", [5, "x", None, True, [], [[]], 1.5])
    def test_not_an_object(self, element: object) -> None:
        """A reading is an object."""
        assert refused([element])[0] == "not_an_object"

    @pytest.mark.parametrize(
        "topic",
        [
            "",
            "instore",
            "instore/v1",
            "instore/v1/",
            "instore/v1/s1/dwell",
            "instore/v1/s1/dwell/",
            "instore/v1/s1//gw-1",
            "instore/v1//dwell/gw-1",
            "instore/v1/s1/dwell/gw-1/x",
            "instore/v2/s1/dwell/gw-1",
            "/instore/v1/s1/dwell/gw-1",
            "x/instore/v1/s1/dwell/gw-1",
        ],
    )
    def test_bad_topic(self, topic: str) -> None:
        """A topic of another form refuses the payload as a whole."""
        assert refused([DWELL, DWELL], topic)[0] == "bad_topic"

    @pytest.mark.parametrize("field", ["store_id", "kind", "sensor_id"])
    def test_topic_mismatch(self, field: str) -> None:
        """Topic and payload must agree, and the detail names the field."""
        reason, detail = refused({**DWELL, field: "entry"})
        assert reason == "topic_mismatch"
        assert f"`{field}`" in detail

    def test_topic_mismatch_of_another_type(self) -> None:
        """A number that looks like the topic's text is not the same."""
        assert refused({**DWELL, "store_id": 1}, "instore/v1/1/dwell/gw-1")[0] == "topic_mismatch"

    def test_unknown_kind(self) -> None:
        """From the topic or from the payload."""
        assert refused(DWELL, "instore/v1/s1/door/gw-1")[0] == "unknown_kind"
        assert refused({**DWELL, "store_id": "s", "sensor_id": "x", "kind": "Dwell"}, None)[0] == "unknown_kind"

    @pytest.mark.parametrize("field", ["ts", "device_id", "zone_id"])
    @pytest.mark.parametrize("null", [True, False])
    def test_missing_field(self, field: str, *, null: bool) -> None:
        """The detail names what is missing, or null."""
        reason, detail = refused({**DWELL, field: None} if null else without(DWELL, field))
        assert reason == "missing_field"
        assert f"`{field}`" in detail

    @pytest.mark.parametrize("field", ["store_id", "kind", "sensor_id"])
    def test_missing_without_topic(self, field: str) -> None:
        """Without a topic nothing fills these."""
        full = {**DWELL, "store_id": "s", "sensor_id": "x", "kind": "dwell"}
        assert refused(without(full, field), None) == refused({**full, field: None}, None)
        assert refused(without(full, field), None)[0] == "missing_field"

    def test_missing_direction_state_and_signal(self) -> None:
        """What only some kinds have."""
        assert refused({"ts": 1, "device_id": "d"}, "instore/v1/s1/entry/g")[0] == "missing_field"
        assert refused({"ts": 1}, "instore/v1/s1/status/g")[0] == "missing_field"
        assert refused({"ts": 1, "device_id": "d"}, "instore/v1/s1/sighting/g")[0] == "missing_field"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", 5),
            ("device_id", 17),
            ("device_id", ["a"]),
            ("zone_id", {"a": 1}),
            ("zone_id", True),
            ("rssi_dbm", "-60"),
            ("rssi_dbm", True),
            ("duration_s", [1]),
            ("ts", True),
            ("ts", []),
            ("ts", {}),
        ],
    )
    def test_wrong_type(self, field: str, value: object) -> None:
        """Another JSON type than the model has; the detail names the field."""
        reason, detail = refused({**DWELL, field: value})
        assert reason == "wrong_type"
        assert f"`{field}`" in detail

    @pytest.mark.parametrize("kind", [5, ["dwell"], {"a": 1}])
    def test_wrong_type_of_kind(self, kind: object) -> None:
        """Even what no table can look up."""
        assert refused({**DWELL, "store_id": "s", "sensor_id": "x", "kind": kind}, None)[0] == "wrong_type"

    @pytest.mark.parametrize(
        ("field", "inside", "outside"),
        [
            ("rssi_dbm", [-200, 100], [-200.1, 100.1, 1e300]),
            ("duration_s", [0, 86_400], [-0.001, 86_400.001]),
            ("id", ["a", "a" * 256], ["", "a" * 257]),
            ("device_id", ["a", "é" * 256], ["", "é" * 257]),
            ("ts", [0, 1_795_339_812_000 + 300_000], [-1]),
        ],
    )
    def test_out_of_range(self, field: str, inside: list[object], outside: list[object]) -> None:
        """Both sides of each bound."""
        for value in inside:
            accepted({**DWELL, field: value})
        for value in outside:
            reason, detail = refused({**DWELL, field: value})
            assert reason == "out_of_range"
            assert f"`{field}`" in detail

    def test_numbers_beyond_reason(self) -> None:
        """Numbers that Python can hold and we cannot, and numbers that not even Python can."""
        for number in (b"1e999", b"-1e999", b"9" * 400, b"9" * 5000, b"1e99999999999999999999"):
            payload = b'{"ts":1,"device_id":"d","zone_id":"z","rssi_dbm":' + number + b"}"
            assert refused(payload)[0] == "out_of_range"
            assert len(decoded(b"[" + payload + b"," + json.dumps(DWELL).encode() + b"]").readings) == 1

    @pytest.mark.parametrize(
        ("topic", "field", "value"),
        [
            ("instore/v1/s1/entry/g", "direction", "inwards"),
            ("instore/v1/s1/shelf/g", "action", "steal"),
            ("instore/v1/s1/status/g", "state", "ALIVE"),
            (TILL, "currency", "eur"),
            (TILL, "currency", "EURO"),
        ],
    )
    def test_not_one_of_the_words(self, topic: str, field: str, value: str) -> None:
        """Words of a list, and currencies."""
        everything = {**PAYMENT, "device_id": "d", "shelf_id": "x", "direction": "in", "action": "view", "state": "alive", field: value}
        assert refused(everything, topic)[0] == "out_of_range"

    def test_long_topic(self) -> None:
        """A store's name from the topic is checked as one from the payload."""
        accepted(DWELL, f"instore/v1/{'s' * 256}/dwell/gw-1")
        assert refused(DWELL, f"instore/v1/{'s' * 257}/dwell/gw-1")[0] == "out_of_range"

    @pytest.mark.parametrize("ts", ["yesterday", "2026-02-29T00:00:00Z", "2026-11-22", "1795339800250", 1e400, "2026-11-22T25:00:00Z"])
    def test_bad_time(self, ts: object) -> None:
        """Times that are none; `test_event_time` knows more."""
        payload = json.dumps({**DWELL, "ts": ts}).replace("Infinity", "1e400").encode()
        assert refused(payload)[0] == "bad_time"

    def test_no_time_zone(self) -> None:
        """Nobody can know what such a time means."""
        assert refused({**DWELL, "ts": "2026-11-22T09:30:00"})[0] == "no_time_zone"

    def test_future(self) -> None:
        """Five minutes ahead are believed, a microsecond more is not."""
        assert accepted({**DWELL, "ts": rfc3339(NOW + MAX_AHEAD)}).ts == NOW + MAX_AHEAD
        reason, detail = refused({**DWELL, "ts": rfc3339(NOW + MAX_AHEAD + 1)})
        assert reason == "future"
        assert "300 s" in detail

    @pytest.mark.parametrize("field", ["id", "device_id", "zone_id"])
    def test_nul_character(self, field: str) -> None:
        """PostgreSQL cannot store it."""
        assert refused({**DWELL, field: "a\0b"})[0] == "nul_character"

    def test_nul_character_in_an_item(self) -> None:
        """However deep it stands."""
        assert refused({**PAYMENT, "items": [{"product_id": "\0", "quantity": 1, "unit_price": 1}]}, TILL)[0] == "nul_character"

    def test_nul_character_where_it_does_no_harm(self) -> None:
        """In a field that nobody wants; and the six characters of its escape, themselves escaped, are not it."""
        assert accepted({**DWELL, "x\0": "\0"}) == accepted(DWELL)
        assert accepted({**DWELL, "zone_id": "\\u0000"}) == accepted({**DWELL, "zone_id": "\\u0000"})

    def test_every_reason_is_tested(self) -> None:
        """This class has a test for each reason."""
        tested = {name.removeprefix("test_") for name in dir(self)} | {"too_large"}
        assert set(REASONS) <= tested


class TestDeadLetters:
    """What a dead letter says."""

    def test_a_wrong_element_rejects_only_itself(self) -> None:
        """Its position and its own bytes stand in the dead letter, as they were sent."""
        payload = b'[ {"id":"a","ts":1,"device_id":"d","zone_id":"z"} , { "ts" :  "x" } ,{"id":"b","ts":2,"device_id":"d","zone_id":"z"}]'
        result = decoded(payload)
        assert [reading.id for reading in result.readings] == ["a", "b"]
        [dead] = result.rejected
        assert (dead.position, dead.raw, dead.reason) == (1, b'{ "ts" :  "x" }', "missing_field")
        assert (dead.source, dead.received_at, dead.store_id, dead.sensor_id, dead.kind) == (TOPIC, NOW, "s1", "gw-1", "dwell")

    def test_ids_differ(self) -> None:
        """Two equal wrong elements are two dead letters, and the same delivery gives the same ids."""
        first = decoded([5, 5]).rejected
        assert len({dead.id for dead in first}) == 2
        assert [dead.id for dead in decoded([5, 5]).rejected] == [dead.id for dead in first]

    def test_what_is_known_without_topic(self) -> None:
        """Identifiers come from the payload where they are some."""
        [dead] = decoded({"store_id": "s7", "sensor_id": "\0", "kind": 5}, None).rejected
        assert (dead.store_id, dead.sensor_id, dead.kind, dead.source) == ("s7", None, None, "")

    def test_survives_kafka(self) -> None:
        """It can be written as JSON, whatever the bytes were, and is small enough for a record."""
        for payload in (b"\xff\x00", b"x" * (MAX_PAYLOAD_BYTES + 1), json.dumps({**DWELL, "ts": "\0" * 500}).encode()):
            [dead] = decoded(payload).rejected
            encoded = msgspec.json.encode(dead)
            assert msgspec.json.decode(encoded, type=type(dead)) == dead
            assert len(encoded) < 900_000
            assert "\0" not in dead.detail

    def test_words_of_a_device_are_storable(self) -> None:
        """A value that is quoted in the detail brings no character into it that PostgreSQL refuses."""
        [dead] = decoded({"ts": 1, "device_id": "d", "direction": "\0"}, "instore/v1/s1/entry/g").rejected
        assert dead.reason == "out_of_range"
        assert "\0" not in dead.detail
