"""A board that has every kind of panel and of variable that the preview draws, and one that it does not; its figures need no store."""

from typing import Any

from dashboards.board import Board

Panel = dict[str, Any]

STEPS = {
    "mode": "absolute",
    "steps": [{"color": "#009E73"}, {"value": 20, "color": "#E69F00"}, {"value": 40, "color": "#D55E00"}],
}
TIMES = "SELECT t AS time, {columns} FROM generate_series($__timeFrom()::timestamptz, $__timeTo()::timestamptz, interval '30 minutes') t"
HOUR = "extract(hour FROM t)::int"


def panel(kind: str, title: str, sql: str | None, place: tuple[int, int, int, int], **more: Any) -> Panel:
    """Make a panel; `place` is x, y, width, height."""
    x, y, w, h = place
    targets = [{"refId": "A", "rawSql": sql}] if sql else []
    return {
        "type": kind,
        "title": title,
        "description": f"How {title.lower()} is defined.",
        "gridPos": {"x": x, "y": y, "w": w, "h": h},
        "targets": targets,
        "options": {},
        "fieldConfig": {"defaults": {"noValue": "no data"}, "overrides": []},
        **more,
    }


def config(*overrides: tuple[str, str, Any], **defaults: Any) -> dict[str, Any]:
    """Make a `fieldConfig`; an override is a column, a property and its value."""
    made = [{"matcher": {"id": "byName", "options": name}, "properties": [{"id": key, "value": value}]} for name, key, value in overrides]
    return {"defaults": {"noValue": "no data", **defaults}, "overrides": made}


