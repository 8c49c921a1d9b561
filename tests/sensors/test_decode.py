"""Decoding: the forms that a sensor may use, ids, money, and objects that were parsed already."""

import json
from decimal import Decimal

import msgspec
import pytest

from sensors.decode import Decoded, decode, from_objects
from sensors.reading import SECOND, Dwell, Entry, Payment, Sighting, Status
from sensors.refused import Reason
from tests.sensors.decoding import DWELL, FULL, PAYMENT, TILL, TOPIC, accepted, decoded, refused, without
from tests.sensors.strategies import NOW


class TestForm:
    """What may stand where."""

    def test_single_object_filled_from_the_topic(self) -> None:
        """What is not in the payload comes from the topic; `received_at` from the caller."""
        assert accepted(DWELL) == Dwell(
            id="r1", store_id="s1", sensor_id="gw-1", ts=1_795_339_800_250_000, received_at=NOW, device_id="wb-17", zone_id="dairy"
        )

    def test_array(self) -> None:
        """An array is decoded element by element, in order."""
        readings = decoded([{**DWELL, "id": f"r{n}"} for n in range(100)]).readings
        assert [reading.id for reading in readings] == [f"r{n}" for n in range(100)]

    def test_empty_array_is_nothing(self) -> None:
        """An empty array is no error, and no reading."""
        assert decoded([]) == Decoded([], [], [])

    def test_all_in_the_payload(self) -> None:
        """Without a topic everything comes from the payload."""
        full = {**DWELL, "store_id": "s9", "sensor_id": "gw-9", "kind": "dwell"}
        assert accepted(full, topic=None).store_id == "s9"

    def test_same_in_payload_and_topic(self) -> None:
        """Saying the same twice is fine."""
        assert accepted({**DWELL, "store_id": "s1", "sensor_id": "gw-1", "kind": "dwell"}) == accepted(DWELL)

    def test_sightings_stand_apart(self) -> None:
        """A sighting is no reading of the engine: it goes another way."""
        sent = {"ts": 1, "device_id": "d", "rssi_dbm": -60}
        readings, sightings, rejected = decoded([sent, {**sent, "device_id": "e"}], "instore/v1/s1/sighting/gw-1")
        assert (readings, rejected) == ([], [])
        assert [type(one) for one in sightings] == [Sighting, Sighting]

    def test_kinds_mixed_without_topic(self) -> None:
        """An array without topic may mix kinds; each goes its way, in order."""
        common = {"store_id": "s1", "sensor_id": "x", "ts": 1, "device_id": "d"}
        objects = [
            {**common, "kind": "entry", "direction": "in"},
            {**common, "kind": "sighting", "distance_m": 1},
            {**common, "kind": "status", "state": "alive"},
        ]
        mixed = decoded(objects, None)
        assert [type(one) for one in mixed.readings] == [Entry, Status]
        assert len(mixed.sightings) == 1

    def test_unknown_fields_are_ignored(self) -> None:
        """A gateway may send more than we know, `received_at` included."""
        assert accepted({**DWELL, "battery": {"percent": 80}, "received_at": 5}) == accepted(DWELL)

    @pytest.mark.parametrize("field", ["rssi_dbm", "duration_s", "store_id", "kind", "sensor_id"])
    def test_null_is_missing(self, field: str) -> None:
        """Null in an optional field, or in one that the topic tells, is as if it were not there."""
        assert accepted({**DWELL, field: None}) == accepted(DWELL)

    def test_null_items_are_missing(self) -> None:
        """Even where the model has a list."""
        assert accepted({**PAYMENT, "items": None}, TILL) == accepted(PAYMENT, TILL)

    def test_last_of_equal_keys_counts(self) -> None:
        """JSON leaves it open; we say it."""
        assert accepted(b'{"id":"a","id":"b","ts":1,"device_id":"d","zone_id":"z"}').id == "b"

    def test_byte_order_mark(self) -> None:
        """Some Windows gateways write one; it says nothing."""
        assert accepted(b"\xef\xbb\xbf" + json.dumps(DWELL).encode()) == accepted(DWELL)

    def test_white_space_around(self) -> None:
        """JSON may stand among white space."""
        assert accepted(b" \r\n\t" + json.dumps(DWELL).encode() + b" \n") == accepted(DWELL)
        assert len(decoded(b" \n" + json.dumps([DWELL, 5]).encode()).readings) == 1

    def test_integers_as_numbers(self) -> None:
        """A whole number is a number too."""
        reading = accepted({**DWELL, "duration_s": 5, "rssi_dbm": -60})
        assert isinstance(reading, Dwell)
        assert (reading.duration_s, reading.rssi_dbm) == (5.0, -60.0)

    def test_other_scripts(self) -> None:
        """Identifiers are any text."""
        assert accepted({**DWELL, "zone_id": "乳製品 🥛"}, TOPIC) == accepted(
            json.dumps({**DWELL, "zone_id": "乳製品 🥛"}, ensure_ascii=False).encode()
        )


