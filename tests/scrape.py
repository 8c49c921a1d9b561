"""What a running part shows, read over HTTP with the parser of Prometheus' client."""

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from sensors.metrics import Probe, registry_of
from sensors.targets import Target, running


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    form: str
    body: bytes


class Scrape(NamedTuple):
    """All samples of one look at `/metrics`."""

    samples: list[Sample]

    def value(self, name: str, **labels: str) -> float:
        """Give the one sample of this name and these labels."""
        [sample] = [one for one in self.samples if one.name == name and one.labels == labels]
        return sample.value

    def by(self, name: str, label: str) -> dict[str, float]:
        """Give the samples of a name by one of their labels, without those that are 0."""
        return {one.labels[label]: one.value for one in self.samples if one.name == name and one.value}

    def sum(self, name: str) -> float:
        """Add up the samples of a name."""
        return sum(one.value for one in self.samples if one.name == name)


def get(url: str, path: str, accept: str = "*/*") -> Answer:
    """Ask for a path."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        return Answer(response.status, response.headers["Content-Type"], response.read())
    finally:
        connection.close()


def scrape(url: str) -> Scrape:
    """Look at the metrics."""
    answer = get(url, "/metrics")
    assert answer.status == 200
    return Scrape([sample for family in text_string_to_metric_families(answer.body.decode()) for sample in family.samples])


def shown(part: str, probe: Probe) -> Scrape:
    """What a part would show if it was looked at."""
    text = generate_latest(registry_of(part, probe)).decode()
    return Scrape([sample for family in text_string_to_metric_families(text) for sample in family.samples])


def ready(url: str) -> tuple[int, dict[str, bool]]:
    """Ask whether a part is ready: the status, and what it has of what it needs."""
    answer = get(url, "/readyz")
    return answer.status, json.loads(answer.body)


def target(data_dir: Path, part: str) -> Target:
    """Find the one running part of this name that has written down where it can be looked at."""
    [found] = [one for one in running(data_dir) if one.part == part]
    return found
