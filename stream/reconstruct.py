"""The same engine without brokers: readings in, visits out (`instore reconstruct`).

The readings may be in any order, and their end closes every visit as silence would. What cannot be accepted is counted by reason and
left out, exactly as the bridge would have rejected it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from sensors.decode import Decoded
from sensors.layout import Layout
from sensors.reading import Payment, Reading
from sensors.urls import SettingError
from storage.model import Visit
from stream.journey import Plan
from stream.rules import Rules
from stream.store import Store


class Reconstructed(msgspec.Struct):
    """What readings amount to.

    Attributes:
        visits: all of them, in order of store, start and device.
        unattributed: payments that belong to no visit.
        received: readings that came, rejected and duplicate ones included; sightings are not among them.
        duplicate: readings whose id had been seen in their store.
        rejected: what could not be accepted, by reason.
        sightings: sightings place nobody; the zone locator turns them into readings.
    """

    visits: list[Visit] = []
    unattributed: list[Payment] = []
    received: int = 0
    duplicate: int = 0
    rejected: dict[str, int] = {}
    sightings: int = 0


def rules_of(texts: Iterable[str], layouts: Iterable[Layout]) -> dict[str, float]:
    """Read rules written as NAME=VALUE; all together must be right, with the rules of each layout too.

    Raises:
        SettingError: one is not of that form, names no rule, or has an impossible value.
    """
    rules: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            rules[name] = float(value)
        except ValueError as wrong:
            raise SettingError(f"--set {text}: {wrong if value else 'a rule is set like presence_gap_s=25'}") from wrong
    for store, own in [("", {}), *((f" in store {layout.store_id}", layout.rules) for layout in layouts)]:
        try:
            Rules.of({**own, **rules})
        except ValueError as wrong:
            raise SettingError(f"--set{store}: {wrong}") from wrong
    return rules


def reconstruct(pieces: Iterable[Decoded], layouts: Iterable[Layout] = (), settings: Mapping[str, object] | None = None) -> Reconstructed:
    """Rebuild every visit from its readings.

    Args:
        pieces: the readings, in any order; of two with the same id in a store the first counts.
        layouts: the plans of stores that have one.
        settings: rules that count in every store, whatever its layout says.

    Raises:
        ValueError: `settings` or a layout's rules name no rule, or give one an impossible value.
    """
    plans = {layout.store_id: _plan(layout, settings or {}) for layout in layouts}
    _plan(Layout(store_id="any"), settings or {})
    stores: dict[str, Store] = {}
    rejected: Counter[str] = Counter()
    result = Reconstructed()
    for piece in pieces:
        result.received += len(piece.readings) + len(piece.rejected)
        result.sightings += len(piece.sightings)
        rejected.update(letter.reason for letter in piece.rejected)
        of_store: dict[str, list[Reading]] = {}
        for reading in piece.readings:
            of_store.setdefault(reading.store_id, []).append(reading)
        for store_id, readings in of_store.items():
            if store_id not in stores:
                plan = plans.get(store_id) or _plan(Layout(store_id=store_id), settings or {})
                stores[store_id] = Store(store_id, plan)
            _, _, duplicates = stores[store_id].add(readings)
            result.duplicate += len(duplicates)
    result.rejected = dict(rejected.most_common())
    for _, store in sorted(stores.items()):
        store.close()
        changes = store.take()
        result.visits += sorted(changes.visits, key=lambda visit: (visit.entered_at, visit.device_id, visit.visit_id))
        result.unattributed += [payment for payment, visit_id in changes.payments if visit_id is None]
    return result


def _plan(layout: Layout, settings: Mapping[str, object]) -> Plan:
    rules = {**layout.rules, **settings}
    return Plan(Rules.of(rules), msgspec.structs.replace(layout, rules=rules), any_order=True)
