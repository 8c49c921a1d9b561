"""Busy hours of some stores: one recording, in which all that sensors do wrong happens too."""

import heapq
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from tests.e2e.days import A_SATURDAY, Day, recorded
from tests.e2e.processes import Surroundings

FAULTS = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
OPENS = datetime.fromisoformat(f"{A_SATURDAY}T11:00+01:00")
"""From when on it is busy."""

_TS = re.compile(rb'"ts":(\d{13})[,}]')
_ID = re.compile(rb'"store_id":"([^"]+)".*"id":"([^"]+)"')


class Busy(NamedTuple):
    """Some hours of some stores.

    Attributes:
        recording: what their sensors said, in order of arrival.
        layouts: their plans.
        ids: (store, id) of each reading that must be stored.
        hours: how many hours it is.
    """

    recording: Path
    layouts: list[Path]
    ids: frozenset[tuple[str, str]]
    hours: float

    @property
    def store_ids(self) -> list[str]:
        """The stores."""
        return sorted({store_id for store_id, _ in self.ids})


def busy_hours(here: Surroundings, store_ids: tuple[str, ...], hours: float, shoppers: int, *faults: str) -> Busy:
    """Simulate a Saturday of each store, and mix the hours from 11:00 on."""
    days = [recorded(here, name, "--shoppers", str(shoppers), "--seed", str(n), *faults) for n, name in enumerate(store_ids, 1)]
    until = OPENS + timedelta(hours=hours)
    lines = [line for _, line in heapq.merge(*(_between(day, OPENS, until) for day in days), key=lambda pair: pair[0])]
    recording = here.folder / "busy.jsonl"
    recording.write_bytes(b"".join(lines))
    found = (_ID.search(line) for line in lines if not _is_broken(line))
    return Busy(
        recording, [day.layout for day in days], frozenset((match[1].decode(), match[2].decode()) for match in found if match), hours
    )


def _is_broken(line: bytes) -> bool:
    """Whether a line is one of those that the simulator breaks on purpose."""
    return b'-broken"' in line or not line.rstrip().endswith(b"}")


def _between(day: Day, since: datetime, until: datetime) -> Iterator[tuple[int, bytes]]:
    """Give the lines of some hours, each with the newest time so far."""
    lines = day.recording.read_bytes().splitlines(keepends=True)
    newest = accumulate((_ts(line) for line in lines), max)
    first, last = (int(when.timestamp() * 1000) for when in (since, until))
    return ((ts, line) for ts, line in zip(newest, lines, strict=True) if first <= ts < last)


def _ts(line: bytes) -> int:
    match = None if _is_broken(line) else _TS.search(line)
    return int(match[1]) if match else 0


def sent_ids(busy: Busy) -> dict[str, list[str]]:
    """The ids of each store in the order in which they are sent; one that is sent again counts where it came first."""
    sent: dict[str, dict[str, None]] = {store_id: {} for store_id in busy.store_ids}
    for line in busy.recording.read_bytes().splitlines():
        match = None if _is_broken(line) else _ID.search(line)
        if match:
            sent[match[1].decode()][match[2].decode()] = None
    return {store_id: list(ids) for store_id, ids in sent.items()}
