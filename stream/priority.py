"""What a visit says that the shopper values: speed, selection, price, recognition, or none of them. A heuristic. Pure.

Nobody can see what somebody values. What can be seen is how fast they walk, how long they look, what they take into the hand and put back,
where they stay. `stream.facts` makes figures of that, each of which a person can check against the visit; `judge` makes scores of the
figures. A score is the weighted mean of its parts, and a part is a ramp: 0 up to one value of a fact, 1 from another one on, a straight
line between. So more of a fact never takes a score the other way, but for a number of choices: of more of them a share says more. Every
score can be told by its parts (`explain`). `docs/priority.md` shows them all, and how well they do.

It costs some microseconds, and works at any moment of an open visit: the facts are those so far.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from sensors.reading import Payment
from storage.model import Facts, Priority, Scores, ShelfVisit, Stay
from stream.facts import Catalog, facts_of

EVEN = 0.5
"""A share that says nothing."""

DIGITS = 3
"""Scores are rounded to so many decimals: nobody can tell them apart any finer."""

_GRAIN = 10**DIGITS

_FACTS = {name: place for place, name in enumerate(Facts.__struct_fields__)}
"""Where each fact stands among them."""


class Part(msgspec.Struct, frozen=True):
    """One reason of a score: a ramp over a fact.

    Attributes:
        fact: a field of `storage.model.Facts`.
        none: where the ramp is 0.
        full: where it is 1; less than `none` for a fact of which less says more.
        weight: its weight among the parts of the score.
        count: the fact that counts what a share was taken of; then the share is drawn towards one half as `Settings.doubt` says.
    """

    fact: str
    none: float
    full: float
    weight: float
    count: str = ""

    def value(self, facts: Facts, doubt: float) -> float:
        """Where the ramp stands, from 0 to 1."""
        fact: float = getattr(facts, self.fact)
        if self.count:
            n: int = getattr(facts, self.count)
            fact = (fact * n + EVEN * doubt) / ((n + doubt) or 1)
        share = (fact - self.none) / (self.full - self.none)
        return 0.0 if share < 0 else min(share, 1.0)


SPEED = (
    Part("look_s", none=11, full=4, weight=2.5),
    Part("shop_s", none=550, full=150, weight=2),
    Part("zones_per_min", none=0.4, full=1, weight=2),
    Part("empty_stops", none=0.3, full=0.1, weight=1),
)
SELECTION = (
    Part("look_s", none=4, full=24, weight=2),
    Part("empty_stops", none=0.25, full=0.8, weight=1.5),
    Part("stops", none=1, full=9, weight=1.25),
    Part("compared", none=0.2, full=1, weight=0.5),
)
PRICE = (
    Part("offers", none=0.3, full=0.9, weight=1.5, count="stops"),
    Part("bargains", none=0.25, full=1, weight=1.25, count="priced"),
    Part("cheaper", none=0.15, full=0.5, weight=1, count="handled"),
    Part("stops", none=2, full=7, weight=0.5),
)
RECOGNITION = (
    Part("asked_s", none=15, full=60, weight=2),
    Part("served_s", none=30, full=90, weight=1.75),
    Part("card", none=0, full=1, weight=1.5),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds and weights of the heuristic. The defaults were tuned on simulated shoppers, whose labels are the simulator's own.

    Attributes:
        speed: the parts of that score.
        selection: the parts of that score.
        price: the parts of that score.
        recognition: the parts of that score.
        threshold: the best score must reach it, else the priority is `none`.
        doubt: a share of few choices says little: it is taken as if there had been so many more, half of them one way and half the other.
        least_s: a shorter visit is not judged (seconds).
        least_touches: nor one with fewer touches, unless a service point was visited.
        changed_score: a score so high stands out, and is announced while the visit goes on (`priority_changed`); 0: none is.
        hold_s: once it has stood out for so long, at each look (seconds).
    """

    speed: tuple[Part, ...] = SPEED
    selection: tuple[Part, ...] = SELECTION
    price: tuple[Part, ...] = PRICE
    recognition: tuple[Part, ...] = RECOGNITION
    threshold: float = 0.6
    doubt: float = 3.0
    least_s: float = 60.0
    least_touches: float = 2
    changed_score: float = 0.75
    hold_s: float = 60.0

    @classmethod
    def of(cls, rules: Mapping[str, object]) -> "Settings":
        """Take the settings of a store from its rules: `priority_threshold`, `priority.speed.look_s.full`, and so on.

        Raises:
            ValueError: a ramp would begin where it ends.
        """
        own = {name: rules[f"{_PREFIX}{name}"] for name in _PLAIN if f"{_PREFIX}{name}" in rules}
        settings = msgspec.convert(own, cls)
        for name, value in sorted(rules.items()):
            if name in _RAMPS:
                _, score, fact, end = name.split(".")
                parts = [msgspec.structs.replace(one, **{end: value}) if one.fact == fact else one for one in getattr(settings, score)]
                settings = msgspec.structs.replace(settings, **{score: tuple(parts)})
        for score in SCORES:
            for part in getattr(settings, score):
                if part.none == part.full:
                    raise ValueError(f"`priority.{score}.{part.fact}.none` and `.full` must differ: both are {part.full:g}")
        return settings


