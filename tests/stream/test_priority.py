"""The priority of a visit: hand-made visits of each kind, and what holds for all of them."""

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, Product, ShelfPlan, Zone
from sensors.reading import Payment, Reading
from storage.model import Facts, Priority, ShelfVisit, Stay
from stream.facts import Catalog, facts_of
from stream.priority import DEFAULT, Part, Settings, explain, judge, judge_facts
from stream.store import Store
from tests.stream.make import at, dwell, entry, payment, plan, shelf
from tests.stream.rows import Rows

ZONES = ("fruit", "dairy", "tins", "sweets")
LAYOUT = Layout(
    store_id="s1",
    zones=(
        Zone(zone_id="foyer", type="entrance"),
        *(Zone(zone_id=zone) for zone in ZONES),
        Zone(zone_id="desk", type="interest"),
        Zone(zone_id="till", type="checkout"),
        Zone(zone_id="street", type="outside"),
    ),
    shelves=tuple(
        ShelfPlan(
            shelf_id=f"{zone}-{number}",
            zone_id=zone,
            products=(
                Product(product_id=f"{zone}-{number}-cheap", price=Decimal(1)),
                Product(product_id=f"{zone}-{number}-dear", price=Decimal(3)),
                Product(product_id=f"{zone}-{number}-offer", price=Decimal(2), promoted=number == 1),
            ),
        )
        for zone in ZONES
        for number in (1, 2)
    ),
)
"""A store of four aisles with two shelves each, the first of them with an offer; a service desk."""

CATALOG = Catalog(LAYOUT)


