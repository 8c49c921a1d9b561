"""All dashboards, for the stores that there are: the one list that is published, written, checked and previewed."""

from collections.abc import Sequence

from dashboards.board import Board
from dashboards.pages.chain import chain
from dashboards.pages.journeys import journeys
from dashboards.pages.now import now
from dashboards.pages.pipeline import pipeline
from dashboards.pages.visit import visit
from dashboards.pages.visits import visits
from dashboards.pages.zones import zones
from dashboards.plans import StorePlan


def boards(plans: Sequence[StorePlan]) -> list[Board]:
    """Return each dashboard's JSON: a page a store of what is now, and the pages on which a store is picked."""
    return [*map(now, plans), visits(), zones(), journeys(), visit(), chain(), pipeline()]
