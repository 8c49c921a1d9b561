"""The one place where bytes become readings. Pure: no clock, no I/O.

How it works: a payload is decoded and converted as a whole, because nearly all payloads are right, and that is fast. What is wrong
with a payload is looked for only when that fails, and then element by element, so that a wrong element rejects only itself.
Both ways share the same steps (`_accept`), and a test holds them to the same answers.

What is accepted, and every reason to refuse: `docs/readings.md`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple, cast

import msgspec

from sensors import event_time, money
from sensors.dead_letter import DeadLetter
from sensors.reading import KAFKA_ENCODER, KINDS, SECOND, Payment, Reading, Sighting
from sensors.refused import Origin, Reason, Refused, dead_letter, explained, shown
from sensors.topics import Place, place

__all__ = ["BOM", "MAX_AHEAD", "MAX_ELEMENTS", "MAX_PAYLOAD_BYTES", "MAX_READING_BYTES", "Decoded", "Reason", "decode", "from_objects"]

MAX_PAYLOAD_BYTES = 1 << 20
"""A larger MQTT payload is refused as a whole."""

MAX_READING_BYTES = 1 << 19
"""A larger element is refused: it must fit into a Kafka record, which is at most 1 MiB where nobody configured otherwise."""

MAX_ELEMENTS = 50_000
"""An array of more elements cannot be one of readings: they would not fit. So a megabyte of commas makes no half a million dead letters."""

MAX_AHEAD = 300 * SECOND
"""A reading further ahead of `received_at` is rejected: its sensor's clock is wrong."""

BOM = b"\xef\xbb\xbf"
"""Windows puts it before text; before a payload it is ignored."""

