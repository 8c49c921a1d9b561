"""Alerts: what somebody must be told of who is not looking. Rules as data, and as Grafana's provisioning of 9.3 and newer has them.

A rule asks for a number for each store, zone or sensor: a table with one column of numbers, whose texts become labels, so that each row is
an alert of its own. Where the limit differs by store or zone it is a second query with the same labels, and Grafana compares the two.
No row is no fault: a store that is closed, or without tills, has nothing to say (`noDataState: OK`). A query that fails is one.
"""

from typing import Any, NamedTuple

from dashboards.pages.now import STORE_PAGE
from dashboards.sql import SOURCE_UID, Query

Group = dict[str, Any]
"""A group of rules that are evaluated together, every `interval` seconds: `title`, `interval`, `rules`."""

EXPRESSION_UID = "__expr__"
"""The data source that Grafana computes expressions with."""

_HOUR_S = 3600


class Rule(NamedTuple):
    """An alert.

    Attributes:
        uid: its address, the same for ever.
        title: its name.
        queries: the queries, by the name that the condition has for each.
        condition: when it is one: Grafana's math. `$A` is what was measured, `$L` the limit.
        lasting: how long that has to last, as Grafana writes it.
        severity: `act` (somebody in the store, now), `look` (somebody, today), or `broken` (who runs instore).
        summary: what is so, in a sentence.
        runbook: what to do about it.
        page: the page to look at.
    """

    uid: str
    title: str
    queries: dict[str, str]
    condition: str
    lasting: str
    severity: str
    summary: str
    runbook: str
    page: str


_STORE_PAGE = f"/d/{STORE_PAGE}{{{{ $labels.page }}}}"
_PIPELINE_PAGE = "/d/instore-pipeline"

STORES = (
    Rule(
        "instore-long-queue",
        "Long queue",
        {"A": "alerts/long_queue", "L": "alerts/long_queue_limit"},
        "$A >= $L",
        "1m",
        "act",
        "{{ $labels.zone_name }} in {{ $labels.store_name }}: about {{ humanizeDuration $values.A.Value }} of waiting, "
        "{{ humanizeDuration $values.L.Value }} is too long",
        "Open another till, or call somebody to this one. Does it come every day at this hour, plan one more person for it. "
        "The limit is the rule queue_long_wait_s (or queue_long_people) of the store's layout.",
        _STORE_PAGE,
    ),
    Rule(
        "instore-zone-full",
        "Zone over capacity",
        {"A": "alerts/zone_full", "L": "alerts/zone_full_limit"},
        "$A > $L",
        "1m",
        "act",
        "{{ $labels.zone_name }} in {{ $labels.store_name }}: {{ $values.A.Value }} people, room for {{ $values.L.Value }}",
        "Send somebody: is the way blocked, does something happen there, do people wait for help? "
        "Stop letting people in if it is not safe. Is it always so and fine, raise the zone's capacity in the layout.",
        _STORE_PAGE,
    ),
    Rule(
        "instore-conversion",
        "Conversion far under its usual",
        {"A": "alerts/conversion", "L": "alerts/conversion_usual"},
        "$A < 0.7 * $L",
        "10m",
        "look",
        "{{ $labels.store_name }}: {{ humanizePercentage $values.A.Value }} of those who came two to three hours ago paid, "
        "usually it is {{ humanizePercentage $values.L.Value }}",
        "Look at the tills first: is one silent (then receipts are missing, not sales), are queues long? Then at what people came for: is "
        "something sold out, a price wrong, an aisle closed?",
        _STORE_PAGE,
    ),
)

PIPELINE = (
    Rule(
        "instore-sensor-silent",
        "Sensor silent",
        {"A": "alerts/sensor_silent"},
        "$A > 0",
        "0s",
        "look",
        "{{ $labels.sensor }} in {{ $labels.store_name }} has said nothing for {{ humanizeDuration $values.A.Value }}",
        "Look at its power, then at its network. Until it is back, figures of its zone are too low. "
        "Was it taken down, take it out of the layout; it is named for 7 days more. How long is too long: the rule sensor_silent_s.",
        _PIPELINE_PAGE,
    ),
    Rule(
        "instore-accounting",
        "Accounting broken",
        {"A": "alerts/accounting"},
        "$A > 0",
        "5m",
        "broken",
        "{{ $labels.store_name }}: {{ $values.A.Value }} readings of the last day are missing or double",
        "This must not happen. Keep the log of the worker; see which hours are off: "
        "SELECT * FROM instore.accounting WHERE difference <> 0. "
        "Was something deleted or written by hand, past the worker? If not, please report it.",
        _PIPELINE_PAGE,
    ),
    Rule(
        "instore-stale",
        "Pipeline stale",
        {"A": "alerts/stale"},
        "$A > 300",
        "2m",
        "broken",
        "{{ $labels.store_name }} is open, and its newest reading is {{ humanizeDuration $values.A.Value }} old",
        "One store: its gateway, its network, its way to the MQTT broker. All stores: is the broker reached, do bridge and worker run, has "
        "the disk room? `instore doctor` says which part does not answer. Readings that waited are not lost, and told when they come.",
        _PIPELINE_PAGE,
    ),
)


def groups() -> list[Group]:
    """All rules, as Grafana's provisioning has them, but for folder and organisation: who publishes them adds these."""
    return [
        {"title": "instore stores", "interval": 60, "rules": [provisioned(rule) for rule in STORES]},
        {"title": "instore pipeline", "interval": 60, "rules": [provisioned(rule) for rule in PIPELINE]},
    ]


def provisioned(rule: Rule) -> dict[str, Any]:
    """A rule as Grafana's provisioning has it."""
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "B",
        "data": [*(_query(name, file) for name, file in rule.queries.items()), _condition(rule.condition)],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": rule.lasting,
        "annotations": {"summary": _where_measured(rule.summary), "runbook": rule.runbook, "page": rule.page},
        "labels": {"service": "instore", "severity": rule.severity},
    }


def _where_measured(summary: str) -> str:
    """Grafana fills sentences in also where there was no row, and then logs an error for each figure that it misses."""
    return f"{{{{ with $values.A }}}}{summary}{{{{ end }}}}"


def _query(name: str, file: str) -> dict[str, Any]:
    model = Query(file, name).to_json() | {"datasource": {"type": "postgres", "uid": SOURCE_UID}}
    return {
        "refId": name,
        "queryType": "",
        "relativeTimeRange": {"from": _HOUR_S, "to": 0},
        "datasourceUid": SOURCE_UID,
        "model": model,
    }


def _condition(expression: str) -> dict[str, Any]:
    model = {
        "refId": "B",
        "type": "math",
        "expression": expression,
        "datasource": {"type": EXPRESSION_UID, "uid": EXPRESSION_UID},
    }
    return {
        "refId": "B",
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": EXPRESSION_UID,
        "model": model,
    }