class Told:
    """A visit as it is told: zone by zone, touch by touch."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stays: list[Stay] = []
        self.touches: list[ShelfVisit] = []
        self.payments: list[Payment] = []

    def stay(self, zone: str, seconds: float) -> "Told":
        """Spend time in a zone."""
        self.stays.append(Stay(zone, at(self.now), at(self.now + seconds)))
        self.now += seconds
        return self

    def look(self, shelf_id: str, seconds: float) -> "Told":
        """Look at a shelf, from now on."""
        return self._touch(shelf_id, "view", None, seconds)

    def take(self, shelf_id: str, which: str) -> "Told":
        """Take a product."""
        return self._touch(shelf_id, "pickup", f"{shelf_id}-{which}", None)

    def put_back(self, shelf_id: str, which: str) -> "Told":
        """Put a product back."""
        return self._touch(shelf_id, "putback", f"{shelf_id}-{which}", None)

    def pay(self, *, card: bool = False) -> "Told":
        """Pay."""
        self.payments.append(payment(self.now, device="d1" if card else None))
        return self

    def _touch(self, shelf_id: str, action: str, product: str | None, seconds: float | None) -> "Told":
        name = f"t{len(self.touches):03d}"
        one = ShelfVisit(name, at(self.now) + len(self.touches), shelf_id, action, product, None, seconds)  # type: ignore[arg-type]
        self.touches.append(one)
        return self

    def facts(self) -> Facts:
        """Its facts."""
        return facts_of(self.stays, self.touches, self.payments, CATALOG)

    def judged(self) -> Priority:
        """What it is judged as."""
        return judge(self.stays, self.touches, self.payments, CATALOG).priority


def hurried() -> Told:
    """In, two things without a long look, out."""
    told = Told().stay("foyer", 20)
    for zone in ("dairy", "tins"):
        told.look(f"{zone}-2", 4).take(f"{zone}-2", "dear").stay(zone, 45)
    return told.stay("till", 80).pay()


def choosy() -> Told:
    """Everywhere, long looks, this one or that one, and back to the first shelf; little is taken."""
    told = Told().stay("foyer", 30)
    for zone in ZONES:
        told.look(f"{zone}-1", 18).look(f"{zone}-2", 20).stay(zone, 300)
    told.take("sweets-2", "cheap").put_back("sweets-2", "cheap").take("sweets-2", "dear")
    return told.look("sweets-1", 15).stay("sweets", 100).stay("till", 90).pay()


def thrifty() -> Told:
    """To the offers; the dearer one is put back for the cheaper one."""
    told = Told().stay("foyer", 30)
    for zone in ZONES:
        told.look(f"{zone}-1", 11).take(f"{zone}-1", "dear").put_back(f"{zone}-1", "dear").take(f"{zone}-1", "cheap").stay(zone, 220)
        told.take(f"{zone}-1", "offer")
    return told.stay("till", 90).pay()


def greeted() -> Told:
    """To the desk first; the card is shown; a chat at the end."""
    told = Told().stay("foyer", 30).stay("desk", 150)
    for zone in ("dairy", "tins"):
        told.look(f"{zone}-2", 10).take(f"{zone}-2", "dear").stay(zone, 300)
    return told.stay("till", 90).pay(card=True).stay("desk", 400)


def ordinary() -> Told:
    """Some of everything."""
    told = Told().stay("foyer", 30)
    for zone in ("fruit", "dairy", "tins"):
        told.look(f"{zone}-2", 10).take(f"{zone}-2", "dear").stay(zone, 250)
    return told.look("tins-1", 9).stay("till", 90).pay()


@pytest.mark.parametrize(
    ("told", "priority"),
    [(hurried, "speed"), (choosy, "selection"), (thrifty, "price"), (greeted, "recognition"), (ordinary, "none")],
)
def test_a_visit_of_each_kind_is_recognised(told: "type[Told]", priority: Priority) -> None:
    """The plainest example of each."""
    assert told().judged() == priority


def test_facts_can_be_counted_by_hand() -> None:
    """Every fact of a small visit."""
    told = Told().stay("foyer", 30).stay("desk", 60).stay("fruit", 120).stay("dairy", 60)
    told.look("fruit-1", 8).take("fruit-1", "dear").put_back("fruit-1", "dear").take("fruit-1", "cheap")
    told.look("dairy-2", 4).look("fruit-1", 6).take("fruit-1", "offer").stay("till", 30).pay(card=True).stay("desk", 90)
    assert told.facts() == Facts(
        visit_s=390,
        shop_s=180,
        touches=7,
        stops=3,
        shelves=2,
        zones_per_min=0.667,
        stops_per_min=1,
        look_s=6,
        coverage=0.5,
        empty_stops=0.333,
        returns=0.333,
        handled=2,
        compared=0.5,
        put_backs=0.333,
        kept=2,
        promoted=0.5,
        priced=2,
        bargains=1,
        cheaper=0.5,
        offers=0.667,
        asked_s=60,
        served_s=150,
        card=1,
    )


def test_a_visit_without_anything_has_no_facts() -> None:
    """Nor a priority."""
    assert facts_of((), (), (), CATALOG) == Facts()
    assert judge((), (), (), CATALOG).priority == "none"


@pytest.mark.parametrize(
    "told", [Told().stay("foyer", 30).stay("dairy", 20).look("dairy-1", 3).take("dairy-1", "dear"), Told().stay("dairy", 900)]
)
def test_thin_evidence_is_no_evidence(told: Told) -> None:
    """Shorter than a minute, or without touches: all scores are 0, and it is said that they mean nothing."""
    priority, scores = judge(told.stays, told.touches, told.payments, CATALOG)
    assert priority == "none"
    assert (scores.speed, scores.selection, scores.price, scores.recognition, scores.enough) == (0, 0, 0, 0, False)


def test_a_store_without_a_layout_is_judged_by_what_is_known() -> None:
    """No prices, no service points, no coverage: pace and looks are left."""
    bare = Catalog(Layout(store_id="s1"))
    told = hurried()
    facts = facts_of(told.stays, told.touches, told.payments, bare)
    assert (facts.coverage, facts.bargains, facts.offers, facts.served_s) == (0, 0, 0, 0)
    assert facts.shop_s == facts.visit_s
    assert judge(told.stays, told.touches, told.payments, bare).priority in {"speed", "none"}


def test_a_place_without_shelves_is_a_service_point_only_where_there_are_shelves() -> None:
    """A park of attractions has interest zones everywhere."""
    zones = (Zone(zone_id="ride", type="interest"),)
    assert not Catalog(Layout(store_id="p", zones=zones)).service
    assert Catalog(LAYOUT).service == {"desk"}


def test_settings_change_the_judgement() -> None:
    """An unreachable threshold judges nobody; a score may have parts of one's own."""
    told = hurried()
    strict = structs.replace(DEFAULT, threshold=1.01)
    assert judge(told.stays, told.touches, told.payments, CATALOG, strict).priority == "none"
    only_card = Settings(price=(Part("card", none=0, full=1, weight=1),))
    card = greeted()
    assert judge(card.stays, card.touches, card.payments, CATALOG, only_card).scores.price == 1


def test_scores_can_be_told_by_their_parts() -> None:
    """The weighted mean of what `explain` says."""
    told = ordinary()
    _, scores = judge(told.stays, told.touches, told.payments, CATALOG)
    parts = explain(scores.facts)
    for name in ("speed", "selection", "price", "recognition"):
        settings: tuple[Part, ...] = getattr(DEFAULT, name)
        mean = sum(part.weight * parts[name][part.fact] for part in settings) / sum(part.weight for part in settings)
        assert getattr(scores, name) == pytest.approx(mean, abs=0.002)


shares = st.floats(0, 1)
counts = st.integers(0, 40)
seconds = st.floats(0, 5000)
facts = st.builds(
    Facts,
    **dict.fromkeys(("coverage", "empty_stops", "returns", "put_backs", "promoted", "bargains", "cheaper", "offers"), shares),
    **dict.fromkeys(("visit_s", "shop_s", "look_s", "asked_s", "served_s"), seconds),
    **dict.fromkeys(("touches", "stops", "shelves", "handled", "kept", "priced"), counts),
    zones_per_min=st.floats(0, 4),
    stops_per_min=st.floats(0, 10),
    compared=st.floats(0, 3),
    card=st.integers(0, 1),
)


