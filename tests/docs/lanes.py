"""Draws a scene: for each frame and device a row of readings, one of visits, one of stays, over one axis of time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sensors.reading import SECOND, Dwell, Entry, Payment, Reading, Shelf, Status
from storage.model import Signal, Visit
from stream.journey import Plan, Tracked, in_order
from stream.recall import begin_of
from stream.rules import Micros
from tests.docs.drawing import ALARM, CALM, FAINT, GRACE, INK, LIVE, PALE, PAPER, RIGHT, SILENCE, ZONES, Canvas, clock
from tests.docs.labels import LEVEL, Item, Label, Mark, draw_bars, draw_marks, inside
from tests.docs.scenes import Scene, Told, details, ended, play, sentences, short_id, since_start


def draw(scene: Scene) -> str:
    """Draw a scene as the engine tells it."""
    canvas = Canvas(scene.until)
    for number, told in enumerate(play(scene.frames, scene.plan)):
        if number:
            canvas.line([(16, canvas.y + 2), (RIGHT + 4, canvas.y + 2)], stroke=FAINT, width=1)
            canvas.y += 8
        draw_frame(canvas, scene, told)
    canvas.axis(scene.step)
    return canvas.svg(scene.title, ". ".join([*told_readings(scene), *sentences(scene)]) + ".")


def told_readings(scene: Scene) -> Iterator[str]:
    """Say which readings a scene has, for who does not see it."""
    for frame in scene.frames:
        said = ", ".join(f"{reading_label(one)} {clock(since_start(one.ts))}" for one in frame.arrives)
        yield f"{frame.head}: readings {said}" if frame.head else f"Readings: {said}"


def draw_frame(canvas: Canvas, scene: Scene, told: Told) -> None:
    """Draw what is known after a frame."""
    if told.frame.head:
        canvas.text(16, canvas.y + 13, told.frame.head, bold=True)
        canvas.y += 22
    top = canvas.y
    if "time" in scene.shows:
        canvas.y += LEVEL + 2
    devices = sorted({device for one in told.readings if (device := _device(one)) is not None})
    nobodys = [one for one in told.readings if _device(one) is None and not ("time" in scene.shows and isinstance(one, Status))]
    if nobodys:
        draw_readings(canvas, scene.names.get("", "no device"), nobodys, told)
    for device in devices:
        own = [one for one in told.readings if _device(one) == device]
        draw_readings(canvas, scene.names.get(device, device) if len(devices) > 1 else "", own, told)
        draw_visits(canvas, scene, [visit for visit in told.visits if visit.device_id == device], own)
    if told.gone:
        draw_bars(canvas, "tombstone", map(_tombstone, told.gone))
    if "signals" in scene.shows:
        draw_signals(canvas, told.signals)
    if "time" in scene.shows:
        draw_times(canvas, told, scene.plan, top)


def draw_readings(canvas: Canvas, name: str, readings: Sequence[Reading], told: Told) -> None:
    """Draw readings as marks on a line; those of frames before are pale, and late ones have a ring."""
    new = {reading.id for reading in told.frame.arrives}
    marks = [
        Mark(
            since_start(one.ts),
            shape_of(one),
            reading_label(one) + (" (late)" if one.id in told.late else ""),
            INK if one.id in new else PALE,
            one.id in told.late,
        )
        for one in readings
    ]
    middle = draw_marks(canvas, name or "readings", marks, bold=name not in {"", "no device"})
    draw_durations(canvas, readings, middle)


def draw_durations(canvas: Canvas, readings: Sequence[Reading], middle: float) -> None:
    """Draw how long presences lasted that readings report; dotted where they are said to begin before the reading before."""
    last = -1e9
    for reading in readings:
        ts = since_start(reading.ts)
        if isinstance(reading, Dwell | Shelf) and reading.duration_s:
            begin = since_start(begin_of(reading))
            left = canvas.x(max(begin, last))
            canvas.line([(left, middle), (canvas.x(ts), middle)], width=3.5)
            canvas.line([(left, middle - 6), (left, middle + 6)])
            if begin < last:
                canvas.line([(canvas.x(begin), middle + 7), (canvas.x(last), middle + 7)], stroke=ALARM, dash="2 3", width=2)
        if isinstance(reading, Tracked):
            last = ts


def draw_visits(canvas: Canvas, scene: Scene, visits: Sequence[Visit], readings: Sequence[Reading]) -> None:
    """Draw the visits of a device, and their stays, with grace and silence between them."""
    micros = scene.plan.micros
    bars = [_visit(visit, scene) for visit in visits]
    bars += [_grace(visit, visits, micros) for visit in visits if visit.ended_by == "exit" and "grace" in scene.shows]
    stays = [
        Item(since_start(stay.started_at), since_start(stay.ended_at), f"{stay.zone_id} {clock(stay.dwell_s)}", ZONES[stay.zone_id])
        for visit in visits
        for stay in visit.stays
    ]
    for start, end in silences(readings):
        long = f"silence {clock(end - start)}, longer than "
        if micros.visit_timeout < (end - start) * SECOND:
            bars.append(Item(start, end, long + clock(micros.visit_timeout / SECOND), SILENCE))
        elif micros.presence_gap < (end - start) * SECOND and any(_is_inside(one, start, end) for one in visits):
            stays.append(Item(start, end, long + clock(micros.presence_gap / SECOND), SILENCE))
    if bars:
        draw_bars(canvas, "visits" if len(visits) > 1 else "visit", bars)
    if stays:
        draw_bars(canvas, "stays", stays)
    canvas.y += 4


def _visit(visit: Visit, scene: Scene) -> Item:
    start, end = since_start(visit.entered_at), since_start(visit.left_at)
    words = " · ".join([f"visit {clock(end - start)}", ended(visit), *details(visit, scene.says)])
    fill, ink = (INK, PAPER) if visit.is_final else (LIVE, INK)
    return Item(start, end, words, fill, ink, INK, dashed=visit.ended_by is None)


def _grace(visit: Visit, visits: Sequence[Visit], micros: Micros) -> Item:
    end = since_start(visit.left_at)
    until = min([end + micros.exit_grace / SECOND, *(since_start(one.entered_at) for one in visits if one.entered_at > visit.left_at)])
    return Item(end, until, f"grace {clock(until - end)}", GRACE, CALM, CALM)


def _tombstone(visit: Visit) -> Item:
    return Item(since_start(visit.entered_at), since_start(visit.left_at), f"{short_id(visit)} is gone", PAPER, ALARM, ALARM, dashed=True)


def draw_signals(canvas: Canvas, signals: Sequence[Signal]) -> None:
    """Draw since when the cause of each signal lasted, and a flag when that was long enough."""
    draw_marks(canvas, "signal", [Mark(since_start(one.at), "flag", one.kind, ALARM) for one in signals])
    spans = [(since_start(one.since), since_start(one.at)) for one in signals]
    causes = [Item(since, ts, f"for {clock(ts - since)}", PAPER, ALARM, ALARM) for since, ts in spans]
    draw_bars(canvas, "its cause", causes)


def draw_times(canvas: Canvas, told: Told, plan: Plan, top: float) -> None:
    """Draw the store's time and its watermark through a frame."""
    watermark = told.store_time - plan.micros.lateness / SECOND
    for ts, text, dash in ((watermark, "watermark", "2 3"), (told.store_time, "store's time", "")):
        if ts >= 0:
            canvas.line([(canvas.x(ts), top + LEVEL), (canvas.x(ts), canvas.y - 4)], stroke=CALM, dash=dash, behind=True)
            label = Label(canvas.x(ts), f"{text} {clock(ts)}")
            canvas.text(inside(label), top + 12, label.text, "middle", ink=CALM, halo=True)
    for one in told.readings:
        if isinstance(one, Status) and since_start(one.ts) == told.store_time:
            canvas.shape("status", canvas.x(told.store_time), top + LEVEL + 9)


def silences(readings: Iterable[Reading]) -> list[tuple[float, float]]:
    """Find the silences of a device in seconds, by rule 0."""
    heard = in_order([one for one in readings if isinstance(one, Tracked)])
    return [(since_start(one.ts), since_start(max(one.ts, begin_of(after)))) for one, after in pairwise(heard)]


def _is_inside(visit: Visit, start: float, end: float) -> bool:
    return since_start(visit.entered_at) <= start and end <= since_start(visit.left_at)


def _device(reading: Reading) -> str | None:
    return None if isinstance(reading, Status) else reading.device_id


def shape_of(reading: Reading) -> str:
    """Say which mark a reading has."""
    return reading.direction if isinstance(reading, Entry) else type(reading).__name__.lower()


def reading_label(reading: Reading) -> str:
    """Say what a reading says."""
    if isinstance(reading, Entry):
        return reading.direction
    if isinstance(reading, Dwell):
        return reading.zone_id + (f", for {clock(reading.duration_s)}" if reading.duration_s else "")
    if isinstance(reading, Shelf):
        return f"{reading.action} {reading.product_id or reading.shelf_id}"
    if isinstance(reading, Payment):
        return f"payment {reading.amount}"
    return reading.state