class TestIds:
    """Ids of readings that have none."""

    def test_digest_is_of_the_content(self) -> None:
        """The same content gives the same id, another content another."""
        nameless = without(DWELL, "id")
        first = accepted(nameless)
        assert len(first.id) == 32
        assert accepted(dict(reversed(nameless.items()))).id == first.id
        assert accepted({**nameless, "store_id": "s1", "kind": "dwell", "rssi_dbm": None, "id": None}).id == first.id
        assert accepted({**nameless, "ts": "2026-11-22T10:30:00.25+01:00"}).id == first.id
        assert accepted({**nameless, "zone_id": "bakery"}).id != first.id
        assert accepted(nameless, "instore/v1/s2/dwell/gw-1").id != first.id

    def test_digest_does_not_depend_on_receipt(self) -> None:
        """A repetition that arrives later is the same reading."""
        payload = json.dumps(without(DWELL, "id")).encode()
        ids = {decode(payload, topic=TOPIC, received_at=NOW + late).readings[0].id for late in (0, 1, 60 * SECOND)}
        assert len(ids) == 1

    def test_digest_of_a_payment(self) -> None:
        """Equal amounts are equal content, however they are written; the reading keeps its own writing."""
        nameless = without(PAYMENT, "id") | {"items": [{"product_id": "milk", "quantity": 2, "unit_price": "1.190"}]}
        other = nameless | {"amount": 4.180, "items": [{"product_id": "milk", "quantity": "2.0", "unit_price": 1.19}]}
        one, two = accepted(nameless, TILL), accepted(other, TILL)
        assert one.id == two.id
        assert one.received_at == NOW
        assert isinstance(one, Payment)
        assert str(one.items[0].unit_price) == "1.190"
        assert accepted(nameless | {"amount": "4.19"}, TILL).id != one.id

    def test_digest_in_an_array_with_a_wrong_element(self) -> None:
        """The slow way gives the same ids as the fast one."""
        nameless = without(DWELL, "id")
        assert decoded([nameless, 5]).readings == decoded([nameless]).readings


