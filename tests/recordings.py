"""Real recordings of radio gateways, turned into readings as plainly as can be, until there is a zone locator.

They lie at `../shared/data` beside the checkout (its README says what they are and whose), or where INSTORE_TEST_DATA_DIR says. What a
gateway heard becomes a `sighting`. In each 2 s the gateway that heard a device best on average, by signal or by distance, names the zone: a
`dwell` at the last sighting of these 2 s. The data are as they come: gateways by MAC (text: some begin with zeros), times in fractions of
milliseconds, or with an offset without colon, a clock that once steps back.
"""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any

from sensors import event_time
from sensors.reading import SECOND
from tests import needs

WINDOW = 2 * SECOND

Object = dict[str, Any]

Recording = Callable[[str], tuple[Object, list[Object]]]
"""Makes the plan and the readings of a store of this name."""

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def folder(name: str) -> Path:
    """Find the recordings of a kind, or skip the test."""
    root = Path(os.environ.get("INSTORE_TEST_DATA_DIR") or _BESIDE)
    if not (root / name).is_dir():
        needs.missing(f"the recordings {name} are not in {root}")
    return root / name


def walks(store_id: str) -> tuple[Object, list[Object]]:
    """Six walks with a beacon past 12 gateways in four clusters (`danis_ble`): the plan, and the readings, 2 s after 2 s.

    The walks are at least 72 s apart, and nowhere is a beacon silent for long: the plan ends a visit after 60 s.
    """
    where = folder("danis_ble")
    gateways = json.loads((where / "gateways.json").read_bytes())
    zones = {mac: f"cluster-{gateway['alias'].removeprefix('sensor')[0]}" for mac, gateway in gateways.items()}
    sightings = [_walk_row(store_id, row) for file in where.glob("*.csv") for row in csv.reader(file.open(newline=""))]
    plan = {
        "store_id": store_id,
        "zones": [{"zone_id": zone} for zone in sorted(set(zones.values()))],
        "gateways": [{"sensor_id": mac, "x": at["x_m"], "y": at["y_m"], "zone_id": zones[mac]} for mac, at in gateways.items()],
        "rules": {"visit_timeout_s": 60},
    }
    return plan, list(_located(sightings, zones, "rssi_dbm", max))


def watch(store_id: str) -> tuple[Object, list[Object]]:
    """A watch that lies still for two minutes among 10 nodes (`espresense`): the plan, and the readings, 2 s after 2 s."""
    lines = (folder("espresense") / "stationary.jsonl").read_bytes().splitlines()
    sightings = [_node_message(store_id, json.loads(line)) for line in lines]
    zones = {node: node for node in sorted({sighting["sensor_id"] for sighting in sightings})}
    plan = {
        "store_id": store_id,
        "timezone": "America/New_York",
        "zones": [{"zone_id": zone} for zone in zones],
        "gateways": [{"sensor_id": node, "zone_id": node} for node in zones],
    }
    return plan, list(_located(sightings, zones, "distance_m", min))


def _walk_row(store_id: str, row: list[str]) -> Object:
    """Columns: unix time (s), gateway, beacon, RSSI (dBm), and the true position."""
    time_s, gateway, beacon, rssi_dbm, *_ = row
    return _sighting(store_id, gateway, beacon, float(Decimal(time_s) * 1000)) | {"rssi_dbm": int(rssi_dbm)}


def _node_message(store_id: str, message: Object) -> Object:
    """An MQTT message with its topic `espresense/devices/DEVICE/NODE`; the payload knows no time, so that of its receipt counts."""
    *_, device, node = message["topic"].split("/")
    return _sighting(store_id, node, device, message["tst"]) | {"distance_m": message["payload"]["distance"]}


def _sighting(store_id: str, gateway: str, device: str, ts: object) -> Object:
    return {"store_id": store_id, "kind": "sighting", "sensor_id": gateway, "device_id": device, "ts": ts}


def _located(sightings: list[Object], zones: dict[str, str], by: str, best: Callable[..., str]) -> Iterator[Object]:
    """The sightings, 2 s after 2 s, and behind those of a device where it was."""
    windows: dict[tuple[int, str], list[Object]] = defaultdict(list)
    for sighting in sorted(sightings, key=_micros):
        windows[_micros(sighting) // WINDOW, sighting["device_id"]].append(sighting)
    for _, heard in sorted(windows.items()):
        strength = _means(heard, by)
        gateway = best(sorted(strength), key=strength.__getitem__)
        yield from sorted(heard, key=lambda sighting: str(sighting["sensor_id"]))  # each gateway sends what it heard as one message
        dwell = {**heard[-1], "kind": "dwell", "sensor_id": gateway, "zone_id": zones[gateway], by: strength[gateway]}
        dwell.pop("distance_m", None)  # a dwell has none
        yield dwell


def _means(sightings: Iterable[Object], by: str) -> dict[str, float]:
    heard: dict[str, list[float]] = defaultdict(list)
    for sighting in sightings:
        heard[sighting["sensor_id"]].append(sighting[by])
    return {gateway: fmean(values) for gateway, values in heard.items()}


def _micros(sighting: Object) -> int:
    return event_time.parse(sighting["ts"])
