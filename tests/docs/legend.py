"""Draws the legend: every mark and bar of the timelines, with its name."""

from tests.docs.drawing import ALARM, CALM, GRACE, INK, LIVE, PALE, PAPER, SILENCE, ZONES, Canvas
from tests.docs.labels import Item, Mark, draw_bars, draw_marks

NAME = "legend"
TITLE = "How to read the timelines"
TEXT = """Readings are marks on a line: a triangle to the right is a gate's "in", one to the left "out", a circle a presence in a zone, a \
square a touch of a shelf, a diamond a payment, a plus a heartbeat. Pale ones had come before; one with a ring came late. A thick line is \
the time for which a reading says that the presence lasted. Bars are visits (dashed: open; light: live; black: final) and stays (a colour \
a zone). Hatched is silence, dotted the grace, dashed in red a visit that was replaced. A flag is a signal."""


def draw_legend() -> str:
    """Draw the legend."""
    canvas = Canvas(100)
    marks = [
        *(Mark(3, "in", "gate: in"), Mark(16, "out", "gate: out"), Mark(30, "dwell", "in a zone"), Mark(44, "shelf", "at a shelf")),
        *(Mark(58, "payment", "payment"), Mark(73, "status", "heartbeat"), Mark(90, "flag", "signal", ALARM)),
    ]
    draw_marks(canvas, "readings", marks)
    more = [
        Mark(9, "dwell", "came before", PALE),
        Mark(36, "dwell", "came late", INK, ringed=True),
        Mark(90, "dwell", "there since the bar"),
    ]
    middle = draw_marks(canvas, "", more)
    canvas.line([(canvas.x(66), middle), (canvas.x(90), middle)], width=3.5)
    canvas.line([(canvas.x(66), middle - 6), (canvas.x(66), middle + 6)])
    visits = [
        Item(0, 20, "open", LIVE, INK, INK, dashed=True),
        Item(22, 42, "over, but live", LIVE, INK, INK),
        Item(44, 62, "final", INK, PAPER),
        Item(62, 78, "grace", GRACE, CALM, CALM),
        Item(80, 100, "replaced", PAPER, ALARM, ALARM, dashed=True),
    ]
    draw_bars(canvas, "visits", visits)
    zones = [Item(n * 15, n * 15 + 15, zone, ZONES[zone]) for n, zone in enumerate(("entrance", "dairy", "bakery", "checkout", "street"))]
    draw_bars(canvas, "stays", [*zones, Item(77, 100, "silence: in no zone", SILENCE)])
    canvas.y += 4
    return canvas.svg(TITLE, TEXT)
