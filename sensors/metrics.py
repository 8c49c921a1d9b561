"""What a running part shows of itself: each metric is named and explained once, and its values are gathered when somebody asks.

Names follow Prometheus' rules: `instore_` first, then the part, base units (seconds, bytes), `_total` at the end of what only counts up.
`docs/metrics.md` is written from these definitions.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import accumulate
from typing import Literal, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeHistogramMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

Sort = Literal["counter", "gauge", "histogram", "gauge histogram"]


class Figure(NamedTuple):
    """A metric.

    Attributes:
        name: its name, without the `_total` of a counter.
        sort: what it is to Prometheus.
        meaning: its HELP: what it counts or measures, and in which unit.
        labels: by what it is told apart.
    """

    name: str
    sort: Sort
    meaning: str
    labels: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name under which Prometheus has it."""
        return f"{self.name}_total" if self.sort == "counter" else self.name

    def family(self, values: float | Mapping[tuple[str, ...], float]) -> Metric:
        """Write its value, or a value for each set of labels, as Prometheus wants it."""
        make = CounterMetricFamily if self.sort == "counter" else GaugeMetricFamily
        family = make(self.name, self.meaning, labels=self.labels)
        for labels, value in values.items() if isinstance(values, Mapping) else [((), values)]:
            family.add_metric(labels, value)
        return family

    def spread(self, spreads: Mapping[tuple[str, ...], "Spread"]) -> Metric:
        """Write a histogram for each set of labels."""
        make = HistogramMetricFamily if self.sort == "histogram" else GaugeHistogramMetricFamily
        family = make(self.name, self.meaning, labels=self.labels)
        for labels, spread in spreads.items():
            family.add_metric(labels, spread.buckets(), spread.total)
        return family


class Spread:
    """Values, counted by how large they are.

    Args:
        limits: the upper bounds of the buckets, in order; what is larger is counted too.
    """

    def __init__(self, limits: Sequence[float]) -> None:
        self.total = 0.0
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._limits, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Say how many values are at most as large as each limit."""
        names = [*map(floatToGoString, self._limits), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class Probe(Protocol):
    """What a running part lets others see. It is asked in another thread than the one in which the part works."""

    def collect(self) -> Iterable[Metric]:
        """Gather its metrics."""

    def is_alive(self) -> bool:
        """Whether it moves; if not, only a restart helps."""

    def conditions(self) -> dict[str, bool]:
        """Say of each thing that it needs whether it has it; with all of them it is ready."""


BUILD = Figure("instore_build_info", "gauge", "Always 1. The labels say which part answers, and in which version.", ("part", "version"))


class _Build:
    def __init__(self, part: str) -> None:
        self._labels = (part, version("instore"))

    def collect(self) -> Iterable[Metric]:
        return [BUILD.family({self._labels: 1})]


def registry_of(part: str, probe: Probe) -> CollectorRegistry:
    """Put together what a part shows: its own metrics, its version, and what the system says of its process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Build(part))
    registry.register(probe)
    ProcessCollector(registry=registry)
    return registry
