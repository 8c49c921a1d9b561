"""The engine against `docs/signals.md`, kind by kind: examples by hand, each told in several orders; the plain telling too."""

import random
from collections import Counter
from collections.abc import Sequence
from uuid import UUID, uuid5

import msgspec
import pytest

from sensors.reading import Reading, to_datetime
from storage.model import Signal
from stream.journey import Plan
from stream.store import Store
from tests.examples_of_signals import EXAMPLES, NAMES, SignalExample
from tests.plain_signals import plain_signals
from tests.signal_parts import Said, agrees, found
from tests.stream.rows import Rows

NAMESPACE = UUID("c2f0a3de-3a3b-5b0e-8b0c-5d7f0f3c9a11")


def _told(example: SignalExample, readings: Sequence[Reading], cut: int, *, restart: bool = False) -> Rows:
    """Let readings arrive in this order, some at once, and say what is new each time; then let silence end it all."""
    plan = Plan(example.rules, example.layout)
    store, rows = Store("s1", plan), Rows()
    for start in range(0, len(readings), cut):
        rows.add(store, readings[start : start + cut])
        rows.write(store)
        if restart:
            store = rows.restored(store, plan)
    store.close()
    rows.write(store)
    return rows


def _orders(example: SignalExample) -> list[tuple[str, Rows]]:
    """Tell an example in time and late, at once and one by one, with and without restarts."""
    readings = sorted(example.readings, key=lambda reading: (reading.ts, reading.id))
    shuffled = random.Random(1).sample(readings, len(readings))
    return [
        ("in time", _told(example, readings, 1)),
        ("in time, restarted", _told(example, readings, 7, restart=True)),
        ("backwards", _told(example, readings[::-1], 1)),
        ("shuffled, restarted", _told(example, shuffled, 3, restart=True)),
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_example(example: SignalExample) -> None:
    """Each example comes out as worked out by hand, in whatever order its readings come, and no signal has another one's id."""
    for order, rows in _orders(example):
        said = [found(signal) for signal in rows.signals.values()]
        assert agrees(said, example.signals), (order, sorted(said), sorted(example.signals))
        assert {signal.signal_id for signal in rows.signals.values()} == {_name(signal) for signal in rows.signals.values()}
        assert max(Counter(signal.signal_id for signal in rows.signals.values()).values(), default=1) == 1


def _name(signal: Signal) -> str:
    """Count an id by the words of the page."""
    since = f"{to_datetime(signal.since):%Y-%m-%dT%H:%M:%S.%f}Z"
    return str(uuid5(NAMESPACE, msgspec.json.encode([signal.kind, "s1", *found(signal).subject, since]).decode()))


IN_UTC = [example for example in EXAMPLES if example.layout.timezone == "UTC" or not example.name.startswith("day_")]
"""The plain telling knows the beginning of a zone's day in UTC only."""


@pytest.mark.parametrize("example", IN_UTC, ids=lambda example: example.name)
def test_the_plain_telling_agrees(example: SignalExample) -> None:
    """What random streams are compared with says the same as the examples."""
    visits = _told(example, example.readings, 1).visits.values()
    told = sorted(plain_signals(visits, example.readings, example.layout, example.rules))
    want = [(said.kind, " ".join(_subject(said)), said.since, said.at, said.value) for said in example.signals]
    assert told == sorted(want)


def _subject(said: Said) -> tuple[str, ...]:
    return (said.subject[0], said.zone or "") if said.kind == "priority_changed" else said.subject


KINDS = ("long_dwell", "abandoned_basket", "zone_congested", "zone_cleared", "queue_long", "sensor_silent", "priority_changed")


def test_the_examples_are_named_apart_and_cover_every_kind() -> None:
    """A name is a kind and a case; each kind has examples in which it is said, and some in which nothing is."""
    assert len(set(NAMES)) == len(NAMES) >= 200
    assert {said.kind for example in EXAMPLES for said in example.signals} == set(KINDS)
    silent = [example.name for example in EXAMPLES if not example.signals]
    assert {kind for kind in KINDS for name in silent if name.startswith(kind)} == set(KINDS)
