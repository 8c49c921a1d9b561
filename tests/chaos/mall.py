"""A large store for a flood: a thousand inside, heard every five seconds by a gateway in each zone that sends arrays of up to 100 readings.

Much faster to make than the simulator's shoppers, and of the same shape. Pure: same arguments, same messages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

PRESENT = 1_000
"""People inside at a time."""

SCAN_S = 5
ARRAY = 100
"""Readings of a message, at most."""

VISIT_S = 600, 2_400
IN_A_ZONE_S = 20, 180
BUYS = 0.6
"""How many of those who leave pay before."""

_SIGNALS = tuple(range(-90, -50))


class Message(NamedTuple):
    """What is published at once, and how many readings it has."""

    topic: str
    payload: bytes
    n_readings: int


@dataclass(slots=True)
class _Person:
    device_id: str
    zone: int
    moves_at: int
    leaves_at: int


class Mall:
    """Makes messages.

    Args:
        store_id: the store.
        zones: where people are.
        till: the zone and the sensor of the till.
        began_at: the first moment, seconds since 1970.
        seed: other seeds, other people.
    """

    def __init__(self, store_id: str, zones: Sequence[str], till: tuple[str, str], began_at: int, seed: int) -> None:
        self._store_id, self._zones, self._till = store_id, zones, till
        self._rng = Random(seed)
        self._now = began_at
        self._n_people = self._n_ids = 0
        self._people: list[_Person] = []
        self._said: list[Message] = []

    def messages(self, n_readings: int) -> Iterator[Message]:
        """Make so many readings or a few more, in order of time."""
        n_made = 0
        while n_made < n_readings:
            for message in self._scan():
                n_made += message.n_readings
                yield message

    def _scan(self) -> Iterator[Message]:
        """Five seconds: some come, some go, and all are heard."""
        self._said = []
        heard: list[list[_Person]] = [[] for _ in self._zones]
        staying = []
        for person in self._people:
            if person.leaves_at <= self._now:
                self._leave(person)
                continue
            if person.moves_at <= self._now:
                person.zone = self._rng.randrange(len(self._zones))
                person.moves_at = self._now + self._rng.randint(*IN_A_ZONE_S)
            staying.append(person)
            heard[person.zone].append(person)
        self._people = staying
        for _ in range(min(PRESENT - len(staying), max(1, PRESENT // 100))):
            self._enter()
        yield from self._said
        for zone, people in zip(self._zones, heard, strict=True):
            for first in range(0, len(people), ARRAY):
                yield self._heard(zone, people[first : first + ARRAY])
        self._now += SCAN_S

    def _heard(self, zone: str, people: list[_Person]) -> Message:
        first, base = self._n_ids, self._now * 1000
        self._n_ids += len(people)
        body = ",".join(
            f'{{"id":"{number}","device_id":"{person.device_id}","zone_id":"{zone}","ts":{base + number % 1000},'
            f'"rssi_dbm":{_SIGNALS[number % 40]}}}'
            for number, person in enumerate(people, first)
        )
        return self._message("dwell", f"gw-{zone}", f"[{body}]", len(people))

    def _enter(self) -> None:
        self._n_people += 1
        rng, now = self._rng, self._now
        moves_at, leaves_at = now + rng.randint(*IN_A_ZONE_S), now + rng.randint(*VISIT_S)
        person = _Person(f"band-{self._n_people:06d}", rng.randrange(len(self._zones)), moves_at, leaves_at)
        self._people.append(person)
        self._pass(person, "in")

    def _leave(self, person: _Person) -> None:
        if self._rng.random() < BUYS:
            self._pay(person)
        self._pass(person, "out")

    def _pass(self, person: _Person, direction: str) -> None:
        said = f'{{"id":"{self._id()}","device_id":"{person.device_id}","direction":"{direction}","ts":{self._now * 1000}}}'
        self._said.append(self._message("entry", "gate-1", said))

    def _pay(self, person: _Person) -> None:
        number = self._id()
        cents = self._rng.randint(100, 9_000)
        item = f'{{"product_id":"bananas","quantity":"1","unit_price":"{cents / 100:.2f}"}}'
        said = (
            f'{{"id":"{number}","device_id":"{person.device_id}","zone_id":"{self._till[0]}","receipt_id":"{number}",'
            f'"amount":"{cents / 100:.2f}","currency":"EUR","items":[{item}],"ts":{self._now * 1000}}}'
        )
        self._said.append(self._message("payment", self._till[1], said))

    def _id(self) -> int:
        self._n_ids += 1
        return self._n_ids - 1

    def _message(self, kind: str, sensor_id: str, said: str, n_readings: int = 1) -> Message:
        return Message(f"instore/v1/{self._store_id}/{kind}/{sensor_id}", said.encode(), n_readings)