@given(facts)
def test_scores_are_shares_and_the_best_one_decides(some: Facts) -> None:
    """From 0 to 1; none where the best is below the threshold; the same facts, the same scores."""
    priority, scores = judge_facts(some)
    values = {name: getattr(scores, name) for name in ("speed", "selection", "price", "recognition")}
    assert all(0 <= value <= 1 for value in values.values())
    assert priority == "none" or values[priority] == max(values.values()) >= DEFAULT.threshold
    assert priority != "none" or max(values.values()) < DEFAULT.threshold
    assert judge_facts(some) == (priority, scores)
    assert scores.facts == some


@given(facts, st.sampled_from(["speed", "selection", "price", "recognition"]), st.data())
def test_more_of_a_fact_never_takes_a_score_the_other_way(some: Facts, name: str, data: st.DataObject) -> None:
    """Each score is monotone in each of its facts, in the direction of its ramp; but for a number of which a share of the same score is."""
    parts = getattr(DEFAULT, name)
    counts = {part.count for part in parts}
    part = data.draw(st.sampled_from([part for part in parts if part.fact not in counts]))
    some = structs.replace(some, visit_s=max(some.visit_s, 100.0), touches=max(some.touches, 2))
    now = getattr(some, part.fact)
    toward = data.draw(st.floats(0, 1))
    more = now + toward * (part.full - now) if (part.full - now) * (part.full - part.none) > 0 else now
    changed = judge_facts(structs.replace(some, **{part.fact: more}))
    if changed.scores.enough:
        assert getattr(changed.scores, name) >= getattr(judge_facts(some).scores, name) - 0.001


@given(st.sampled_from([hurried, choosy, thrifty, greeted, ordinary]), st.integers(0, 2**32))
def test_the_order_of_what_is_told_does_not_matter(told: "type[Told]", seed: int) -> None:
    """A visit is a set: stays, touches and payments may come in any order."""
    visit, rng = told(), random.Random(seed)

    def shuffled(things: Sequence[object]) -> list[object]:
        return rng.sample(things, len(things))

    mixed = (shuffled(visit.stays), shuffled(visit.touches), shuffled(visit.payments))
    assert facts_of(*mixed, CATALOG) == visit.facts()  # type: ignore[arg-type]


@given(st.sampled_from([hurried, choosy, thrifty, greeted, ordinary]), st.integers(0, 30))
def test_a_visit_can_be_judged_at_any_moment(told: "type[Told]", n: int) -> None:
    """With as many touches and stays as there are so far."""
    visit = told()
    priority, scores = judge(visit.stays[: n // 3], visit.touches[:n], (), CATALOG)
    assert priority in {"speed", "selection", "price", "recognition", "none"}
    assert scores.facts.touches == min(n, len(visit.touches))


def test_the_engine_judges_customers_live_and_nobody_else() -> None:
    """An open visit is judged when the shopper moves on, by what was until then, and as a whole when it is over; others have no scores."""
    layout = structs.replace(LAYOUT, staff_devices=frozenset({"badge"}))
    store, rows = Store("s1", plan(layout)), Rows()
    readings: list[Reading] = [dwell(1, "dairy", "badge"), dwell(2, "street", "phone")]
    readings += [entry(0, "in"), dwell(5, "dairy"), shelf(70, "view"), shelf(71, "pickup"), dwell(80, "dairy")]
    store.add(readings)
    rows.write(store)
    found = {visit.device_id: visit for visit in rows.visits.values()}
    assert (found["badge"].priority, found["badge"].priority_scores, found["phone"].priority) == (None, None, None)
    scores = found["d1"].priority_scores
    assert scores is not None
    assert (found["d1"].ended_by, scores.enough, scores.facts.touches) == (None, False, 0)
    assert _scores_after(store, rows, dwell(90, "tins")) == (None, 2, 85)
    assert _scores_after(store, rows, dwell(94, "tins")) == (None, 2, 85)
    assert _scores_after(store, rows, shelf(95, "view")) == (None, 3, 90)  # at a shelf of the dairy
    assert _scores_after(store, rows, dwell(100, "tins")) == (None, 3, 95)
    assert _scores_after(store, rows, entry(101, "out")) == ("exit", 3, 96)


def _scores_after(store: Store, rows: Rows, reading: Reading) -> tuple[str | None, int, float]:
    """How the visit stands after one more reading: its end, and of its facts the touches and the length."""
    store.add([reading])
    rows.write(store)
    [visit] = [visit for visit in rows.visits.values() if visit.device_id == "d1"]
    assert visit.priority_scores is not None
    return visit.ended_by, visit.priority_scores.facts.touches, visit.priority_scores.facts.visit_s
