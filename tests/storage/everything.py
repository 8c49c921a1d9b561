"""All that the worker, `instore layout` and `instore rebuild` do with a database, once: every function of `storage` that they call.

A test asks whether a user may do it, and whether that user may do anything else.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from msgspec import structs

from sensors.dead_letter import DeadLetter
from sensors.layout import Layout, Product, SensorPlan, ShelfPlan, Zone
from sensors.reading import SECOND, to_datetime
from storage import check, layouts, rebuilds
from storage.connect import session
from storage.migrate import migrate
from storage.model import Clock, Count, Flush, Removed, Signal
from storage.reader import Reader
from storage.refresh import Refresher
from storage.writer import Writer
from tests.storage.examples import DAY, HOUR, TOPIC, dwell, payment, scores, step, visit

DEVICE = "wrist-0815"
"""The device of all that is written here: a word to look for where it must not be."""

ID = f"{DEVICE}/1"
"""The id of a reading, as a sensor might make it of the device's."""

STAFF = f"{DEVICE}-badge"


def plan(store_id: str, version: int) -> Layout:
    """A plan that names the devices of staff; the next version has other zones, shelves, products and sensors."""
    product = Product(product_id=f"milk-{version}", price=None)
    return Layout(
        store_id=store_id,
        zones=(Zone(zone_id=f"dairy-{version}"), Zone(zone_id="checkout", type="checkout")),
        shelves=(ShelfPlan(shelf_id=f"shelf-{version}", zone_id="checkout", products=(product,)),),
        gates=(SensorPlan(sensor_id=f"gate-{version}", zone_id="checkout"),),
        staff_devices=frozenset({STAFF}),
    )


def do_everything(url: str) -> None:
    """Do it, in stores and partitions that nobody has used before."""
    partition, store_id = uuid4().int % 1_000_000, f"store-{uuid4().hex[:8]}"
    assert check.check(url).problem is None
    assert migrate(url) == []
    _layouts(url, store_id)
    _write(url, store_id, partition)
    _rebuild(url, store_id)
    _refresh(url, store_id)
    _read(url, store_id, partition)


def parts(store_id: str) -> dict[str, Any]:
    """A flush of everything that there is, of one device."""
    reading, gone = dwell(1, store_id), dwell(2, store_id, is_late=True)
    for one in (reading, gone):
        one.reading.device_id = DEVICE  # type: ignore[union-attr]
    reading.reading.id = ID
    paid = payment(3, store_id)
    paid.id, paid.device_id = f"{ID}/paid", DEVICE
    letter = DeadLetter(
        id=ID, received_at=DAY, source=f"kafka/{DEVICE}", store_id=store_id, reason="wrong_type", detail=DEVICE, raw=DEVICE.encode()
    )
    told = visit(1, store_id, is_final=True, payments=(paid,))
    shelf_visits = tuple(structs.replace(one, reading_id=ID) for one in told.shelf_visits)
    judged = structs.replace(
        told, visit_id=str(uuid4()), device_id=DEVICE, shelf_visits=shelf_visits, priority="speed", priority_scores=scores(speed=0.9)
    )
    said = Signal(
        signal_id=str(uuid4()),
        store_id=store_id,
        kind="long_dwell",
        since=DAY,
        at=DAY + SECOND,
        device_id=DEVICE,
        visit_id=judged.visit_id,
        value=1.0,
        threshold=1.0,
        message="A visitor has been here for 6 min",
    )
    return {
        "readings": [reading, gone],
        "rejected": [letter],
        "visits": [judged],
        "payments": [(paid, judged.visit_id)],
        "signals": [said],
        "clocks": [Clock(store_id, DAY)],
        "counts": [Count(store_id, DAY, 4, 1)],
    }


def _layouts(url: str, store_id: str) -> None:
    with session(url, "test") as connection:
        assert layouts.save(connection, plan(store_id, 1), "a.yaml") == 1
        assert layouts.save(connection, plan(store_id, 2), "a.yaml") == 2
        assert layouts.load(connection, store_id) == plan(store_id, 2)


def _write(url: str, store_id: str, partition: int) -> None:
    """Write, write again otherwise, and take back what can be taken back."""
    first = parts(store_id)
    [told], [said] = first["visits"], first["signals"]
    removed = [Removed(told.visit_id, store_id, told.entered_at)]
    shorter = structs.replace(told, stays=told.stays[:1], shelf_visits=())
    with Writer(url) as writer:
        writer.write(Flush(advance=step(None, 1, partition), **first))
        writer.write(Flush(advance=step(1, 2, partition), **{**first, "visits": [shorter], "readings": [], "rejected": []}))
        writer.write(Flush(advance=step(2, 3, partition), removed=removed, signals_gone=[said]))
        at = writer.write(Flush(advance=step(3, 4, partition), **{**first, "readings": [], "rejected": [], "counts": []}))
        assert writer.holds(step(3, 4, partition), at)
        assert writer.existing_ids({store_id: [(ID, DAY + SECOND)]}) == {store_id: {ID}}


