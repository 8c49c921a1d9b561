"""Messages at another time: the same readings as if they had happened then. Pure.

The times in the payload move, and with them the ids: a reading at another time is another one. The new id hangs on the old one and on the
shift alone, so the same shift twice gives the same readings, which are known by then. A reading without id is named by its content, which
has moved. What cannot be read as a reading with a time stays as it is: it is refused at any time.
"""

import hashlib

import msgspec

from sensors.decode import BOM
from sensors.reading import MAX_TEXT, SECOND, rfc3339
from simulators.recordings.messages import Message, time_of

_MILLI = SECOND // 1000
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_VALUE = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def shifted(message: Message, shift: int) -> Message:
    """The message as if it had come that much later.

    Args:
        message: any message.
        shift: microseconds, whole milliseconds of them; may be negative.
    """
    if shift == 0:
        return message
    moved = {name: value + shift for name in ("first_ts", "last_ts", "at", "due") if (value := getattr(message, name)) is not None}
    return message._replace(payload=_payload(message.payload, shift), **moved)


def _payload(payload: bytes, shift: int) -> bytes:
    bare = payload.removeprefix(BOM)
    try:
        if bare.lstrip()[:1] != b"[":
            moved = _reading(bare, shift)
            return payload if moved == bare else moved
        elements = _ARRAY.decode(bare)
    except _WRONG:
        return payload
    return b"[" + b",".join(_element(bytes(element), shift) for element in elements) + b"]"


def _element(element: bytes, shift: int) -> bytes:
    """One of several: another that is wrong does not keep it where it is."""
    try:
        return _reading(element, shift)
    except _WRONG:
        return element


def _reading(payload: bytes, shift: int) -> bytes:
    reading = _OBJECT.decode(payload)
    ts = _VALUE.decode(reading["ts"]) if "ts" in reading else None
    at = time_of(ts)
    if at is None or at + shift < 0:
        return payload
    reading["ts"] = msgspec.Raw(_ENCODER.encode(rfc3339(at + shift) if isinstance(ts, str) else _millis(at + shift)))
    own = _VALUE.decode(reading["id"]) if "id" in reading else None
    if isinstance(own, str) and own:
        reading["id"] = msgspec.Raw(_ENCODER.encode(_id(own, shift)))
    return _ENCODER.encode(reading)


def _millis(at: int) -> int | float:
    whole, rest = divmod(at, _MILLI)
    return whole if rest == 0 else at / _MILLI  # a double holds microseconds until the year 2255


def _id(own: str, shift: int) -> str:
    moved = f"{own}{shift // _MILLI:+d}"
    return moved if len(moved) <= MAX_TEXT else hashlib.blake2b(moved.encode(errors="replace"), digest_size=16).hexdigest()
