"""What a picture is made of: example readings, in pieces that arrive one after the other, and what the engine says after each piece.

A scene is data. `play` lets the real engine (`stream.store.Store`, with a database of some lists for what comes late) tell it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sensors.layout import Layout
from sensors.reading import SECOND, Payment, Reading
from storage.model import Signal, Visit
from stream.form import taken
from stream.journey import Plan
from stream.store import Store
from tests.docs.drawing import clock
from tests.example_parts import BASE, STORE, at
from tests.stream.rows import Rows

Detail = Literal["readings", "path", "taken", "paid", "kind", "state"]
Shown = Literal["grace", "time", "signals"]


@dataclass(frozen=True)
class Frame:
    """A piece of a scene.

    Attributes:
        arrives: the readings that arrive now, in the order of their arrival.
        head: what stands over it; none where a scene has one frame only.
        until: how late it is then, in seconds of the store; None: as late as its readings say.
        is_end: nothing will ever come any more.
    """

    arrives: Sequence[Reading]
    head: str = ""
    until: float | None = None
    is_end: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture of visits.

    Attributes:
        name: of its file.
        title: for screen readers.
        frames: what happens.
        until: the time at the right side, in seconds.
        step: seconds between ticks of the axis.
        says: what is told of visits besides their times and stays.
        shows: what is drawn besides readings, visits and stays.
        names: of devices; that of "" is for readings without one.
        layout: the store.
    """

    name: str
    title: str
    frames: Sequence[Frame]
    until: float
    step: float = 30
    says: frozenset[Detail] = frozenset()
    shows: frozenset[Shown] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    layout: Layout = STORE

    @property
    def plan(self) -> Plan:
        """The rules of the store."""
        return Plan.of(self.layout)


@dataclass(frozen=True)
class Told:
    """What the engine says after a frame.

    Attributes:
        frame: the frame.
        readings: all readings so far, by time.
        late: the ids of those that were late.
        visits: by device and time.
        gone: visits that no longer exist, since the frame before.
        unattributed: payments of nobody.
        signals: by time.
        store_time: in seconds.
    """

    frame: Frame
    readings: list[Reading]
    late: set[str]
    visits: list[Visit]
    gone: list[Visit]
    unattributed: list[Payment]
    signals: list[Signal]
    store_time: float


def play(frames: Sequence[Frame], plan: Plan) -> list[Told]:
    """Let the engine tell a scene."""
    store, rows = Store("s1", plan), Rows()
    found: list[Told] = []
    readings: list[Reading] = []
    for frame in frames:
        before = dict(rows.visits)
        readings += frame.arrives
        rows.add(store, frame.arrives)
        if frame.until is not None:
            store.pass_time(at(frame.until))
        if frame.is_end:
            store.close()
        rows.write(store)
        found.append(
            Told(
                frame=frame,
                readings=sorted(readings, key=lambda reading: reading.ts),
                late={one.reading.id for one in rows.readings if one.is_late},
                visits=sorted(rows.visits.values(), key=lambda visit: (visit.device_id, visit.entered_at)),
                gone=[visit for name, visit in before.items() if name not in rows.visits],
                unattributed=[payment for payment, visit_id in rows.payments.values() if visit_id is None],
                signals=sorted(rows.signals.values(), key=lambda signal: (signal.at, signal.kind)),
                store_time=since_start(store.store_time),
            )
        )
    return found


def since_start(ts: int) -> float:
    """Turn microseconds since 1970 into seconds since the picture begins."""
    return (ts - BASE) / SECOND


def sentences(scene: Scene) -> list[str]:
    """Say in words what the engine makes of a scene: a line a frame and visit."""
    lines = []
    for number, told in enumerate(play(scene.frames, scene.plan), start=1):
        lines += [(f"after {number}, " if told.frame.head else "") + line for line in frame_sentences(scene, told)]
    return lines


def frame_sentences(scene: Scene, told: Told) -> list[str]:
    """Say in words what the engine makes of a frame."""
    several = len({visit.device_id for visit in told.visits}) > 1
    return [
        *(f"a late reading of {clock(since_start(one.ts))}" for one in told.frame.arrives if one.id in told.late),
        *((f"{_name(scene, visit)}: " if several else "") + sentence(visit, scene.says) for visit in told.visits),
        *(f"{short_id(visit)} is gone" for visit in told.gone),
        *("a payment of nobody" for _ in told.unattributed),
        *(map(signal_sentence, told.signals) if "signals" in scene.shows else ()),
    ]


def _name(scene: Scene, visit: Visit) -> str:
    return scene.names.get(visit.device_id, visit.device_id)


def sentence(visit: Visit, says: frozenset[Detail]) -> str:
    """Say what a visit is."""
    start, end = clock(since_start(visit.entered_at)), clock(since_start(visit.left_at))
    stays = ", ".join(f"{stay.zone_id} {clock(stay.dwell_s)}" for stay in visit.stays)
    words = [f"visit {start} to {end}", ended(visit), *details(visit, says)]
    return ", ".join(words) + (f": {stays}" if stays else "")


def signal_sentence(signal: Signal) -> str:
    """Say what a signal says."""
    return f"{signal.kind} at {clock(since_start(signal.at))}: {signal.message}"


def ended(visit: Visit) -> str:
    """Say what ended a visit."""
    return "open" if visit.ended_by is None else f"ended by {visit.ended_by}"


def details(visit: Visit, says: frozenset[Detail]) -> list[str]:
    """Say more of a visit, as far as that is asked for."""
    found = {
        "state": f"{'final' if visit.is_final else 'live'}, id {short_id(visit)}" if "state" in says else "",
        "readings": f"{visit.n_readings} readings",
        "path": "path " + " → ".join(visit.path),
        "taken": "taken: " + (", ".join(f"{count} {product}" for product, count in taken(visit.shelf_visits).items()) or "nothing"),
        "paid": f"paid {visit.basket_total}" if visit.payments else "",
        "kind": ", ".join(name for name in ("converted", "bounced", "pass_by", "is_staff") if getattr(visit, name)),
    }
    return [text for name, text in found.items() if name in says and text]


def short_id(visit: Visit) -> str:
    """Return the beginning of a visit's id."""
    return f"{visit.visit_id[:4]}…"
