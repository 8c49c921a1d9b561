"""A stream like that of "DinoFun World" (VAST Challenge 2015, mini-challenge 1), for whoever does not have it. Made up. Pure.

Alike, as far as that data set is known here: rows `Timestamp,id,type,X,Y` with a time of whole seconds, without zone and with a month of
one digit (`2014-6-06 08:00:16`); the type is `check-in` or `movement`; a park of 100 by 100 cells with three gates, open on Friday 6 to
Sunday 8 June 2014 from 8:00 until late; a visitor's first row is a check-in at a gate; groups walk together, so many rows have one time;
about a row a second while walking; nothing at all between the check-in at an attraction and the first step after it, which is minutes, or
hours at a show; most come in the morning; nothing at night, and some ids again on the next day, at another gate too.

Assumed: where the attractions are and how long people stay; 200 to 400 rows a visit, not some 1,700, so that 100,000 rows hold hundreds of
visits; what is unusual, made frequent: pauses of just a minute, lingering behind the gate, a check-in at a second gate, leaving and coming
again on the same day, and ids that are heard no more in the middle of the park. The real files are in order of time: these rows are up to
half a minute out of order, second by second; one in 200 is up to two hours late, and one in 500 comes twice.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

FIRST_DAY = datetime(2014, 6, 6)  # noqa: DTZ001 - the files say no zone
DAYS = 3
OPENS_S, LAST_COME_S, CLOSES_S = 8 * 3600, 17 * 3600, 23 * 3600
"""Seconds of a day."""

SIDE = 100
"""Cells of the park, in each direction."""

DISORDER_S = 30
LATE_S = (600, 7200)
LATE_SHARE, TWICE_SHARE = 1 / 200, 1 / 500


class Cell(NamedTuple):
    """Where something is: 0 to 99 each."""

    x: int
    y: int


class Attraction(NamedTuple):
    """Where one checks in, and how long one is not heard then: from, to, seconds."""

    cell: Cell
    stay_s: tuple[int, int]


class Row(NamedTuple):
    """A row of the files. `at_s` are seconds since the first midnight."""

    at_s: int
    visitor: int
    kind: str
    cell: Cell

    def cells(self) -> list[str]:
        """Write it as the files do."""
        at = FIRST_DAY + timedelta(seconds=self.at_s)
        return [f"{at.year}-{at.month}-{at:%d %H:%M:%S}", str(self.visitor), self.kind, str(self.cell.x), str(self.cell.y)]


GATES = {"north": Cell(63, 99), "west": Cell(0, 67), "east": Cell(99, 77)}

ATTRACTIONS = {
    **{f"ride-{n}": Attraction(Cell(7 + 23 * (n % 4), 9 + 17 * (n // 4)), (60 + 45 * n, 300 + 150 * n)) for n in range(16)},
    "show-1": Attraction(Cell(76, 88), (3000, 6600)),
    "show-2": Attraction(Cell(32, 33), (3600, 12600)),
}
"""Rides are 1 to 42 minutes; a show is 50 minutes to three and a half hours."""

SHOPS = {f"shop-{n}": cell for n, cell in enumerate((Cell(60, 90), Cell(20, 60), Cell(85, 70), Cell(48, 48)))}
"""Here one is heard every 10 to 70 seconds, after the check-in."""

PAUSES_S = (15, 59, 60, 61, 120, 300)


class _Walk:
    """A group on its way: where it is, when, and what was heard of its first member."""

    def __init__(self, rng: Random, at_s: int, gate: Cell) -> None:
        self.rng, self.at_s, self.cell = rng, at_s, gate
        self.heard: list[tuple[int, str, Cell]] = []

    def say(self, kind: str) -> None:
        self.heard.append((self.at_s, kind, self.cell))

    def go(self, to: Cell) -> None:
        """Walk there, over corners too, a cell in some second; now and then stand still."""
        while self.cell != to:
            step = [(there > here) - (there < here) for here, there in zip(self.cell, to, strict=True)]
            self.cell = Cell(self.cell.x + step[0], self.cell.y + step[1])
            self.at_s += self.rng.choice((1, 1, 1, 1, 1, 2, 3)) if self.rng.random() > 0.01 else self.rng.choice(PAUSES_S)
            self.say("movement")

    def ride(self, attraction: Attraction) -> None:
        """Go there, check in, and be heard again when it is over."""
        self.go(attraction.cell)
        self.at_s += self.rng.choice((0, 0, 1, 5))
        self.say("check-in")
        self.at_s += self.rng.randint(*attraction.stay_s)

    def shop(self, cell: Cell) -> None:
        """Go there, check in, and look around."""
        self.go(cell)
        self.say("check-in")
        for _ in range(self.rng.randint(1, 6)):
            self.at_s += self.rng.choice((10, 20, 30, 45, 60, 70))
            self.say("movement")

    def leave(self) -> None:
        """Go to a gate, and be heard behind it for a while."""
        self.go(self.rng.choice(list(GATES.values())))
        for _ in range(self.rng.choice((0, 0, 1, 2, 5))):
            self.at_s += self.rng.choice((1, 10, 60, 90))
            self.say("movement")


def rows(n_rows: int = 100_000, seed: int = 2015) -> list[Row]:
    """Make the first `n_rows` rows in the order in which they arrive; the same for the same arguments."""
    rng = Random(seed)
    heard: list[Row] = []
    # Sunday has most visitors; a visitor-day has some 350 rows, and what is too much is cut off behind the last row.
    shares = (0.26, 0.36, 0.48)
    known: list[list[int]] = []
    for day in range(DAYS):
        enough = len(heard) + round(shares[day] * n_rows)
        groups = [group for group in known if rng.random() < 0.3]
        while len(heard) < enough:
            heard += _day_of(rng, groups.pop() if groups else _new_group(rng, known), day)
    return [row for *_, row in sorted(_arrivals(rng, heard))[:n_rows]]


def _new_group(rng: Random, known: list[list[int]]) -> list[int]:
    known.append([rng.randrange(1, 2_100_000) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6)))])
    return known[-1]


def _day_of(rng: Random, group: list[int], day: int) -> Iterator[Row]:
    """What is heard of a group on a day: the same of all members, but for who is lost on the way or misses a row."""
    walk = _Walk(rng, day * 86_400 + int(rng.triangular(OPENS_S, LAST_COME_S, OPENS_S)), rng.choice(list(GATES.values())))
    _visit(walk)
    if rng.random() < 0.2:
        walk.at_s += rng.choice((90, 1000, 3600, 7200))
        _visit(walk)
    closes_s = day * 86_400 + CLOSES_S
    for visitor in group:
        lost_at_s = rng.randint(walk.heard[0][0], closes_s) if rng.random() < 0.08 else closes_s
        yield from (Row(at_s, visitor, kind, cell) for at_s, kind, cell in walk.heard if at_s < lost_at_s and rng.random() > 0.002)


def _visit(walk: _Walk) -> None:
    """From one gate to another."""
    walk.say("check-in")
    for _ in range(walk.rng.randint(3, 9)):
        what = walk.rng.random()
        if what < 0.6:
            walk.ride(ATTRACTIONS[walk.rng.choice(list(ATTRACTIONS))])
        elif what < 0.97:
            walk.shop(walk.rng.choice(list(SHOPS.values())))
        else:
            walk.go(walk.rng.choice(list(GATES.values())))
            walk.say("check-in")
    walk.leave()


def _arrivals(rng: Random, heard: list[Row]) -> Iterator[tuple[float, str, Row]]:
    """When each row arrives, and of which type it is. What is heard in one second travels together, movements and check-ins apart."""
    delays = {at_s: rng.uniform(0, DISORDER_S) for at_s in sorted({row.at_s for row in heard})}
    for row in heard:
        arrives_s = row.at_s + (rng.uniform(*LATE_S) if rng.random() < LATE_SHARE else delays[row.at_s])
        yield arrives_s, row.kind, row
        if rng.random() < TWICE_SHARE:
            yield arrives_s + rng.uniform(0, DISORDER_S), row.kind, row
