"""docs/cookbook.md: every question is answered by its query, on the fortnight of `tests.docs.market`, which can be told by hand."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg
import pytest

from sensors.reading import to_datetime
from storage.connect import connect
from tests.docs.market import BERLIN, DAYS, IMPATIENT, SECOND_WEDNESDAY, SINCE, UNTIL, WEEKEND, readings
from tests.stream.kafka_log import visits

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"
LEAST = 25
"""Questions that the page has at least."""

Row = tuple[object, ...]


def questions() -> dict[str, str]:
    """The queries of the page by their headings."""
    found = re.findall(r"^### (.*?)\n.*?^```sql\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return dict(found)


def moment(day: object, clock: str) -> datetime:
    """A time of a day in the store."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=BERLIN).astimezone(UTC)


def n(text: str) -> Decimal:
    """A number as PostgreSQL writes it."""
    return Decimal(text)


@pytest.fixture
def connection(market_url: str) -> Iterator[psycopg.Connection]:
    """A connection to it."""
    with connect(market_url, "test") as connection:
        yield connection


def _by_day() -> dict[str, list[Row]]:
    left = {day: (3, 2, n("66.7")) if day in IMPATIENT else (3, 1, n("33.3")) if day in WEEKEND else (2, 1, n("50.0")) for day in DAYS}
    most = {day: (2, time(9, 2)) if day in IMPATIENT else (1, time(9, 0)) for day in DAYS}
    came = Counter(to_datetime(reading.received_at).astimezone(BERLIN).date() for reading in readings())
    return {
        "How many leave without buying?": [(day, *row) for day, row in left.items()],
        "How full does it get?": [(day, *row) for day, row in most.items()],
        "Is everything there, and in time?": [(day, came[day], came[day], 0, 0, 0) for day in DAYS],
    }


def _at_the_tills() -> dict[str, list[Row]]:
    quarters: list[Row] = []
    for day in DAYS:
        joined, gave_up = (2, 1) if day in IMPATIENT else (1, 0)
        quarters.append((moment(day, "09:00"), "checkout", joined, 1, gave_up, 50))
        if day in WEEKEND:
            quarters.append((moment(day, "11:00"), "checkout", 1, 1, 0, 100))
    saved: list[Row] = [(moment(day, "11:00"), 1, 1, 100, 50, n("0.8")) for day in WEEKEND]
    saved += [(moment(day, "09:00"), 1, 1, 50, 25, n("0.4")) for day in DAYS]
    return {
        "How long is the queue, by quarter of an hour, and who gives up?": quarters,
        "What would an extra till have saved?": saved[:10],
    }


ANSWERS: dict[str, list[Row]] = {
    "Who enters, and when?": [(9, 30, n("2.1")), (11, 4, n("0.3"))],
    "How many of those who pass by come in?": [(9, 0, 30, 100), (10, 14, 0, 0), (11, 0, 4, 100)],
    "Weekday against weekend?": [("weekday", n("2.2"), n("45.5"), 275), ("weekend", 3, n("66.7"), 380)],
    "First visit against return?": [("first", 21, n("23.8"), 360, n("10.50")), ("returning", 13, 100, 210, n("2.50"))],
    "After how many days do they come back?": [(1, 13)],
    "How much of it is staff?": [(10, 44, n("22.7"), n("77.2"))],
    "How long do visits last?": [("bought", 18, 210, 210, 570), ("bought nothing", 16, 360, 360, 360)],
    "Which zones are fast, and which slow?": [
        ("entrance", 68, 15, n("0.25"), n("9.6")),
        ("checkout", 20, 60, 1, n("14.1")),
        ("dairy", 48, 60, 1, n("33.3")),
        ("wine", 18, 240, 4, n("42.9")),
    ],
    "Who reaches which zone?": [("dairy", 34, 100), ("entrance", 34, 100), ("checkout", 20, n("58.8")), ("wine", 18, n("52.9"))],
    "What are the most usual ways through the store?": [
        ("entrance > dairy > checkout > entrance", 16, n("47.1"), n("87.5")),
        ("entrance > dairy > wine > dairy > entrance", 14, n("41.2"), 0),
        ("entrance > wine > dairy > checkout > entrance", 4, n("11.8"), 100),
    ],
    "Where do people turn back?": [("wine", "dairy", 14, 100)],
    "Where are they last before they leave without buying?": [("dairy", 14, 360), ("checkout", 2, 180)],
    "Who reaches a zone, do they buy more often?": [("dairy", 34, n("52.9"), None), ("wine", 18, n("22.2"), n("87.5"))],
    "What is looked at, taken, put back, bought?": [
        ("milk", 18, 18, 18, 0, 18),
        ("red", 14, 0, 14, 14, 0),
        ("white", 4, 4, 4, 0, 4),
        ("butter", 0, 0, 2, 0, 0),
    ],
    "From gaze to basket: the funnel of each shelf": [("dairy-1", 34, 20, 20, 18), ("wine-1", 18, 18, 18, 4)],
    "How long do they look?": [("dairy-1", 18, 6, 100), ("wine-1", 18, 4, n("22.2"))],
    "What is taken, and then left behind?": [("butter", 2, 2)],
    "Does a promotion pay?": [("promoted", 18, 100, 100), ("regular", 18, n("111.1"), 20)],
    "What is bought together?": [("milk", "white", 4, 1)],
    "What is sold, and when?": [(9, 14, 35, n("2.50"), "EUR"), (11, 4, 50, n("12.50"), "EUR")],
    "How long from the door to the till?": [(18, 90, 200)],
    "What changed since last week, and is it more than chance?": [
        ("conversion, percent", n("56.3"), 50, n("-6.3"), n("-39.8"), n("27.3"), False),
        ("visits", 16, 18, 2, n("-9.4"), n("13.4"), False),
    ],
    "Which sensors were silent, and what did that hide?": [
        ("beat", moment(SECOND_WEDNESDAY, "09:00"), moment(SECOND_WEDNESDAY, "10:00"), 60, 5)
    ],
    **_by_day(),
    **_at_the_tills(),
}
"""What each query has to say."""

