"""What the readings of radio gateways are like: how much they scatter, and how they fade with the distance. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from simulators.sensing.faults import Arrival
from simulators.shop.floor import Floor
from simulators.shop.geometry import centroid, distance

_FEW_ZONES = 3


class _Heard(msgspec.Struct):
    zone_id: str
    rssi_dbm: int


_DECODER = msgspec.json.Decoder(_Heard)


@dataclass(slots=True)
class Radio:
    """Counts of what gateways heard; readings that are broken are left out.

    Attributes:
        floor: the store.
        rssi_dbm: how often each strength was measured in each zone.
    """

    floor: Floor
    rssi_dbm: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def listen(self, arrivals: Iterator[Arrival]) -> Iterator[Arrival]:
        """Count what goes by."""
        for arrival in arrivals:
            if arrival[1].startswith(b'{"kind":"dwell"') and b'"rssi_dbm":' in arrival[1]:
                self._add(arrival[1])
            yield arrival

    def _add(self, line: bytes) -> None:
        try:
            heard = _DECODER.decode(line)
        except msgspec.MsgspecError:
            return
        self.rssi_dbm[heard.zone_id][heard.rssi_dbm] += 1

    def noise_db(self) -> Counter[int]:
        """How often a strength was so many dB from the mean of its zone."""
        found: Counter[int] = Counter()
        for strengths in self.rssi_dbm.values():
            middle = round(mean_of(strengths))
            for rssi, count in strengths.items():
                found[rssi - middle] += count
        return found

    def sigma_db(self) -> float | None:
        """The standard deviation of what is measured, within each zone."""
        count = sum(strengths.total() for strengths in self.rssi_dbm.values())
        if not count:
            return None
        means = {zone: mean_of(strengths) for zone, strengths in self.rssi_dbm.items()}
        squares = sum(n * (rssi - means[zone]) ** 2 for zone, strengths in self.rssi_dbm.items() for rssi, n in strengths.items())
        return math.sqrt(squares / count)

    def exponent(self) -> float | None:
        """The path-loss exponent: the slope of mean strength over the logarithm of the distance, by least squares."""
        plan = {zone.zone_id: zone.polygon for zone in self.floor.layout.zones}
        places = {one.sensor_id: (one.x, one.y) for one in self.floor.layout.gateways if one.x is not None and one.y is not None}
        points = []
        for zone, strengths in self.rssi_dbm.items():
            place = places.get(self.floor.listeners[zone].sensor_id)
            if place is not None and plan[zone]:
                metres = max(1.0, distance(centroid(plan[zone]), place))
                points.append((math.log10(metres), mean_of(strengths)))
        return None if len({x for x, _ in points}) < _FEW_ZONES else _slope(points) / -10


def mean_of(counts: Counter[int]) -> float:
    """The mean of what was counted."""
    return sum(value * count for value, count in counts.items()) / counts.total()


def _slope(points: list[tuple[float, float]]) -> float:
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return float(sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points))
