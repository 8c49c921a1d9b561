"""The time of an event as sensors write it, turned into microseconds since 1970: RFC 3339 text, or epoch milliseconds."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

import msgspec

from sensors.reading import SECOND, to_micros
from sensors.refused import Refused, shown

_DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICRO_OF_A_MILLI = Decimal("0.001")
_LARGEST = Decimal("1e15")
_SIX_DECIMALS = re.compile(r"(\.\d{6})\d+")
_TOO_LONG = 26
"""Where the seventh decimal of a second would stand."""


def parse(value: object) -> int:
    """Turn what stands in `ts` into microseconds since 1970.

    Args:
        value: RFC 3339 text with an offset (decimals after the sixth are cut off), or milliseconds since 1970 as an integer or an exact
            decimal (its own decimals after the third are cut off), or an aware datetime.

    Raises:
        Refused: it is no time (`bad_time`), one without zone (`no_time_zone`), or of a type that cannot be a time (`wrong_type`).
    """
    if type(value) is int:
        return value * 1000
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return _from_millis(value)
    if isinstance(value, datetime):
        return _from_datetime(value)
    raise Refused("wrong_type", "`ts` must be RFC 3339 text or milliseconds since 1970")


def _from_text(text: str) -> int:
    short = text
    if len(text) > _TOO_LONG and text[_TOO_LONG].isdigit():  # only then can there be a seventh decimal; msgspec would round it
        short = _SIX_DECIMALS.sub(r"\1", text, count=1)
    try:
        moment = msgspec.convert(short, datetime)
    except msgspec.ValidationError:
        return _leap_second(text, short)
    if moment.tzinfo is None:
        raise Refused("no_time_zone", f"`ts` has no time zone: {shown(text)}; write an offset like `Z` or `+02:00` after it")
    return (moment - _EPOCH) // _MICROSECOND


def _leap_second(text: str, short: str) -> int:
    """Count 23:59:60 UTC as the first second of the next day, as PostgreSQL does; any other second 60 is no time."""
    if short[17:19] == "60":
        ts = _from_text(f"{short[:17]}59{short[19:]}") + SECOND
        if ts % _DAY < SECOND:
            return ts
    raise Refused("bad_time", f"`ts` is not RFC 3339: {shown(text)}; write it like 2026-11-22T09:30:00.250Z")


def _from_millis(millis: Decimal) -> int:
    if not millis.is_finite() or not -_LARGEST < millis < _LARGEST:  # an integer of a huge exponent would fill the memory
        raise Refused("bad_time", f"`ts` is no number of milliseconds since 1970: {shown(millis)}")
    return int(millis.quantize(_MICRO_OF_A_MILLI, ROUND_DOWN).scaleb(3))


def _from_datetime(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise Refused("no_time_zone", f"`ts` has no time zone: {moment.isoformat()}")
    return to_micros(moment)