_NUL = b"\\u0000"
_NAMELESS = "-"
_JSON = msgspec.json.Decoder(float_hook=Decimal)
_SLICES = msgspec.json.Decoder(list[msgspec.Raw])
_REQUIRED = {
    kind: [field.name for field in msgspec.structs.fields(model) if field.required and field.name not in {"id", "received_at"}]
    for kind, model in KINDS.items()
}
_WRONG = (Refused, msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""All that decoding and converting raise at something wrong."""


class Decoded(NamedTuple):
    """What became of a payload: each element is in exactly one of the three, in the order they came."""

    readings: list[Reading]
    sightings: list[Sighting]
    rejected: list[DeadLetter]


def decode(payload: bytes, *, topic: str | None, received_at: int) -> Decoded:
    """Turn an MQTT payload, one reading or an array of them, into validated readings.

    Args:
        payload: JSON in UTF-8, at most 1 MiB.
        topic: `instore/v1/{store_id}/{kind}/{sensor_id}`, which fills these fields where missing; None: they must be in the payload.
        received_at: when the bridge received it, microseconds since 1970.
    """
    origin = Origin(None if topic is None else place(topic), topic or "", received_at)
    if (unread := _refused_unread(payload, topic, origin)) is not None:
        return Decoded([], [], [dead_letter(unread, payload, origin)])
    payload = payload.removeprefix(BOM)
    if (
        len(payload) <= MAX_READING_BYTES
        and (b"\\" not in payload or _NUL not in payload)  # one byte is found twenty times as fast as six
        and (decoded := _whole(payload, origin)) is not None
    ):
        return decoded
    try:
        elements, is_array = _elements(payload)
    except Refused as refused:
        return Decoded([], [], [dead_letter(refused, payload, origin)])
    return _one_by_one(elements, origin, _read, bytes, is_array=is_array)


def from_objects(objects: Sequence[object], *, topic: str | None, received_at: int, source: str) -> Decoded:
    """Turn objects that were parsed already (rows of CSV or Parquet, lines of a recording) into validated readings.

    Args:
        objects: each with the fields and types of the MQTT form; numbers may be `Decimal`, times aware datetimes. They are not changed.
        topic: as for `decode`.
        received_at: as for `decode`.
        source: where they came from, for the dead letters.
    """
    origin = Origin(None if topic is None else place(topic), source, received_at)
    if topic is not None and origin.place is None:
        return Decoded([], [], [dead_letter(_bad_topic(topic), _encoded(thing), origin, i) for i, thing in enumerate(objects)])
    try:
        accepted = [_accept({**cast(dict[str, Any], thing)}, origin) for thing in objects]
        if _NUL not in KAFKA_ENCODER.encode(accepted):
            return _sorted(accepted, [])
    except _WRONG:
        pass
    return _one_by_one(objects, origin, lambda thing: thing, _encoded, is_array=True)


def _refused_unread(payload: bytes, topic: str | None, origin: Origin) -> Refused | None:
    """Tell why a payload is refused before anybody looks into it."""
    if topic is not None and origin.place is None:
        return _bad_topic(topic)
    if len(payload) > MAX_PAYLOAD_BYTES:
        return Refused("too_large", f"the payload has {len(payload)} bytes; {MAX_PAYLOAD_BYTES} are allowed")
    return None


def _whole(payload: bytes, origin: Origin) -> Decoded | None:
    """Decode a payload in which everything is right; None: something is not."""
    try:
        said = _JSON.decode(payload)
        if type(said) is not list:
            one = _accept(said, origin)
            return Decoded([], [one], []) if type(one) is Sighting else Decoded([cast(Reading, one)], [], [])
        return _sorted([_accept(thing, origin) for thing in said], [])
    except _WRONG:
        return None


def _fill(thing: dict[str, Any], where: Place) -> None:
    """Take from the topic what is not in the reading."""
    store_id, kind, sensor_id = where
    if (
        thing.setdefault("store_id", store_id) != store_id
        or thing.setdefault("sensor_id", sensor_id) != sensor_id
        or thing.setdefault("kind", kind) != kind
    ):
        name, said = next((name, said) for name, said in where._asdict().items() if thing.get(name, said) != said)
        raise Refused("topic_mismatch", f"`{name}` is {shown(thing[name])}, but the topic says {shown(said)}")


def _accept(thing: dict[str, Any], origin: Origin) -> Reading | Sighting:
    """Turn an object of the MQTT form into a reading (the object is used up); raises whatever comes at anything wrong."""
    where, _, received_at = origin
    if where is not None:
        _fill(thing, where)
    thing["ts"] = ts = event_time.parse(thing["ts"])
    if ts > received_at + MAX_AHEAD:
        ahead = (ts - received_at) // SECOND
        raise Refused("future", f"`ts` is {ahead} s ahead of the time of receipt; more than {MAX_AHEAD // SECOND} s are not believed")
    thing["received_at"] = received_at
    kind = thing["kind"]
    if kind == "payment":
        money.make_plain(thing)
    nameless = thing.get("id") is None
    if nameless:
        thing["id"] = _NAMELESS
    one = msgspec.convert(thing, KINDS[kind])  # the class itself: a union costs 4 us a call
    if nameless:
        one.id = _digest(one)
    return one


def _digest(one: Reading | Sighting) -> str:
    """Name a reading by its content: the same whatever the order of its keys, whether the topic told a field, and when it was received."""
    content = money.normal(one) if type(one) is Payment else one
    received_at, content.received_at, content.id = content.received_at, 0, _NAMELESS
    digest = blake2b(KAFKA_ENCODER.encode(content), digest_size=16).hexdigest()
    content.received_at = received_at
    return digest


def _sorted(accepted: list[Reading | Sighting], rejected: list[DeadLetter]) -> Decoded:
    sightings = [one for one in accepted if type(one) is Sighting]
    if not sightings:
        return Decoded(cast(list[Reading], accepted), [], rejected)
    return Decoded([one for one in accepted if not isinstance(one, Sighting)], sightings, rejected)


def _elements(payload: bytes) -> tuple[list[bytes], bool]:
    """Cut a payload into its elements, each in its own bytes, and tell whether it is an array."""
    if payload.lstrip(b" \t\r\n")[:1] != b"[":
        return [payload], False
    try:
        slices = _SLICES.decode(payload)
    except RecursionError as deep:
        raise Refused("too_deep", "the payload is nested deeper than 1000 levels or so") from deep
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise Refused("not_json", str(wrong)) from wrong
    if len(slices) > MAX_ELEMENTS:
        raise Refused("too_large", f"the array has {len(slices)} elements; so many readings do not fit into {MAX_PAYLOAD_BYTES} bytes")
    return [bytes(element) for element in slices], True


def _one_by_one(
    elements: Sequence[Any], origin: Origin, read: Callable[[Any], Any], raw: Callable[[Any], bytes], *, is_array: bool
) -> Decoded:
    """Take the elements one at a time, and find for each that is wrong what is wrong with it."""
    accepted: list[Reading | Sighting] = []
    rejected: list[DeadLetter] = []
    for position, element in enumerate(elements):
        said = None
        try:
            said = read(element)
            accepted.append(_one(said, origin))
        except Refused as refused:
            rejected.append(dead_letter(refused, raw(element), origin, position if is_array else None, said))
    return _sorted(accepted, rejected)


def _read(element: bytes) -> Any:
    """Decode one element from its own bytes."""
    if len(element) > MAX_READING_BYTES:
        raise Refused("too_large", f"the reading has {len(element)} bytes; {MAX_READING_BYTES} are allowed")
    try:
        return _JSON.decode(element)
    except RecursionError as deep:
        raise Refused("too_deep", "the reading is nested deeper than 1000 levels or so") from deep
    except UnicodeDecodeError as wrong:
        raise Refused("not_json", f"the text is not UTF-8: {wrong.reason}") from wrong
    except msgspec.DecodeError as wrong:
        if not isinstance(wrong, msgspec.ValidationError):
            raise Refused("not_json", str(wrong)) from wrong
        raise Refused("out_of_range", str(wrong)) from wrong
    except (ArithmeticError, ValueError) as wrong:
        raise Refused("out_of_range", "a number has more digits, or a larger exponent, than any number of ours") from wrong


def _one(said: Any, origin: Origin) -> Reading | Sighting:
    """Convert one object; raises the most telling reason where several apply."""
    if not isinstance(said, dict):
        raise Refused("not_an_object", f"a reading is a JSON object, not {shown(said)}")
    thing = {name: value for name, value in said.items() if value is not None}
    if origin.place is not None:
        _fill(thing, origin.place)
    _check_fields(thing)
    try:
        one = _accept(thing, origin)
    except msgspec.ValidationError as wrong:
        raise explained(wrong) from wrong
    except UnicodeEncodeError as wrong:
        raise _half_a_pair() from wrong
    except (ArithmeticError, TypeError, ValueError) as wrong:
        raise Refused("out_of_range", f"a value cannot be taken over: {shown(wrong)}") from wrong
    _check_text(one)
    return one


def _check_fields(thing: dict[str, Any]) -> None:
    """Refuse a kind that is none of ours, and an object without a field that its kind must have."""
    kind = thing.get("kind")
    if kind is None:
        raise Refused("missing_field", "`kind` is missing")
    if not isinstance(kind, str):
        raise Refused("wrong_type", f"`kind` must be text, not {shown(kind)}")
    if kind not in KINDS:
        raise Refused("unknown_kind", f"`kind` is {shown(kind)}; known are {', '.join(KINDS)}")
    missing = [name for name in _REQUIRED[kind] if name not in thing]
    if missing:
        raise Refused("missing_field", f"`{missing[0]}` is missing; a reading of kind `{kind}` must have it")


def _check_text(one: Reading | Sighting) -> None:
    """Refuse characters that PostgreSQL or UTF-8 cannot hold; JSON can write both as escapes."""
    try:
        encoded = KAFKA_ENCODER.encode(one)
    except UnicodeEncodeError as wrong:
        raise _half_a_pair() from wrong
    if _NUL in encoded and _has_nul(msgspec.to_builtins(one)):
        raise Refused("nul_character", "a text contains the character U+0000, which PostgreSQL cannot store")


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_nul(inner) for inner in value)
    return isinstance(value, str) and "\0" in value


def _encoded(thing: object) -> bytes:
    """Write an object that was parsed already as JSON again: its own bytes are not known here."""
    try:
        return msgspec.json.encode(thing, enc_hook=repr)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return shown(thing).encode()


def _bad_topic(topic: str) -> Refused:
    return Refused("bad_topic", f"{shown(topic)} is not instore/v1/STORE_ID/KIND/SENSOR_ID")


def _half_a_pair() -> Refused:
    return Refused("not_json", "half a surrogate pair is no text")