def _figures() -> list[Panel]:
    return [
        panel(
            "stat",
            "People inside",
            'SELECT 34 AS "Inside", 60 AS "Capacity"',
            (0, 0, 6, 4),
            options={"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "value"},
            fieldConfig=config(color={"mode": "thresholds"}, thresholds=STEPS),
        ),
        panel(
            "stat",
            "Wait",
            "SELECT 312 AS wait",
            (6, 0, 6, 4),
            options={"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "background"},
            fieldConfig=config(unit="s", color={"mode": "fixed", "fixedColor": "#D55E00"}),
        ),
        panel(
            "bargauge",
            "Queues",
            "SELECT * FROM (VALUES ('Till 1', 7), ('Till 2', 3), ('Till 3', 0)) AS q (till, people)",
            (12, 0, 6, 4),
            options={"reduceOptions": {"values": True}},
            fieldConfig=config(min=0, max=10, color={"mode": "thresholds"}, thresholds=STEPS),
        ),
        panel("table", "Picked", 'SELECT ${store:sqlstring} AS "Store"', (18, 0, 6, 4)),
    ]


def _charts() -> list[Panel]:
    return [
        panel(
            "timeseries",
            "Came in",
            TIMES.format(columns=f'{HOUR} AS "Shoppers", {HOUR} / 2 AS "Staff"'),
            (0, 4, 12, 8),
            fieldConfig=config(
                ("Staff", "color", {"mode": "fixed", "fixedColor": "#CC79A7"}),
                custom={"drawStyle": "line", "lineInterpolation": "stepAfter", "fillOpacity": 8, "lineWidth": 2},
                color={"mode": "fixed", "fixedColor": "#56B4E9"},
            ),
        ),
        panel(
            "timeseries",
            "Sales",
            TIMES.format(columns=f'{HOUR} * 110.5 AS "Today", {HOUR} * 90 AS "Usual"'),
            (12, 4, 12, 8),
            fieldConfig=config(
                ("Usual", "color", {"mode": "fixed", "fixedColor": "#8E8E8E"}),
                unit="prefix:€ ",
                custom={"drawStyle": "bars", "stacking": {"mode": "normal", "group": "A"}, "barAlignment": 1, "fillOpacity": 80},
                color={"mode": "fixed", "fixedColor": "#56B4E9"},
            ),
        ),
        panel(
            "barchart",
            "By zone",
            "SELECT * FROM (VALUES ('Dairy & eggs', 848, 0.4), ('Seasonal <offers>', 1323, 0.2), ('Wine', 120, 0.1))"
            ' AS z ("Zone", "Visits", "Share")',
            (0, 12, 8, 8),
            options={"orientation": "horizontal", "showValue": "auto"},
            fieldConfig=config(("Share", "custom.hidden", True), color={"mode": "fixed", "fixedColor": "#56B4E9"}),
        ),
    ]


def _rows_and_cells() -> list[Panel]:
    return [
        panel(
            "table",
            "Waiting long",
            "SELECT * FROM (VALUES ('a-1', 'Cheese', 1320, 0.8, now()), ('b-2', NULL, 60, 0.1, now())) AS w"
            ' (visit_id, "Zone", "For", "Score", "Since")',
            (8, 12, 8, 8),
            fieldConfig=config(
                (
                    "visit_id",
                    "links",
                    [{"title": "This visit", "url": "/d/sample?var-visit=${__data.fields.visit_id}&${__url_time_range}"}],
                ),
                ("For", "unit", "s"),
                ("For", "custom.displayMode", "color-background"),
                ("For", "thresholds", {"mode": "absolute", "steps": [{"color": "#8E8E8E"}, {"value": 600, "color": "#D55E00"}]}),
                ("Score", "custom.displayMode", "basic"),
                ("Score", "max", 1),
                ("Score", "min", 0),
                ("Score", "unit", "percentunit"),
            ),
        ),
        panel(
            "heatmap",
            "How long by hour",
            TIMES.format(columns=f'{HOUR} AS "to 5 min", {HOUR} * 2 AS "to 15 min", 24 - {HOUR} AS "longer"'),
            (16, 12, 8, 8),
            options={"calculate": False, "cellGap": 1},
            fieldConfig=config(color={"mode": "fixed", "fixedColor": "#56B4E9"}),
        ),
        panel(
            "state-timeline",
            "Where they were",
            "SELECT $__timeTo()::timestamptz - interval '40 minutes' AS time, 'Dairy' AS zone"
            " UNION ALL SELECT $__timeTo()::timestamptz - interval '25 minutes', NULL"
            " UNION ALL SELECT $__timeTo()::timestamptz - interval '20 minutes', 'Tills'",
            (0, 20, 12, 5),
            fieldConfig=config(
                mappings=[{"type": "value", "options": {"Dairy": {"color": "#56B4E9"}, "Tills": {"color": "#E69F00", "text": "Checkout"}}}]
            ),
        ),
    ]


def _picture_and_faults() -> list[Panel]:
    return [
        panel(
            "canvas",
            "The floor",
            "SELECT * FROM (VALUES ('dairy', 25), ('tills', 45)) AS z (zone, people)",
            (12, 20, 12, 8),
            transformations=[{"id": "rowsToFields", "options": {"mappings": ROWS_TO_FIELDS}}],
            options={"root": {"elements": [_part("dairy", 0), _part("tills", 50)]}},
            fieldConfig=config(color={"mode": "thresholds"}, thresholds=STEPS),
        ),
        panel("timeseries", "Nothing yet", TIMES.format(columns="1 AS n") + " WHERE false", (0, 25, 6, 3)),
        panel("stat", "Takes long", "SELECT 42 AS answer FROM pg_sleep(2)", (0, 28, 6, 3)),
        panel("table", "Wrong on purpose", "SELECT no_such_column FROM instore.stores", (6, 25, 6, 3)),
        panel("piechart", "Not for the preview", "SELECT 1 AS n", (6, 28, 6, 3)),
    ]


ROWS_TO_FIELDS = [{"fieldName": "zone", "handlerKey": "field.name"}, {"fieldName": "people", "handlerKey": "field.value"}]


def _part(name: str, left: int) -> dict[str, Any]:
    return {
        "type": "rectangle",
        "name": name,
        "config": {
            "text": {"mode": "field", "field": name, "fixed": ""},
            "color": {"fixed": "#000000"},
            "size": 20,
            "align": "center",
            "valign": "middle",
        },
        "background": {"color": {"field": name, "fixed": "#cccccc"}},
        "constraint": {"horizontal": "scale", "vertical": "scale"},
        "placement": {"left": left, "right": 50 - left, "top": 0, "bottom": 0},
    }


def often() -> Board:
    """A board that asks every second: what tests that wait for that need."""
    return {
        "uid": "often",
        "title": "Often",
        "refresh": "1s",
        "panels": [panel("timeseries", "Came in", TIMES.format(columns=f'{HOUR} AS "Shoppers"'), (0, 0, 12, 8)) | {"id": 1}],
    }


def late() -> Board:
    """A board that asks again before one of its panels has its answer, and whose other panel is another each time."""
    shown = {"options": {"colorMode": "value"}}
    panels = [
        panel("stat", "Slow", "SELECT 42 AS answer FROM pg_sleep(2.8)", (0, 0, 6, 4), **shown),
        panel("stat", "Clock", "SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds", (6, 0, 6, 4), **shown),
    ]
    return {"uid": "late", "title": "Late", "refresh": "2s", "panels": [one | {"id": at} for at, one in enumerate(panels, 1)]}


def paces() -> Board:
    """A board whose answers take as many tenths of a second as the address says, and say how many; one chart is there above ten alone."""
    pace = {"type": "textbox", "name": "pace", "label": "Pace", "query": "0", "current": {"value": "0", "text": "0"}}
    figure = "SELECT ${pace:sqlstring}::float8 AS pace FROM pg_sleep(${pace:sqlstring}::float8 / 10)"
    chart = f"{TIMES}, pg_sleep(${{pace:sqlstring}}::float8 / 10)".replace("{columns}", '${pace:sqlstring}::float8 AS "Pace"')
    panels = [
        panel("stat", "Figure", figure, (0, 0, 6, 4), options={"colorMode": "value"}),
        panel("timeseries", "Chart", chart, (6, 0, 6, 8)),
        panel("timeseries", "Slow chart", chart + " WHERE ${pace:sqlstring}::float8 > 10", (12, 0, 6, 8)),
    ]
    numbered = [one | {"id": at} for at, one in enumerate(panels, 1)]
    return {"uid": "paces", "title": "Paces", "refresh": "1m", "templating": {"list": [pace]}, "panels": numbered}


def board() -> Board:
    """Make it."""
    variables = [
        {
            "type": "query",
            "name": "store",
            "label": "Store",
            "query": "SELECT 'north' AS __value, 'North' AS __text UNION ALL SELECT 'south', 'South' ORDER BY 1",
        },
        {
            "type": "query",
            "name": "zone",
            "label": "Zone",
            "query": "SELECT ${store:sqlstring} || '-' || n AS __value, 'Zone ' || n AS __text FROM generate_series(1, 3) n",
            "multi": True,
            "includeAll": True,
            "current": {"text": ["All"], "value": ["$__all"]},
        },
        {"type": "custom", "name": "by", "label": "By", "query": "hour : hour,day : day", "current": {"value": "hour"}},
        {"type": "textbox", "name": "visit", "label": "Visit"},
        {"type": "constant", "name": "fixed", "query": "7"},
    ]
    panels = [*_figures(), *_charts(), *_rows_and_cells(), *_picture_and_faults()]
    for number, one in enumerate(panels, 1):
        one["id"] = number
    return {
        "uid": "sample",
        "title": "Sample",
        "description": "Every kind of panel.",
        "refresh": "5s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": variables},
        "panels": panels,
    }
