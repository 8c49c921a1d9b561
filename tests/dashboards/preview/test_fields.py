"""Columns: overrides, mappings and thresholds work as Grafana documents them."""

from datetime import UTC, datetime
from typing import Any

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


def _titles(*overrides: dict[str, Any]) -> list[str]:
    return [one.title for one in fields_of(FRAME, {"overrides": list(overrides)})]


def _named(matcher: str, options: Any, title: str) -> dict[str, Any]:
    return {"matcher": {"id": matcher, "options": options}, "properties": [{"id": "displayName", "value": title}]}


def test_overrides_find_columns_by_name_type_and_pattern() -> None:
    """The last that is meant for a column counts."""
    assert _titles(_named("byName", "zone", "Zone"), _named("byType", "number", "N")) == ["time", "Zone", "N", "N"]
    assert _titles(_named("byRegexp", "/^s/", "S"), _named("byNames", {"names": ["time"]}, "T")) == ["T", "zone", "people", "S"]
    assert _titles(_named("byName", "zone", "A"), _named("byName", "zone", "B"))[1] == "B"


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


ABSOLUTE = {"mode": "absolute", "steps": [{"value": None, "color": "green"}, {"value": 80, "color": "red"}]}


@pytest.mark.parametrize(("value", "color"), [(79.9, "green"), (80, "red"), (81, "red"), (-5, "green"), (None, "green")])
def test_thresholds(value: float | None, color: str) -> None:
    """A threshold counts from its own value on; the first has no beginning."""
    assert field([value], thresholds=ABSOLUTE, color={"mode": "thresholds"}).shown(value).color == color


def test_thresholds_in_percent_go_from_the_minimum_to_the_maximum() -> None:
    """80 % of 0 to 20 is 16."""
    half = field([1.0], thresholds={**ABSOLUTE, "mode": "percentage"}, min=0, max=20, color={"mode": "thresholds"})
    assert (half.shown(15.9).color, half.shown(16.0).color) == ("green", "red")


MAPPINGS = [
    {"type": "value", "options": {"1": {"text": "open", "color": "green"}, "null": {"text": "unknown"}}},
    {"type": "range", "options": {"from": 10, "to": 20, "result": {"text": "some", "color": "yellow"}}},
    {"type": "range", "options": {"from": 21, "to": None, "result": {"text": "many"}}},
    {"type": "special", "options": {"match": "nan", "result": {"text": "none"}}},
    {"type": "regex", "options": {"pattern": "/^till-(.*)/", "result": {"text": "Till $1"}}},
]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "open"),
        (1.0, "open"),
        (None, "unknown"),
        (10, "some"),
        (20, "some"),
        (20.5, "20.5"),
        (5000, "many"),
        (float("nan"), "none"),
        ("till-4", "Till 4"),
        ("door", "door"),
    ],
)
def test_mappings(value: Any, text: str) -> None:
    """By value, by range with both ends in it, by pattern, and for what is no number; what no mapping means stays."""
    assert field([value], mappings=MAPPINGS).shown(value).text == text


def test_a_mapping_may_give_a_color_alone() -> None:
    """Then the text is that of the value, in its unit."""
    shown = field([90.0], unit="s", mappings=[{"type": "value", "options": {"90": {"color": "#D55E00"}}}]).shown(90.0)
    assert (shown.text, shown.color) == ("1.50 min", "#D55E00")


def test_nothing_is_said_in_the_words_for_it() -> None:
    """A null is no zero."""
    assert field([None], noValue="nobody").shown(None).text == "nobody"
    assert field([0], noValue="nobody").shown(0).text == "0"


def test_colors_by_mode() -> None:
    """Fixed, by the place of the column, and by the place of the value."""
    assert field([1], color={"mode": "fixed", "fixedColor": "#123456"}).color == "#123456"
    two = fields_of(FRAME, {"defaults": {"color": {"mode": "palette-classic"}}})
    assert two[2].color != two[3].color
    scale = field([0.0, 10.0], color={"mode": "continuous-GrYlRd"})
    assert (scale.shown(0.0).color, scale.shown(10.0).color) == ("#73BF69", "#F2495C")


def test_what_is_not_known_is_an_error() -> None:
    """A mode of color, and a way to mean columns."""
    with pytest.raises(ValueError, match="the color mode rainbow"):
        field([1], color={"mode": "rainbow"}).shown(1)
    with pytest.raises(ValueError, match="overrides by byMagic"):
        _titles(_named("byMagic", 1, "x"))
