"""Sensors that are not heard of any more. Pure.

Of all that a sensor ever said only its silences matter: gaps between readings that are longer than its threshold. So a sensor is kept as
runs of readings with no such gap inside; a reading makes a run longer, joins two, or opens one, and the order in which readings come
changes nothing. The end of each run but the last began a silence that is known; the last one's begins when time has passed.

In the usual case, a reading soon after the last one, all of that is one comparison (`_last`).
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from sensors.reading import Reading
from stream.rules import SignalRules

Silence = tuple[str, int, bool]
"""A sensor, a reading of it, and whether the silence behind that one was long."""


class Sensors:
    """When the sensors of one store were heard."""

    def __init__(self, rules: SignalRules) -> None:
        self.replan(rules)
        self._last: dict[str, int] = {}
        """The end of the newest run, for sensors that are not silent: it runs ahead of what `_runs` says."""
        self._runs: dict[str, list[list[int]]] = {}
        self._alarms: list[tuple[int, str]] = []
        self._said: list[Silence] = []
        self._floor = -(1 << 62)

    def replan(self, rules: SignalRules) -> None:
        """Go on by other thresholds; silences that were found stay."""
        self._rules = rules
        own = [rules.micros(*name.split(".", 1)) for name in rules.own if name.startswith("sensor_silent_s.")]
        self._on = bool(rules.sensor_silent_s or any(own))
        self._least = min([rules.micros("sensor_silent_s"), *own])

    def threshold(self, sensor_id: str) -> int:
        """How long a sensor may be silent, in microseconds; 0: for ever."""
        return self._rules.micros("sensor_silent_s", sensor_id)

    def hear(self, readings: Iterable[Reading]) -> None:
        """Take in readings in any order."""
        if not self._on:
            return
        last, least = self._last, self._least
        for reading in readings:
            sensor_id, ts = reading.sensor_id, reading.ts
            if 0 <= ts - last.get(sensor_id, ts + 1) <= least:
                last[sensor_id] = ts
            else:
                self._hear(sensor_id, ts)

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
        threshold = self.threshold(sensor_id)
        if not threshold:
            return
        runs = self._runs.setdefault(sensor_id, [])
        self._settle(sensor_id, runs)
        place = bisect_right(runs, [ts, ts])
        run = [ts, ts]
        if place and ts - runs[place - 1][1] <= threshold:
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
            if following[0] - run[1] <= threshold:
                run[1] = following[1]
                del runs[place + 1]
            else:
                self._said.append((sensor_id, run[1], True))
        self._last[sensor_id] = runs[-1][1]
        heappush(self._alarms, (runs[-1][1] + threshold, sensor_id))

    def _settle(self, sensor_id: str, runs: list[list[int]]) -> None:
        """Write down how far the newest run goes."""
        if runs and sensor_id in self._last:
            runs[-1][1] = self._last[sensor_id]

    def pass_time(self, now: int) -> None:
        """Find who has been silent for too long by now."""
        while self._alarms and self._alarms[0][0] < now:
            alarm, sensor_id = heappop(self._alarms)
            last = self._last.get(sensor_id)
            threshold = self.threshold(sensor_id)
            if last is None or not threshold:
                continue
            if last + threshold >= now:
                if last + threshold > alarm:
                    heappush(self._alarms, (last + threshold, sensor_id))
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


def silences(heard: Iterable[int], since: int, until: int, threshold: int) -> Iterator[tuple[int, bool]]:
    """Tell of each reading in [since, until] whether a silence followed.

    Args:
        heard: all readings of a sensor in [since, until + threshold].
        since: microseconds since 1970.
        until: microseconds since 1970; the threshold has passed since.
        threshold: a longer gap is a silence.
    """
    times = sorted(set(heard))
    for place, ts in enumerate(times):
        if since <= ts <= until:
            yield ts, place + 1 == len(times) or times[place + 1] - ts > threshold