DEFAULT = Settings()

SCORES: tuple[Priority, ...] = ("speed", "selection", "price", "recognition")

_PREFIX = "priority_"
_PLAIN = {"threshold": 1, "doubt": 1000, "least_s": 86_400, "least_touches": 1000, "changed_score": 1, "hold_s": 86_400}
"""Settings that are one number, and the most that each may be."""

_RAMPS = {
    f"priority.{score}.{part.fact}.{end}" for score in SCORES for part in getattr(DEFAULT, score) for end in ("none", "full", "weight")
}


RULES = (*(f"{_PREFIX}{name}" for name in _PLAIN), *sorted(_RAMPS))
"""The names of all rules about priority."""


def limit_of(rule: str) -> int | None:
    """Say how much a rule about priority may be; None: there is no such rule."""
    if rule in _RAMPS:
        return 86_400
    return _PLAIN.get(rule.removeprefix(_PREFIX)) if rule.startswith(_PREFIX) else None


class Judgement(NamedTuple):
    """The priority, and the scores and facts that gave it."""

    priority: Priority
    scores: Scores


def judge(
    stays: Sequence[Stay], shelf_visits: Sequence[ShelfVisit], payments: Sequence[Payment], catalog: Catalog, settings: Settings = DEFAULT
) -> Judgement:
    """Judge a visit, or what there is of it so far. A heuristic.

    Args:
        stays: its stays, in any order.
        shelf_visits: its touches, in any order.
        payments: its payments, in any order.
        catalog: the store.
        settings: thresholds and weights.
    """
    return judge_facts(facts_of(stays, shelf_visits, payments, catalog), settings)


def judge_facts(facts: Facts, settings: Settings = DEFAULT) -> Judgement:
    """Judge by facts: same facts, same scores. A heuristic; see `Judge`."""
    return Judge(settings).judge(facts)


class Judge:
    """Judges visits by settings, which are looked up once.

    Args:
        settings: thresholds and weights.
    """

    __slots__ = ("_scores", "settings")

    def __init__(self, settings: Settings = DEFAULT) -> None:
        self.settings = settings
        self._scores = tuple(_Score(getattr(settings, name), settings.doubt) for name in SCORES)

    def judge(self, facts: Facts) -> Judgement:
        """Judge by facts: same facts, same scores. A heuristic.

        Where the evidence is too thin all scores are 0 and `enough` is false. Of equal scores the first in the order of `Scores` decides.
        """
        settings = self.settings
        if facts.visit_s < settings.least_s or (facts.touches < settings.least_touches and not facts.served_s):
            return Judgement("none", Scores(speed=0.0, selection=0.0, price=0.0, recognition=0.0, enough=False, facts=facts))
        row = msgspec.structs.astuple(facts)
        speed, selection, price, recognition = self._scores
        scores = Scores(
            speed=speed.of(row),
            selection=selection.of(row),
            price=price.of(row),
            recognition=recognition.of(row),
            enough=True,
            facts=facts,
        )
        priority, best = best_of(scores)
        return Judgement(priority if best >= settings.threshold else "none", scores)


class _Score:
    """The weighted mean of parts. The ramps are those of `Part.value`, written out here again: calls would cost as much as all else."""

    __slots__ = ("_counted", "_doubt", "_half", "_plain", "_weights")

    def __init__(self, parts: tuple[Part, ...], doubt: float) -> None:
        self._doubt, self._half = doubt, EVEN * doubt
        ramps = [(_FACTS[part.fact], part.none, part.full - part.none, part.weight, _FACTS.get(part.count)) for part in parts]
        self._plain = tuple(ramp[:4] for ramp in ramps if ramp[4] is None)
        self._counted = tuple((*ramp[:4], ramp[4]) for ramp in ramps if ramp[4] is not None)
        self._weights = sum(part.weight for part in parts)

    def of(self, facts: tuple[float, ...]) -> float:
        total = 0.0
        for place, none, span, weight in self._plain:
            share = (facts[place] - none) / span
            if share > 0:
                total += weight * share if share < 1 else weight
        for place, none, span, weight, count in self._counted:
            n = facts[count]
            share = ((facts[place] * n + self._half) / ((n + self._doubt) or 1) - none) / span
            if share > 0:
                total += weight * share if share < 1 else weight
        return round(_GRAIN * total / self._weights) / _GRAIN if self._weights else 0.0


def best_of(scores: Scores) -> tuple[Priority, float]:
    """The best score and whose it is; of equal ones the first in the order of `Scores`."""
    best = max(scores.speed, scores.selection, scores.price, scores.recognition)
    if scores.speed == best:
        return "speed", best
    if scores.selection == best:
        return "selection", best
    return ("price", best) if scores.price == best else ("recognition", best)


def explain(facts: Facts, settings: Settings = DEFAULT) -> dict[str, dict[str, float]]:
    """Say how each part of each score came out: from 0 to 1, before its weight. For people."""
    return {name: {part.fact: round(part.value(facts, settings.doubt), DIGITS) for part in getattr(settings, name)} for name in SCORES}