class TestMoney:
    """Money is exact or refused."""

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("4.18", "4.18"),
            ("-1.19", "-1.19"),
            ("0", "0"),
            ("1e3", "1000.0000"),
            ("1.190000000", "1.1900"),
            ("999999999999.9999", "999999999999.9999"),
        ],
    )
    def test_text_and_numbers(self, sent: str, kept: str) -> None:
        """Both are read without a float in between."""
        for written in (f'"{sent}"', sent):
            payload = json.dumps(without(PAYMENT, "amount"))[:-1].encode() + b',"amount":' + written.encode() + b"}"
            payment = accepted(payload, TILL)
            assert isinstance(payment, Payment)
            assert str(payment.amount) == kept

    @pytest.mark.parametrize("amount", ["1e12", "-1e12", "1.00001", "1e999", "1e-5", "1e99999999999999999999", "-1000000000000"])
    def test_what_cannot_be_kept(self, amount: str) -> None:
        """Too large or too fine is out of range, as text and as a number."""
        for written in (f'"{amount}"', amount):
            payload = json.dumps(without(PAYMENT, "amount"))[:-1].encode() + b',"amount":' + written.encode() + b"}"
            assert refused(payload, TILL)[0] == "out_of_range"

    def test_zero_with_a_huge_exponent_is_zero(self) -> None:
        """It must not travel on as it is: writing it out would fill the memory."""
        payload = json.dumps(without(PAYMENT, "amount"))[:-1].encode() + b',"amount":0E999999999}'
        payment = accepted(payload, TILL)
        assert isinstance(payment, Payment)
        assert str(payment.amount) == "0.0000"

    @pytest.mark.parametrize("amount", ["4,18", "1_0", " 1", "\uff11", "NaN", "Infinity", "", "+1", ".5", "abc", True, [], {}])
    def test_what_is_no_number(self, amount: object) -> None:
        """Text that Python would take for a number is none here."""
        assert refused({**PAYMENT, "amount": amount}, TILL)[0] == "wrong_type"

    @pytest.mark.parametrize(
        ("item", "reason"),
        [
            ({"product_id": "a", "quantity": 1}, "missing_field"),
            ({"product_id": "a", "quantity": 1, "unit_price": None}, "missing_field"),
            ({"product_id": "a", "quantity": 1, "unit_price": "x"}, "wrong_type"),
            ({"product_id": "a", "quantity": 1, "unit_price": 1.00001}, "out_of_range"),
            ({"product_id": "", "quantity": 1, "unit_price": 1}, "out_of_range"),
            ("milk", "wrong_type"),
        ],
    )
    def test_items(self, item: object, reason: Reason) -> None:
        """A wrong item refuses its payment, and the detail names the place."""
        assert refused({**PAYMENT, "items": [item]}, TILL)[0] == reason


class TestObjects:
    """Objects that were parsed already."""

    def test_same_as_decode(self) -> None:
        """Rows and payloads give the same readings, and the rows stay as they were."""
        rows = [{**FULL}, {**FULL, "id": None, "ts": "2026-11-22T09:30:00Z"}]
        before = [{**row} for row in rows]
        assert from_objects(rows, topic=None, received_at=NOW, source="file").readings == decoded(rows, None).readings
        assert rows == before

    def test_payment_stays_as_it_was(self) -> None:
        """Items too."""
        row = {**PAYMENT, "amount": Decimal("1e1"), "items": [{"product_id": "a", "quantity": Decimal("1e1"), "unit_price": 2.5}]}
        result = from_objects([row], topic=TILL, received_at=NOW, source="file")
        assert result.rejected == []
        assert row["items"] == [{"product_id": "a", "quantity": Decimal("1e1"), "unit_price": 2.5}]

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            (5, "not_an_object"),
            ({**FULL, "zone_id": "\0"}, "nul_character"),
            ({**FULL, "zone_id": "\ud800"}, "not_json"),
            ({**FULL, "id": None, "zone_id": "\ud800"}, "not_json"),
            ({**FULL, "rssi_dbm": Decimal("sNaN")}, "out_of_range"),
            ({**FULL, "rssi_dbm": float("nan")}, "out_of_range"),
            ({**FULL, "ts": float("nan")}, "bad_time"),
            ({**FULL, "zone_id": object()}, "wrong_type"),
            ({5: 6}, "missing_field"),
        ],
    )
    def test_wrong_ones(self, wrong: object, reason: Reason) -> None:
        """A wrong row rejects itself, with its position and source, and bytes that can be stored."""
        result = from_objects([FULL, wrong, FULL], topic=None, received_at=NOW, source="a.csv")
        assert len(result.readings) == 2
        [dead] = result.rejected
        assert (dead.reason, dead.position, dead.source) == (reason, 1, "a.csv")
        msgspec.json.encode(dead)

    def test_bad_topic(self) -> None:
        """Each object gets its own dead letter: there is no payload to refuse as a whole."""
        result = from_objects([FULL, 5], topic="x", received_at=NOW, source="file")
        assert [dead.reason for dead in result.rejected] == ["bad_topic", "bad_topic"]
        assert msgspec.json.decode(result.rejected[0].raw) == FULL