def _rebuild(url: str, store_id: str) -> None:
    with session(url, "test") as connection:
        number = rebuilds.ask(connection, store_id, DAY, DAY + HOUR)
        asked = rebuilds.first_open(connection, [store_id])
        assert asked is not None
        rebuilds.advance(connection, asked.rebuild_id, 1, 1)
        assert rebuilds.progress(connection, number).is_finished


def _refresh(url: str, store_id: str) -> None:
    """Keep the figures of the rollups; twice while somebody else has to do with the hour after, and with the day after."""
    refresher = Refresher(url)
    try:
        for later, level in ((HOUR, "5m"), (30 * HOUR, "hour")):
            with session(url, "test") as other, other.transaction():
                for source in ("visits", "readings"):
                    other.execute("SELECT instore_kept.mark(%s, %s, %s)", (source, [store_id], [to_datetime(DAY + later)]))
            with session(url, "test") as other, other.transaction():
                held = "SELECT FROM instore_kept.stale WHERE store_id = %s AND per = %s AND bucket >= %s FOR UPDATE"
                other.execute(held, (store_id, level, to_datetime(DAY + later - HOUR // 2)))
                assert refresher.refresh(settled_s=0) > 0
        assert refresher.refresh(settled_s=0) > 0
        assert refresher.retain() == 0  # nothing is too old
    finally:
        refresher.close()


def _read(url: str, store_id: str, partition: int) -> None:
    """Call each function of the reader; a new one fails here until somebody says how it is called."""
    until, devices, zones = DAY + HOUR, [DEVICE], [("zone-0", DAY + 60 * SECOND)]
    calls: dict[str, Callable[[Reader], object]] = {
        "offsets": lambda reader: reader.offsets(TOPIC)[partition],
        "clocks": lambda reader: reader.clocks(TOPIC, partition),
        "clock": lambda reader: reader.clock(store_id),
        "live_floor": lambda reader: reader.live_floor(store_id, until),
        "readings_since": lambda reader: list(reader.readings_since(store_id, DAY)),
        "live_visits": lambda reader: reader.live_visits(store_id, DAY),
        "ids_since": lambda reader: reader.ids_since(store_id, DAY),
        "sensors_since": lambda reader: reader.sensors_since(store_id, DAY, HOUR),
        "visits_changed_at": lambda reader: reader.visits_changed_at([store_id], reader.offsets(TOPIC)[partition].flushed_at),
        "visits": lambda reader: reader.visits(store_id),
        "accounting": lambda reader: reader.accounting(),
        "rejected_by_reason": lambda reader: reader.rejected_by_reason(),
        "progress": lambda reader: reader.progress(store_id),
        "days": lambda reader: reader.days(store_id, DAY, until),
        "device_readings": lambda reader: reader.device_readings(store_id, devices, DAY),
        "devices_before": lambda reader: reader.devices_before(store_id, devices, until),
        "devices_between": lambda reader: reader.devices_between(store_id, DAY, until),
        "device_visits": lambda reader: reader.device_visits(store_id, {DEVICE: 0}),
        "anonymous_payments": lambda reader: reader.anonymous_payments(store_id, [(DAY, until)]) == [],
        "visits_staying": lambda reader: reader.visits_staying(store_id, zones),
        "payments_in": lambda reader: reader.payments_in(store_id, [(DAY, until)]) is not None,
        "visits_in_zones": lambda reader: reader.visits_in_zones(store_id, [("zone-0", DAY, until)]),
        "heard": lambda reader: reader.heard(store_id, [("gw-1", DAY + 90 * SECOND)], HOUR),
        "signals_of": lambda reader: reader.signals_of(store_id, [], [(DAY, until)]) is not None,
        "signals_changed_at": lambda reader: reader.signals_changed_at([store_id], reader.offsets(TOPIC)[partition].flushed_at),
        "signals": lambda reader: reader.signals(store_id, DAY, until),
        "next_rebuild": lambda reader: reader.next_rebuild([store_id]) is None,
        "advance_rebuild": lambda reader: reader.advance_rebuild(0, 1, 1) is None,  # type: ignore[func-returns-value]
        "layout": lambda reader: reader.layout(store_id),
        "kept_since": lambda reader: reader.kept_since() == 0,
        "layout_versions": lambda reader: reader.layout_versions(),
    }
    named = {name for name in vars(Reader) if not name.startswith("_")} - {"close"}
    assert named == set(calls)
    reader = Reader(url)
    try:
        for name, call in calls.items():
            assert call(reader), f"{name} finds nothing"
    finally:
        reader.close()