OF_VISITS = {"Who gives up at the till?", "What do visits say that shoppers value, and what do they spend?"}
"""Those whose answers have ids of visits, or judgements, in them."""


def filled(question: str) -> str:
    """Put the store and the fortnight into a query, as psql would."""
    return questions()[question].replace(":'store'", "'s1'").replace(":'since'", f"'{SINCE}'").replace(":'until'", f"'{UNTIL}'")


def ask(connection: psycopg.Connection, question: str) -> list[Row]:
    """Run a query as it stands on the page."""
    text = filled(question)
    return connection.execute(text.encode()).fetchall()


def test_every_question_has_an_answer() -> None:
    """None of the page is untested, and none is tested that is not there."""
    assert len(questions()) >= LEAST
    assert set(questions()) == set(ANSWERS) | OF_VISITS


@pytest.mark.parametrize("question", ANSWERS)
def test_an_answer(connection: psycopg.Connection, question: str) -> None:
    """It is the one that can be told by hand."""
    assert ask(connection, question) == ANSWERS[question]


def test_who_gives_up(market_url: str, connection: psycopg.Connection) -> None:
    """The impatient ones, by the ids of their visits."""
    names = {visit.device_id: UUID(visit.visit_id) for visit in visits(market_url)}
    expected = [(names[f"impatient-{day}"], "checkout", moment(day, "09:03:30"), 90, 1) for day in IMPATIENT]
    assert ask(connection, "Who gives up at the till?") == expected


def test_what_they_value(market_url: str, connection: psycopg.Connection) -> None:
    """Each customer's visit, by the priority that the engine gave it, and what was paid in them."""
    told = [visit for visit in visits(market_url) if visit.priority is not None]
    expected = []
    for priority, number in Counter(str(visit.priority) for visit in told).items():
        mine = [visit for visit in told if visit.priority == priority]
        paid = [visit.basket_total or Decimal(0) for visit in mine if visit.converted]
        stay, share = round(median(visit.duration_s for visit in mine)), round(Decimal(100 * len(paid)) / number, 1)
        expected.append((priority, number, stay, share, round(sum(paid) / len(paid), 2) if paid else None))
    assert len(told) == 34
    found = ask(connection, "What do visits say that shoppers value, and what do they spend?")
    assert found == sorted(expected, key=lambda row: (-row[1], row[0]))


@pytest.mark.parametrize("question", ANSWERS)
def test_an_analyst_gets_the_same_answer(connection: psycopg.Connection, question: str) -> None:
    """As the page says: in the other schema, with a pseudonym for the device."""
    connection.execute("SET search_path = instore_analysis, instore")
    text = filled(question).replace("instore.", "").replace("device_id", "visitor")
    assert connection.execute(text.encode()).fetchall() == ANSWERS[question]
