"""The page about metrics says what is shown, and what is shown is named as Prometheus wants it."""

import re
import time

import pytest
from prometheus_client.core import Metric

from sensors import bridge_metrics
from sensors.bridge_metrics import COUNTED, BridgeMetrics, State
from sensors.metrics import Figure, Probe
from stream.worker_metrics import Tally, WorkerMetrics
from tests.docs.metrics import BEGIN, PAGE, PARTS, reference
from tests.stream.test_worker_metrics import state

ALL = [figure for figures in PARTS.values() for figure in figures]


def _bridge() -> BridgeMetrics:
    counts = dict.fromkeys(COUNTED, 0)
    return BridgeMetrics(lambda: State(counts, time.monotonic(), mqtt=True, kafka=True, held=(0, 0), limits=(1, 1)))


PROBES: dict[str, Probe] = {"Bridge": _bridge(), "Worker": WorkerMetrics(Tally(), state)}


def _base(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def test_the_page_has_the_tables_of_the_code() -> None:
    """`python -m tests.docs.metrics` writes them."""
    assert PAGE.read_text().split(BEGIN)[1].strip() == reference().strip()


@pytest.mark.parametrize("part", PROBES)
def test_what_is_shown_is_what_is_defined(part: str) -> None:
    """Each metric of the table is shown, and no other; with its type, its help, and the labels that it is said to have."""
    shown = {_base(family): family for family in PROBES[part].collect()}
    assert sorted(shown) == sorted(figure.shown for figure in PARTS[part])
    for figure in PARTS[part]:
        family = shown[figure.shown]
        assert (family.type, family.documentation) == (figure.sort.replace(" ", ""), figure.meaning)
        assert all(set(sample.labels) - {"le"} == set(figure.labels) for sample in family.samples)


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.name)
def test_names_follow_the_rules_of_prometheus(figure: Figure) -> None:
    """Prefix, part, base units, `_total` for counters and for nothing else, a HELP that ends as a sentence does."""
    assert re.fullmatch(r"instore_(build|bridge|worker)(_[a-z]+)+", figure.name)
    assert not figure.name.endswith(("_total", "_count", "_sum", "_bucket", "_milliseconds", "_minutes", "_kilobytes"))
    words = figure.name.split("_")
    assert figure.meaning[0].isupper() or figure.meaning[0].isdigit()
    assert figure.meaning.endswith(".")
    if "seconds" in words:
        assert "seconds" in figure.meaning.lower()
    if "bytes" in words:
        assert "bytes" in figure.meaning.lower()
    assert all(re.fullmatch(r"[a-z_]+", label) and label != "le" for label in figure.labels)


def test_every_metric_that_the_page_speaks_of_is_there() -> None:
    """A name in a query that nobody shows would be a query that finds nothing."""
    known = {figure.shown for figure in ALL} | {f"{figure.name}_bucket" for figure in ALL if "histogram" in figure.sort}
    spoken = set(re.findall(r"\binstore_(?:bridge|worker)_[a-z_]+", PAGE.read_text().split(BEGIN)[0]))
    assert len(spoken) > 10
    assert spoken <= known


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    """The figures that the text names."""
    text = PAGE.read_text()
    assert f"in the last {bridge_metrics.STUCK_S:.0f} s" in text
    assert all(f"`{name}`" in text for probe in PROBES.values() for name in probe.conditions())
