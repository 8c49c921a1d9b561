"""All dashboards, for the stores that there are: the one list that is published, written, checked and previewed."""

from collections.abc import Sequence

from dashboards.board import Board
from dashboards.chain import chain
from dashboards.journeys import journeys
from dashboards.now import now
from dashboards.pipeline import pipeline
from dashboards.plans import StorePlan
from dashboards.visit import visit
from dashboards.visits import visits
from dashboards.zones import zones


def boards(plans: Sequence[StorePlan]) -> list[Board]:
    """Return each dashboard's JSON: a page a store of what is now, and the pages on which a store is picked."""
    return [*map(now, plans), visits(), zones(), journeys(), visit(), chain(), pipeline()]
