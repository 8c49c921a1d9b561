"""Hypothesis strategies for what the database has to keep: readings, visits and dead letters with everything that may be in them."""

from decimal import Decimal
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from sensors.dead_letter import DeadLetter
from sensors.reading import MAX_DURATION_S, MAX_MONEY, MAX_TEXT, MAX_TS, Dwell, Entry, Item, Payment, Reading, Shelf, Status
from storage.model import Facts, Removed, Scores, ShelfVisit, Stay, StoredReading, Visit

NASTY = ("'", '"', "\\", "\\N", "a\tb\nc\r", "{}", "NULL", "$1", "%s", "\N{PILE OF POO}", "\N{COMBINING ACUTE ACCENT}", "x" * MAX_TEXT)

text = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=MAX_TEXT),
)
"""Identifiers: all that the model allows."""

money = st.decimals(-MAX_MONEY + Decimal("0.0001"), MAX_MONEY - Decimal("0.0001"), places=4)
micros = st.one_of(st.integers(0, MAX_TS), st.integers(1_700_000_000_000_000, 1_800_000_000_000_000))
durations = st.one_of(st.none(), st.floats(0, MAX_DURATION_S))
maybe_text = st.one_of(st.none(), text)
currencies = st.from_regex("[A-Z]{3}", fullmatch=True)
actions = st.sampled_from(["view", "pickup", "putback"])
items = st.lists(st.builds(Item, product_id=text, quantity=money, unit_price=money), max_size=4)


def payments(store_id: st.SearchStrategy[str] = text) -> st.SearchStrategy[Payment]:
    """Payments of that store."""
    return st.builds(
        Payment,
        id=text,
        store_id=store_id,
        sensor_id=text,
        ts=micros,
        received_at=micros,
        receipt_id=text,
        amount=money,
        currency=currencies,
        items=items,
        device_id=maybe_text,
        zone_id=maybe_text,
    )


def readings(store_id: st.SearchStrategy[str] = text) -> st.SearchStrategy[Reading]:
    """Readings of all kinds."""
    common = {"id": text, "store_id": store_id, "sensor_id": text, "ts": micros, "received_at": micros}
    return st.one_of(
        st.builds(Entry, **common, device_id=text, direction=st.sampled_from(["in", "out"]), zone_id=maybe_text),
        st.builds(Dwell, **common, device_id=text, zone_id=text, duration_s=durations, rssi_dbm=st.one_of(st.none(), st.floats(-200, 100))),
        st.builds(
            Shelf, **common, device_id=text, shelf_id=text, action=actions, product_id=maybe_text, zone_id=maybe_text, duration_s=durations
        ),
        payments(store_id),
        st.builds(Status, **common, state=st.sampled_from(["online", "alive", "offline"])),
    )


def stored_readings(store_id: st.SearchStrategy[str] = text) -> st.SearchStrategy[StoredReading]:
    """Readings, late and not."""
    return st.builds(StoredReading, reading=readings(store_id), is_late=st.booleans())


shares = st.integers(0, 1000).map(lambda thousandth: thousandth / 1000)
facts = st.builds(
    Facts, visit_s=st.floats(0, 1e9), touches=st.integers(0, 2**31), look_s=st.floats(0, 1e6), coverage=shares, card=st.integers(0, 1)
)
scores = st.builds(Scores, speed=shares, selection=shares, price=shares, recognition=shares, enough=st.booleans(), facts=facts)


@st.composite
def visits(draw: st.DrawFn, store_id: str = "s1", visit_id: str | None = None, entered_at: int | None = None) -> Visit:
    """A visit as the engine may make it: parts in their order, none before it began."""
    begun = draw(st.integers(0, MAX_TS - 10**12)) if entered_at is None else entered_at
    spans = draw(st.lists(st.tuples(text, st.integers(0, 10**9), st.integers(0, 10**9)), max_size=5))
    stays, at = [], begun
    for zone_id, pause, length in spans:
        stays.append(Stay(zone_id, at + pause, at + pause + length))
        at += pause + length
    shelf_visits = draw(
        st.lists(
            st.builds(ShelfVisit, text, st.integers(begun, at), text, actions, maybe_text, maybe_text, durations),
            max_size=3,
            unique_by=lambda one: (one.ts, one.reading_id),
        )
    )
    paid = draw(st.lists(payments(st.just(store_id)), max_size=2, unique_by=lambda payment: payment.id))
    paid = [msgspec.structs.replace(payment, ts=max(payment.ts, begun)) for payment in paid]
    return Visit(
        visit_id=visit_id or str(draw(st.uuids())),
        store_id=store_id,
        device_id=draw(text),
        entered_at=begun,
        left_at=at,
        ended_by=draw(st.sampled_from([None, "exit", "timeout"])),
        n_readings=draw(st.integers(1, 2**31 - 1)),
        stays=tuple(stays),
        shelf_visits=tuple(sorted(shelf_visits, key=lambda one: (one.ts, one.reading_id))),
        payments=tuple(sorted(paid, key=lambda payment: (payment.ts, payment.id))),
        bounced=draw(st.booleans()),
        pass_by=draw(st.booleans()),
        is_staff=draw(st.booleans()),
        is_final=draw(st.booleans()),
        priority=draw(st.sampled_from([None, "speed", "selection", "price", "recognition", "none"])),
        priority_scores=draw(st.none() | scores),
    )


def removed(visit: Visit) -> Removed:
    """Say that a visit no longer exists."""
    return Removed(visit.visit_id, visit.store_id, visit.entered_at)


def visit_id(number: int) -> str:
    """Make the id of a test's visit."""
    return str(UUID(int=number))


anything = st.text(st.characters())
"""Text that nobody checked: NUL and lone surrogates too."""

dead_letters = st.builds(
    DeadLetter,
    id=anything,
    received_at=micros,
    source=anything,
    position=st.one_of(st.none(), st.integers(0, 10_000)),
    store_id=st.one_of(st.none(), anything),
    sensor_id=st.one_of(st.none(), anything),
    kind=st.one_of(st.none(), anything),
    reason=anything,
    detail=anything,
    raw=st.binary(),
)
