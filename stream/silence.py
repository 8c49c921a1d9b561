"""Sensors that are not heard of any more. Pure.

A silence is said when it is due (`Sensors.due`): when the threshold is over, or if the store is closed then, at its next opening. Of all
that a sensor ever said only its silences matter: gaps between readings that last until they are due. So a sensor is kept as runs of
readings with no such gap inside; a reading makes a run longer, joins two, or opens one, and the order in which readings come changes
nothing. The end of each run but the last began a silence that is known; the last one's begins when time has passed.

In the usual case, a reading soon after the last one, all of that is one comparison (`_last`).
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from sensors.hours import longest_closure, open_at
from sensors.layout import Layout
from sensors.reading import CLOCK_SENSOR, Reading
from stream.journey import FOR_EVER
from stream.rules import SignalRules

Silence = tuple[str, int, bool]
"""A sensor, a reading of it, and whether the silence behind that one was long."""


class Sensors:
    """When the sensors of one store were heard."""

    def __init__(self, rules: SignalRules, layout: Layout) -> None:
        self._last: dict[str, int] = {}
        """The end of the newest run, for sensors that are not silent: it runs ahead of what `_runs` says."""
        self._runs: dict[str, list[list[int]]] = {}
        self._alarms: list[tuple[int, str]] = []
        self._said: list[Silence] = []
        self._floor = -(1 << 62)
        self._rules, self._layout = rules, layout
        own = [rules.micros(*name.split(".", 1)) for name in rules.own if name.startswith("sensor_silent_s.")]
        waits = [wait for wait in (rules.micros("sensor_silent_s"), *own) if wait]
        self.least = min(waits, default=0)
        """The least threshold of any sensor, in microseconds; 0: no silence is said."""
        self.longest = max(waits) + longest_closure(layout) if waits else 0
        """No silence takes longer to be due, unless it never is (microseconds)."""

    def threshold(self, sensor_id: str) -> int:
        """How long a sensor may be silent, in microseconds; 0: for ever. instore's own clock is no sensor."""
        return 0 if sensor_id == CLOCK_SENSOR else self._rules.micros("sensor_silent_s", sensor_id)

    def due(self, sensor_id: str, since: int) -> int:
        """When a silence behind a reading is said, if it lasts until then and longer."""
        due = open_at(self._layout, since + self.threshold(sensor_id))
        return FOR_EVER if due is None else due

    def hear(self, readings: Iterable[Reading]) -> None:
        """Take in readings in any order."""
        if not self.least:
            return
        last, least = self._last, self.least
        for reading in readings:
            sensor_id, ts = reading.sensor_id, reading.ts
            newest = last.get(sensor_id)
            if newest is None or ts - newest > least or (ts < newest and ts < self._runs[sensor_id][-1][0]):
                self._hear(sensor_id, ts)
            elif ts > newest:
                last[sensor_id] = ts

    def hear_late(self, sensor_id: str, ts: int) -> None:
        """Take in a reading from long ago, unless what was then is forgotten."""
        if ts >= self._floor:
            self._hear(sensor_id, ts)

    def settle_silence(self, sensor_id: str, since: int) -> None:
        """Take note that a silence was found before, if it still is the last thing known of the sensor."""
        if self._last.get(sensor_id) == since and self.threshold(sensor_id):
            self._fall_silent(sensor_id)

    def _hear(self, sensor_id: str, ts: int) -> None:
        """Take in a reading that does not simply follow: the first, one from before, or one after a silence."""
        if not self.threshold(sensor_id):
            return
        runs = self._runs.setdefault(sensor_id, [])
        self._settle(sensor_id, runs)
        is_silent = bool(runs) and sensor_id not in self._last
        newest = runs[-1][1] if runs else ts
        place = bisect_right(runs, [ts, FOR_EVER])
        run = [ts, ts]
        if place and ts <= self.due(sensor_id, runs[place - 1][1]):
            run = runs[place - 1]
            if ts <= run[1]:
                return
            self._said.append((sensor_id, run[1], False))
            run[1] = ts
            place -= 1
        else:
            if place:
                self._said.append((sensor_id, runs[place - 1][1], True))
            insort(runs, run)
        if place + 1 < len(runs):
            following = runs[place + 1]
            if following[0] <= self.due(sensor_id, run[1]):
                run[1] = following[1]
                del runs[place + 1]
            else:
                self._said.append((sensor_id, run[1], True))
        if is_silent and runs[-1][1] == newest:  # what came is from before the silence
            return
        if sensor_id not in self._last:  # else it has an alarm, which `pass_time` puts off for as long as it is heard
            heappush(self._alarms, (self.due(sensor_id, runs[-1][1]), sensor_id))
        self._last[sensor_id] = runs[-1][1]

    def _settle(self, sensor_id: str, runs: list[list[int]]) -> None:
        """Write down how far the newest run goes."""
        if runs and sensor_id in self._last:
            runs[-1][1] = self._last[sensor_id]

    def pass_time(self, now: int) -> None:
        """Find who has been silent for too long by now."""
        while self._alarms and self._alarms[0][0] < now:
            alarm, sensor_id = heappop(self._alarms)
            last = self._last.get(sensor_id)
            if last is None or not self.threshold(sensor_id):
                continue
            due = self.due(sensor_id, last)
            if due >= min(now, FOR_EVER):
                if due > alarm:
                    heappush(self._alarms, (due, sensor_id))
                continue
            self._fall_silent(sensor_id)

    def _fall_silent(self, sensor_id: str) -> None:
        self._settle(sensor_id, self._runs[sensor_id])
        self._said.append((sensor_id, self._last.pop(sensor_id), True))  # so the next reading is one after a silence

    def take(self) -> Iterator[Silence]:
        """Give out what changed; of what changed several times, the last counts."""
        said, self._said = self._said, []
        yield from ((*key, is_silent) for key, is_silent in {(one[0], one[1]): one[2] for one in said}.items())

    def forget(self, before: int) -> None:
        """Drop runs that ended before this time, and sensors of which nothing else is known; who may yet fall silent is kept."""
        self._floor = before
        for sensor_id, runs in list(self._runs.items()):
            self._settle(sensor_id, runs)
            kept = [run for run in runs if run[1] >= before]
            runs[:] = kept or (runs[-1:] if sensor_id in self._last else [])
            if not runs:
                del self._runs[sensor_id]


def ends(times: Iterable[int], within: int) -> list[int]:
    """The first and the last of each run of times, in which one follows the other within so long."""
    times = sorted({*times})
    before, after = [None, *times], [*times[1:], None]
    return [
        ts
        for ts, last, following in zip(times, before, after, strict=False)
        if last is None or following is None or ts - last > within or following - ts > within
    ]


def neighbours(late: Iterable[int], others: Iterable[int], within: int) -> Iterator[tuple[int, int | None]]:
    """Pair each late reading of a sensor, and the reading before it, with the reading that follows; None: nothing follows.

    Args:
        late: when it was heard, as only now is known.
        others: when else, at least the nearest before and after the `ends` of the late ones, and where a silence that was said began.
        within: unless these are further away than this.
    """
    late = set(late)
    times = sorted({*late, *others})
    for place, ts in enumerate(times):
        following = times[place + 1] if place + 1 < len(times) else None
        if ts in late or (following in late and following - ts <= within):
            yield ts, following
