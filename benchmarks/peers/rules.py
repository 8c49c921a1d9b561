"""Visits of one device with their stays, by rules 0 to 6 of instore, in plain Python: what each peer is to compute. Pure.

A reading is a dictionary as it comes from JSON. Payments, shelf visits, staff, priority, signals, late readings: all that is left out.
"""

from collections.abc import Iterable, Iterator
from typing import Any

SECOND = 1_000_000
TIMEOUT, GAP, GRACE = 1800 * SECOND, 60 * SECOND, 120 * SECOND

Reading = dict[str, Any]
State = dict[str, Any]
"""The visit under way, or the one just ended: as it goes out, with the time of the device's last reading."""


def order(reading: Reading) -> tuple[int, int, str]:
    """In which order readings of a device count: by time; at the same one those that enter first, those that leave last."""
    direction = reading.get("direction")
    return reading["ts"], {"in": 0, None: 1, "out": 2}[direction], reading["id"]


def visits(readings: Iterable[Reading]) -> Iterator[State]:
    """All visits of a device, from all of its readings."""
    state: State | None = None
    for reading in sorted(readings, key=order):
        state, ended = step(state, reading)
        if ended is not None:
            yield ended
    if state is not None:
        yield state


def step(state: State | None, reading: Reading) -> tuple[State, State | None]:
    """Take in the next reading of a device; give back where it stands now, and the visit that is over by it."""
    ts = reading["ts"]
    began = ts if state is None else max(state["last"], ts - round(reading.get("duration_s", 0.0) * SECOND))
    began = ts - round(reading.get("duration_s", 0.0) * SECOND) if state is None else began
    if state is None:
        return _take(_opened(reading, began), reading, began), None
    if state["ended_by"] is None:
        if began - state["last"] > TIMEOUT:
            return _take(_opened(reading, began), reading, began), state
        return _take(state, reading, began), None
    if ts <= state["left_at"] + GRACE and reading.get("direction") != "in":
        return {**state, "n_readings": state["n_readings"] + 1}, None
    return _take(_opened(reading, began), reading, began), state


def _opened(reading: Reading, began: int) -> State:
    who = {"store_id": reading["store_id"], "device_id": reading["device_id"]}
    return {**who, "entered_at": began, "left_at": began, "last": began, "ended_by": None, "n_readings": 0, "zone": None, "stays": []}


def _take(visit: State, reading: Reading, began: int) -> State:
    """Add a reading to its visit: where the device was until now, and where it is."""
    ts, zone = reading["ts"], reading.get("zone_id")
    stays = visit["stays"]
    if began - visit["last"] > GAP:
        visit["zone"] = None
    elif visit["zone"] is not None:
        stays[-1]["ended_at"] = began
    if zone is not None and zone != visit["zone"]:
        stays.append({"zone_id": zone, "started_at": began, "ended_at": ts})
        visit["zone"] = zone
    elif visit["zone"] is not None:
        stays[-1]["ended_at"] = ts
    visit["left_at"] = visit["last"] = ts
    visit["n_readings"] += 1
    if reading.get("direction") == "out":
        visit["ended_by"] = "exit"
    return visit
