"""Makes wrong messages of right ones: by bytes, and by what JSON means. Pure: the generator is an argument."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

ODD_TEXTS = (
    "",
    "\0",
    "a\0b",
    "x" * 256,
    "x" * 257,
    "\U0001f600" * 256,
    "\N{COMBINING ACUTE ACCENT}" * 40,
    "\ud800",
    "\udc00\ud800",
    "\u2028",
    "-",
    "../../etc",
    "'; DROP TABLE instore.visits; --",
    "instore/v1/a/b/c",
    "in",
    "pickup",
    "EUR",
    "eur",
    "1e5",
    "-0",
    "1E+11",
    "0E-99",
    "999999999999.9999",
    "1000000000000",
    "0.00001",
    "NaN",
    "Infinity",
    "2026-11-22T09:30:12Z",
    "2026-11-22T09:30:12",
    "2026-11-22T09:30:12.1234567+14:00",
    "2026-12-31T23:59:60Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59",
    "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
)

ODD_NUMBERS = (
    *(b"0", b"-0", b"-1", b"1", b"0.5", b"-0.0", b"1e0", b"1E+2", b"1e-7", b"1e308", b"1e400", b"-1e400", b"1e-400", b"1e99999999999"),
    *(b"9007199254740993", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616"),
    *(b"1795339812000", b"1795339812000.123", b"1795339812000000", b"1795340112000", b"1795340112001", b"253402300799000"),
    *(b"253402300800000", b"253402300799000000", b"-1795339812000", b"9" * 400, b"9" * 5000, b"0." + b"1" * 400, b"86400", b"86400.0001"),
    *(b"-200", b"100", b"100.0001", b"1e6", b"0.30000000000000004", b"1e12", b"999999999999.9999", b"999999999999.99995"),
)
"""As JSON writes them: Python would round some, and refuse others."""

NAMES = (
    *("id", "kind", "store_id", "sensor_id", "ts", "received_at", "device_id", "direction", "zone_id", "duration_s", "rssi_dbm"),
    *("shelf_id", "action", "product_id", "receipt_id", "amount", "currency", "items", "quantity", "unit_price", "state", "", "\0"),
    *("distance_m", "type"),
)
KINDS = ("entry", "dwell", "shelf", "payment", "status", "sighting", "restock", "Entry", "")

_TOKENS = (
    *(b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\n", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b"\\\\u0000"),
)
_WORDS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"[[[[", b"{}", b"[]"),
    *(b"[" * 2000, b'{"a":' * 1100, b"," * 60_000, b" " * 5000),
)
_HOLE = "\ue000"
"""Stands where a number's own bytes go, once the rest is written."""


def mutated(rng: Random, payload: bytes, others: Sequence[bytes]) -> bytes:
    """Change one to four things in a payload; some come from others."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        change = rng.choice(_BY_BYTES) if rng.random() < 0.25 else _by_meaning
        payload = change(rng, payload, others)
    return payload


def _by_meaning(rng: Random, payload: bytes, payloads: Sequence[bytes]) -> bytes:
    """Change what JSON says, so that it stays JSON; bytes where it is none."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return rng.choice(_BY_BYTES)(rng, payload, payloads)
    holes: list[bytes] = []
    changed = _changed(rng, said, holes)
    text = json.dumps(changed, ensure_ascii=rng.random() < 0.7).encode(errors="surrogatepass")
    for number, hole in enumerate(holes):
        for mark in (json.dumps(f"{_HOLE}{number}"), json.dumps(f"{_HOLE}{number}", ensure_ascii=False)):
            text = text.replace(mark.encode(), hole)
    return text


def _changed(rng: Random, said: Any, holes: list[bytes]) -> Any:
    """Go down to some place in a value, and change something there."""
    if isinstance(said, dict) and said and rng.random() < 0.85:
        return _changed_object(rng, said, holes)
    if isinstance(said, list) and said and rng.random() < 0.9:
        where = rng.randrange(len(said))
        if rng.random() < 0.8:
            return [*said[:where], _changed(rng, said[where], holes), *said[where + 1 :]]
        one = said[where]
        return said[:where] + rng.choice(([], [one] * rng.choice((2, 3, 1200)), [_odd(rng, holes), one])) + said[where + 1 :]
    return _odd(rng, holes)


def _changed_object(rng: Random, said: dict[str, Any], holes: list[bytes]) -> dict[str, Any]:
    name = rng.choice(list(said))
    match rng.randrange(6):
        case 0:
            return {key: value for key, value in said.items() if key != name}
        case 1:
            return {**said, rng.choice(NAMES): _odd(rng, holes)}
        case 2:
            return {**said, "kind": rng.choice(KINDS)}
        case 3:
            return {rng.choice(NAMES) if key == name else key: value for key, value in said.items()}
        case _:
            return {**said, name: _changed(rng, said[name], holes)}


def _odd(rng: Random, holes: list[bytes]) -> Any:
    match rng.randrange(8):
        case 0:
            return rng.choice((None, True, False, [], {}, [[]], {"a": {}}, [None]))
        case 1 | 2 | 3:
            holes.append(rng.choice(ODD_NUMBERS))
            return f"{_HOLE}{len(holes) - 1}"
        case 4:
            return "".join(map(chr, rng.choices(range(rng.choice((32, 0x250, 0x110000))), k=rng.randrange(30))))
        case _:
            return rng.choice(ODD_TEXTS)


def _flipped(rng: Random, payload: bytes, _: Sequence[bytes]) -> bytes:
    if not payload:
        return payload
    where = rng.randrange(len(payload))
    return payload[:where] + bytes([rng.randrange(256)]) + payload[where + 1 :]


def _put_in(rng: Random, payload: bytes, _: Sequence[bytes]) -> bytes:
    where = rng.randrange(len(payload) + 1)
    return payload[:where] + rng.choice(_TOKENS if rng.random() < 0.9 else _WORDS) + payload[where:]


def _taken_out(rng: Random, payload: bytes, _: Sequence[bytes]) -> bytes:
    first = rng.randrange(len(payload) + 1)
    return payload[:first] + payload[first + rng.choice((1, 1, 2, 8, 1000)) :]


def _cut(rng: Random, payload: bytes, _: Sequence[bytes]) -> bytes:
    return payload[: rng.randrange(len(payload) + 1)]


def _spliced(rng: Random, payload: bytes, payloads: Sequence[bytes]) -> bytes:
    other = rng.choice(payloads)
    return payload[: rng.randrange(len(payload) + 1)] + other[rng.randrange(len(other) + 1) :]


def _wrapped(rng: Random, payload: bytes, payloads: Sequence[bytes]) -> bytes:
    form = rng.choice((b"[%b]", b"[%b,%b]", b'{"a":%b}', b"%b\n%b", b" %b "))
    return form.replace(b"%b", payload, 1).replace(b"%b", rng.choice(payloads))


_Change = Callable[[Random, bytes, Sequence[bytes]], bytes]
_BY_BYTES: tuple[_Change, ...] = (_flipped, _flipped, _put_in, _taken_out, _cut, _spliced, _wrapped)
