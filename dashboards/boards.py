"""All dashboards, for the stores that there are: the one list that is published, written and checked; the preview makes some of it."""

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
    return [*map(now, plans), *pages()]


def pages() -> list[Board]:
    """Return the JSON of those that are the same whatever stores there are."""
    return [visits(), zones(), journeys(), visit(), chain(), pipeline()]
