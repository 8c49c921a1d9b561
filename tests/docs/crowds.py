"""Draws how full a zone is over time, with the thresholds of its signals; and how a priority comes about."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from sensors.reading import SECOND, Payment
from stream.signal_kinds import SignalPlan, presences
from tests.docs.drawing import ALARM, CALM, FAINT, INK, LEFT, PAPER, RIGHT, SOFT, Canvas, clock
from tests.docs.labels import Item, Mark, draw_bars, draw_marks
from tests.docs.lanes import draw_frame, draw_signals
from tests.docs.scenes import Frame, Scene, Told, play, sentence, signal_sentence, since_start
from tests.docs.signal_scenes import Crowd

HEIGHT = 100


def draw_crowd(crowd: Crowd) -> str:
    """Draw a zone over time."""
    canvas, scene = Canvas(crowd.scene.until), crowd.scene
    told = play(scene.frames, scene.plan)[-1]
    payments = [one for one in told.readings if isinstance(one, Payment)]
    if payments:
        draw_marks(canvas, "payments", [Mark(since_start(one.ts), "payment", one.sensor_id) for one in payments])
    steps = list(levels(crowd, told))
    _draw_levels(canvas, crowd, steps)
    draw_signals(canvas, told.signals)
    canvas.axis(scene.step)
    said = ", ".join(f"{clock(ts)} {_value(crowd, value)}" for ts, value in steps)
    return canvas.svg(scene.title, f"{_what(crowd)}: {said}. {'. '.join(crowd_sentences(crowd))}.")


def crowd_sentences(crowd: Crowd) -> list[str]:
    """Say which signals a crowd gives."""
    told = play(crowd.scene.frames, crowd.scene.plan)[-1]
    return [signal_sentence(signal) for signal in told.signals]


def levels(crowd: Crowd, told: Told) -> Iterator[tuple[float, float]]:
    """Say from when on how many people are in the zone, or how many minutes the last of them waits."""
    plan = SignalPlan(crowd.scene.plan)
    there = [one for visit in told.visits for one in presences(visit, plan) if one.zone_id == crowd.zone]
    payments = [one for one in told.readings if isinstance(one, Payment) and crowd.of == "queue"]
    moments = {one.start for one in there} | {one.until for one in there}
    moments |= {one.ts for one in payments} | {one.ts + plan.till_open + 1 for one in payments}
    watch = next(watch for watch in plan.watches[crowd.zone] if watch.kind == crowd.of)
    last = 0.0
    for ts in sorted(moments):
        people = sum(one.start <= ts < one.until for one in there)
        tills = len({one.sensor_id for one in payments if one.ts <= ts <= one.ts + plan.till_open})
        value = float(people) if crowd.of == "people" else watch.wait(people, tills) / SECOND / 60
        if value != last and since_start(ts) <= crowd.scene.until:
            yield since_start(ts), value
            last = value


def thresholds(crowd: Crowd) -> tuple[float, float]:
    """Say what is too much, and what is little again: people, or minutes."""
    watch = next(watch for watch in SignalPlan(crowd.scene.plan).watches[crowd.zone] if watch.kind == crowd.of)
    return (watch.high, watch.low) if crowd.of == "people" else (watch.high_wait / SECOND / 60, watch.low_wait / SECOND / 60)


def _draw_levels(canvas: Canvas, crowd: Crowd, steps: list[tuple[float, float]]) -> None:
    top, foot = canvas.y + 8, canvas.y + 8 + HEIGHT
    high, low = thresholds(crowd)

    def y(value: float) -> float:
        return foot - value / crowd.most * HEIGHT

    canvas.text(LEFT - 12, top + 4, _what(crowd), "end", ink=SOFT)
    canvas.line([(LEFT, foot), (RIGHT, foot)], stroke=FAINT, width=1)
    words = ("many", "few") if crowd.of == "people" else ("long", "short")
    for value, word, stroke in ((high, words[0], ALARM), (low, words[1], CALM)):
        canvas.line([(LEFT, y(value)), (RIGHT, y(value))], stroke=stroke, dash="5 3")
        canvas.text(LEFT - 12, y(value) + 4, f"{word}: {_value(crowd, value)}", "end", ink=stroke)
    points: list[tuple[float, float]] = [(LEFT, foot)]
    for ts, value in steps:
        points += [(canvas.x(ts), points[-1][1]), (canvas.x(ts), y(value))]
    canvas.line([*points, (RIGHT, points[-1][1])], width=2)
    canvas.y = foot + 6


def _what(crowd: Crowd) -> str:
    return "people" if crowd.of == "people" else "expected wait"


def _value(crowd: Crowd, value: float) -> str:
    return f"{value:g}" if crowd.of == "people" else clock(value * 60)


def draw_priority(scene: Scene) -> str:
    """Draw a visit and its priority after each reading."""
    canvas = Canvas(scene.until)
    told = play(scene.frames, scene.plan)[-1]
    draw_frame(canvas, replace(scene, shows=frozenset()), replace(told, frame=Frame(told.readings)))
    found = [*priorities(scene), (told.store_time, "")]
    draw_bars(canvas, "priority", [Item(start, end, name, PAPER, INK, INK) for (start, name), (end, _) in pairwise(found)])
    if "signals" in scene.shows:
        draw_signals(canvas, told.signals)
    canvas.axis(scene.step)
    return canvas.svg(scene.title, ". ".join(priority_sentences(scene)) + ".")


def priorities(scene: Scene) -> Iterator[tuple[float, str]]:
    """Say from when on which priority a visit has."""
    last = ""
    for told in play(scene.frames, scene.plan):
        priority = told.visits[0].priority or ""
        if priority != last:
            yield told.store_time, priority
            last = priority


def priority_sentences(scene: Scene) -> list[str]:
    """Say what a visit is, and its priorities."""
    told = play(scene.frames, scene.plan)[-1]
    changes = ", ".join(f"{name} from {clock(ts)}" for ts, name in priorities(scene))
    signals = map(signal_sentence, told.signals) if "signals" in scene.shows else []
    return [sentence(told.visits[0], scene.says), f"priority {changes}", *signals]
