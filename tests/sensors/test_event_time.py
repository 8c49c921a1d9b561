"""Event times: RFC 3339 and milliseconds, exactly."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.event_time import parse
from sensors.reading import MAX_TS, SECOND, rfc3339, to_micros
from sensors.refused import Refused

HALF_PAST = 1_795_339_800 * SECOND
"""2026-11-22T09:30:00Z."""


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-22T09:30:00Z", 0),
        ("2026-11-22t09:30:00z", 0),
        ("2026-11-22 09:30:00Z", 0),
        ("2026-11-22T11:30:00+02:00", 0),
        ("2026-11-22T11:30:00+0200", 0),
        ("2026-11-22T04:00:00-05:30", 0),
        ("2026-11-22T09:30:00-00:00", 0),
        ("2026-11-23T09:29:00+23:59", 0),
        ("2026-11-22T09:30:00.5Z", 500_000),
        ("2026-11-22T09:30:00.25+00:00", 250_000),
        ("2026-11-22T09:30:00.123456Z", 123_456),
        ("2026-11-22T09:30:00.1234567Z", 123_456),
        ("2026-11-22T09:30:00.123456789+00:00", 123_456),
        ("2026-11-22T09:30:00.9999999Z", 999_999),
        ("2026-11-22T11:30:00.9999999+02:00", 999_999),
        ("2026-11-22T11:30:00.9999999+0200", 999_999),
        ("2026-11-22T09:30:00.00000000000000000000000000001Z", 0),
    ],
)
def test_rfc3339(text: str, micros: int) -> None:
    """Every form of RFC 3339; decimals after the sixth are cut off, never rounded up."""
    assert parse(text) == HALF_PAST + micros


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.75Z"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.9999999Z", "2017-01-01T00:00:00.999999Z"),
    ],
)
def test_leap_second(text: str, same_as: str) -> None:
    """23:59:60 UTC is the first second of the next day, wherever its sensor stands."""
    assert parse(text) == parse(same_as)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "now",
        "1795339800250",
        "2026-11-22",
        "2026-11-22Z",
        "2026-11-22T09:30Z",
        "20261122T093000Z",
        "2026-W47-7T09:30:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z",
        "2026-11-22T09:30:60Z",
        "2026-11-22T23:58:60Z",
        "2026-11-22T23:59:61Z",
        "2026-11-22T09:30:00,5Z",
        "2026-11-22T09:30:00.Z",
        "2026-11-22T09:30:00+24:00",
        "2026-11-22T09:30:00+02",
        " 2026-11-22T09:30:00Z",
        "2026-11-22T09:30:00Z ",
        "0000-01-01T00:00:00Z",
        "\uff12026-11-22T09:30:00Z",
        "x" * 100_000,
        "2026-11-22T09:30:00.\u0663Z",
        "Sun, 22 Nov 2026 09:30:00 GMT",
    ],
)
def test_no_time(text: str) -> None:
    """Text that is no RFC 3339 is refused, with a sentence that shows how to write it and does not grow with the text."""
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.reason == "bad_time"
    assert len(refused.value.detail) < 300


@pytest.mark.parametrize("text", ["2026-11-22T09:30:00", "2026-11-22 09:30:00.123", "2026-11-22T09:30:00.1234567", "2026-11-22T23:59:60"])
def test_no_time_zone(text: str) -> None:
    """A time without offset has its own reason."""
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.reason == "no_time_zone"


@pytest.mark.parametrize(
    ("millis", "micros"),
    [
        (0, 0),
        (1_795_339_800_250, HALF_PAST + 250_000),
        (-5, -5000),
        (Decimal("1795339800250.5"), HALF_PAST + 250_500),
        (Decimal("1795339800250.9999999999999999999999999999999"), HALF_PAST + 250_999),
        (Decimal("1.7953398e12"), HALF_PAST),
        (Decimal("1E-999999"), 0),
        (1_795_339_800_250.125, HALF_PAST + 250_125),
    ],
)
def test_milliseconds(millis: Decimal | float, micros: int) -> None:
    """Whole or with decimals, exactly; what is beyond the range is the range check's business."""
    assert parse(millis) == micros


@pytest.mark.parametrize("millis", [Decimal("1e15"), Decimal("-1e15"), Decimal("1e999999"), Decimal("NaN"), float("inf"), float("nan")])
def test_milliseconds_beyond_reason(millis: Decimal | float) -> None:
    """Numbers that would fill the memory as an integer, or are none."""
    with pytest.raises(Refused) as refused:
        parse(millis)
    assert refused.value.reason == "bad_time"


def test_milliseconds_just_within_reason() -> None:
    """The other side of that bound."""
    assert parse(Decimal("999999999999999.9")) == 999_999_999_999_999_900


def test_datetimes() -> None:
    """Rows of Parquet bring datetimes; those without a zone are refused."""
    assert parse(datetime(2026, 11, 22, 11, 30, tzinfo=timezone(timedelta(hours=2)))) == HALF_PAST
    with pytest.raises(Refused) as refused:
        parse(datetime(2026, 11, 22, 11, 30))  # noqa: DTZ001 - that is the point
    assert refused.value.reason == "no_time_zone"


@pytest.mark.parametrize("value", [True, None, [], {}, b"2026"])
def test_other_types(value: object) -> None:
    """A truth value is no number here."""
    with pytest.raises(Refused) as refused:
        parse(value)
    assert refused.value.reason == "wrong_type"


@given(st.integers(0, MAX_TS))
def test_what_we_write_we_read(ts: int) -> None:
    """Our own form comes back to the microsecond."""
    assert parse(rfc3339(ts)) == ts


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001 - the zone follows
def test_any_offset(local: datetime, minutes: int) -> None:
    """Python's own way of writing any offset is read as Python means it."""
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse(moment.isoformat()) == to_micros(moment)
    assert parse(moment.astimezone(UTC).isoformat().replace("+00:00", "Z")) == to_micros(moment)


@given(st.text() | st.text("0123456789-:TZ+. ", max_size=40))
def test_any_text(text: str) -> None:
    """Any text is a time or refused."""
    with suppress(Refused):
        assert isinstance(parse(text), int)
