"""Columns: overrides, mappings and thresholds work as Grafana documents them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboards.frames import Column, Frame
from dashboards.preview.fields import Field, fields_of

FRAME = Frame(
    [
        Column("time", "time", [datetime(2026, 11, 21, 12, tzinfo=UTC)]),
        Column("zone", "string", ["dairy"]),
        Column("people", "number", [12.0]),
        Column("share", "number", [0.25]),
    ]
)


def field(values: list[Any], **config: Any) -> Field:
    """Make a column of numbers with a configuration."""
    return fields_of(Frame([Column("n", "number", values)]), {"defaults": config})[0]


def _units(*overrides: dict[str, Any]) -> list[str | None]:
    return [one.unit for one in fields_of(FRAME, {"overrides": list(overrides)})]


def _meant(matcher: str, options: Any, unit: str) -> dict[str, Any]:
    return {"matcher": {"id": matcher, "options": options}, "properties": [{"id": "unit", "value": unit}]}


def test_overrides_find_columns_by_name_type_and_pattern() -> None:
    """The last that is meant for a column counts."""
    assert _units(_meant("byName", "zone", "A"), _meant("byType", "number", "N")) == [None, "A", "N", "N"]
    assert _units(_meant("byRegexp", "/^s/", "S")) == [None, None, None, "S"]
    assert _units(_meant("byName", "zone", "A"), _meant("byName", "zone", "B"))[1] == "B"


def test_an_override_inside_custom_changes_that_alone() -> None:
    """`custom.stacking.mode` leaves the group, and other columns, as they are."""
    config = {
        "defaults": {"custom": {"stacking": {"mode": "none", "group": "A"}}},
        "overrides": [
            {"matcher": {"id": "byName", "options": "people"}, "properties": [{"id": "custom.stacking.mode", "value": "normal"}]}
        ],
    }
    people, share = fields_of(FRAME, config)[2:]
    assert people.custom["stacking"] == {"mode": "normal", "group": "A"}
    assert share.custom["stacking"] == {"mode": "none", "group": "A"}


ABSOLUTE = {"mode": "absolute", "steps": [{"value": None, "color": "#009E73"}, {"value": 80, "color": "#D55E00"}]}


@pytest.mark.parametrize(("value", "color"), [(79.9, "#009E73"), (80, "#D55E00"), (81, "#D55E00"), (-5, "#009E73"), (None, "#009E73")])
def test_thresholds(value: float | None, color: str) -> None:
    """A threshold counts from its own value on; the first has no beginning."""
    assert field([value], thresholds=ABSOLUTE, color={"mode": "thresholds"}).shown(value).color == color


def test_thresholds_in_percent_go_from_the_minimum_to_the_maximum() -> None:
    """80 % of 0 to 20 is 16."""
    half = field([1.0], thresholds={**ABSOLUTE, "mode": "percentage"}, min=0, max=20, color={"mode": "thresholds"})
    assert (half.shown(15.9).color, half.shown(16.0).color) == ("#009E73", "#D55E00")


MAPPINGS = [
    {"type": "value", "options": {"1": {"text": "open", "color": "#009E73"}, "till-4": {"text": "Till 4"}, "null": {"text": "unknown"}}},
    {"type": "special", "options": {"match": "null+nan", "result": {"text": "none"}}},
]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "open"), (1.0, "open"), (None, "unknown"), (5000, "5000"), (float("nan"), "none"), ("till-4", "Till 4"), ("door", "door")],
)
def test_mappings(value: Any, text: str) -> None:
    """By value, and for what is no number; what no mapping means stays."""
    assert field([value], mappings=MAPPINGS).shown(value).text == text


def test_a_time_is_that_of_the_clock() -> None:
    """Berlin is an hour ahead of UTC in winter."""
    [at] = fields_of(Frame(FRAME.columns[:1]), {}, ZoneInfo("Europe/Berlin"))
    assert at.shown(at.values[0]).text == "2026-11-21 13:00:00"


def test_a_mapping_may_give_a_color_alone() -> None:
    """Then the text is that of the value, in its unit."""
    shown = field([90.0], unit="s", mappings=[{"type": "value", "options": {"90": {"color": "#D55E00"}}}]).shown(90.0)
    assert (shown.text, shown.color) == ("1.50 min", "#D55E00")


def test_nothing_is_said_in_the_words_for_it() -> None:
    """A null is no zero."""
    assert field([None], noValue="nobody").shown(None).text == "nobody"
    assert field([0], noValue="nobody").shown(0).text == "0"


def test_colors_by_mode() -> None:
    """Fixed, or by the steps that the last value has reached."""
    assert field([1], color={"mode": "fixed", "fixedColor": "#123456"}).color == "#123456"
    assert field([81, None], color={"mode": "thresholds"}, thresholds=ABSOLUTE).color == "#D55E00"
