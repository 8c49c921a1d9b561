"""The variables of dashboards: what a person picks at the top of the page. In SQL: `${store:sqlstring}`, `${by:raw}`."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh

from dashboards.sql import SOURCE, text_of

ALL = "$__all"


def store() -> dashboard.QueryVariable:
    """One store."""
    return _asked("store", "Store", "variables/store").description("The store that the page is about.")


def zones() -> dashboard.QueryVariable:
    """Some zones of the store, or all: `zone_id IN (${zone:sqlstring})`."""
    every = VariableOption(text=["All"], value=[ALL], selected=True)
    return _asked("zone", "Zone", "variables/zone").multi(True).include_all(True).current(every).description("Zones of the store.")


def by(chosen: str, *others: str) -> dashboard.CustomVariable:
    """How long the stretches are that figures are told by: the ending of a rollup's name, `footfall_${by:raw}`."""
    labels = {"5m": "5 minutes", "hour": "hour", "day": "day"}
    options = [VariableOption(text=labels[one], value=one, selected=one == chosen) for one in (chosen, *others)]
    texts = ",".join(f"{labels[one]} : {one}" for one in (chosen, *others))
    variable = dashboard.CustomVariable("by").label("By").values(texts).options(options)
    return variable.current(options[0]).description("By 5 minutes, by hour, or by day.")


def visit() -> dashboard.TextBoxVariable:
    """One visit by its pseudonym, given by a link; without one the text is empty, not missing, which Grafana would make nothing of."""
    about = "A visit's visit_id in instore_analysis: follow a link to get here."
    return dashboard.TextBoxVariable("visit").label("Visit").description(about).default_value("")


def constant(name: str, value: str) -> dashboard.ConstantVariable:
    """What a page was made for, which nobody picks."""
    return dashboard.ConstantVariable(name).value(value)


def _asked(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """Options are the rows of a query with the columns `__value` and `__text`."""
    return dashboard.QueryVariable(name).label(label).query(text_of(query)).datasource(SOURCE).refresh(VariableRefresh.ON_DASHBOARD_LOAD)
