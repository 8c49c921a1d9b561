"""The settings of the journey rules (section 4 of the design) and of signals, with their defaults; a layout may have its own."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

import msgspec

from sensors.reading import SECOND
from stream.priority import RULES, Settings, limit_of

MAX_SPAN_S = 604_800
"""No rule waits longer than a week."""

MAX_SIGNAL_S = 86_400
"""No signal waits longer than a day, so that a restart has to read no more than some days."""

Span = Annotated[float, msgspec.Meta(ge=0, le=MAX_SPAN_S)]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the readings of one store become visits. All in seconds.

    Attributes:
        visit_timeout_s: a longer silence ends a visit (rule 2).
        presence_gap_s: a longer silence belongs to no zone and ends a stay (rule 5).
        exit_grace_s: for this long after an exit, what comes still belongs to the visit just ended (rule 3).
        lateness_s: a reading at most this far behind the store's time is on time.
        bounce_s: a shorter visit without a payment bounced (rule 9).
    """

    visit_timeout_s: Span = 1800
    presence_gap_s: Span = 60
    exit_grace_s: Span = 120
    lateness_s: Span = 60
    bounce_s: Span = 120

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "Rules":
        """Check a store's settings, those of signals too, and fill in the defaults.

        Raises:
            ValueError: a name that is no setting, or a value that it cannot have; the message names it.
        """
        _check(settings)
        return msgspec.convert({name: value for name, value in settings.items() if name in cls.__struct_fields__}, cls)


class SignalRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When signals are raised (`docs/signals.md`). A threshold of 0 turns its signal off.

    Attributes:
        long_dwell_s: a stay so long is a `long_dwell`; by zone too.
        abandoned_basket_items: so many products taken and not paid are an `abandoned_basket`.
        zone_congested_people: so many people at once are a `zone_congested`; 0: by the share of the capacity; by zone too.
        zone_congested_share: the share of a zone's capacity that is; by zone too.
        zone_cleared_share: at this share, or fewer, it is over; by zone too.
        zone_congested_for_s: so long either has to last; by zone too.
        queue_long_people: so many people in a till zone are a `queue_long`; by zone too.
        queue_long_wait_s: so long an expected wait is; by zone too.
        queue_cleared_share: below this share of both thresholds it is over.
        queue_service_s: what one customer takes at a till; by zone too.
        queue_till_open_s: a till is open for so long after a payment.
        queue_long_for_s: so long either has to last; by zone too.
        sensor_silent_s: so long without a reading is a `sensor_silent`; by sensor too.
        presence_hold_s: so long after its last reading somebody still counts as present, unless known to be elsewhere or gone.
        own: the values of single zones and sensors, by `name.zone_id` or `name.sensor_id`.
    """

    long_dwell_s: float = 900
    abandoned_basket_items: float = 1
    zone_congested_people: float = 0
    zone_congested_share: float = 0.9
    zone_cleared_share: float = 0.7
    zone_congested_for_s: float = 30
    queue_long_people: float = 0
    queue_long_wait_s: float = 300
    queue_cleared_share: float = 0.6
    queue_service_s: float = 45
    queue_till_open_s: float = 300
    queue_long_for_s: float = 20
    sensor_silent_s: float = 1800
    presence_hold_s: float = 30
    own: dict[str, float] = {}

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "SignalRules":
        """Check a store's settings, and take those of signals.

        Raises:
            ValueError: as `Rules.of`.
        """
        _check(settings)
        names = {name: value for name, value in settings.items() if name in _SIGNAL_NAMES}
        own = {name: value for name, value in settings.items() if name.partition(".")[0] in BY_SUBJECT and "." in name}
        return msgspec.convert({**names, "own": own}, cls)

    def value(self, name: str, subject: str = "") -> float:
        """Return a setting, of a zone or sensor where that has its own."""
        found: float = self.own.get(f"{name}.{subject}", getattr(self, name))
        return found

    def micros(self, name: str, subject: str = "") -> int:
        """Return a setting in seconds as microseconds."""
        return round(self.value(name, subject) * SECOND)


NO_SIGNALS = SignalRules(long_dwell_s=0, abandoned_basket_items=0, zone_congested_share=0, queue_long_wait_s=0, sensor_silent_s=0)
"""All of them turned off."""

_SIGNAL_NAMES = tuple(name for name in SignalRules.__struct_fields__ if name != "own")

BY_SUBJECT = {
    *("long_dwell_s", "zone_congested_people", "zone_congested_share", "zone_cleared_share", "zone_congested_for_s"),
    *("queue_long_people", "queue_long_wait_s", "queue_service_s", "queue_long_for_s", "sensor_silent_s"),
}
"""Settings of signals that a zone, or a sensor, may have of its own."""

NAMES = (*Rules.__struct_fields__, *_SIGNAL_NAMES, *RULES)
"""All rules, without those of single zones and sensors."""

_MOST_PEOPLE = 1_000_000


def _check(settings: Mapping[str, object]) -> None:
    """Raise a ValueError that names the first setting that is wrong."""
    for name in sorted(settings):
        base, dot, subject = name.partition(".")
        is_known = name in Rules.__struct_fields__ or name in _SIGNAL_NAMES or (dot and subject and base in BY_SUBJECT)
        if not is_known and limit_of(name) is None:
            raise ValueError(f"`{name}` is no rule{_advice(name)}")
    for name, value in settings.items():
        unit, most = _range(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise ValueError(f"`{name}` must be a number{unit} from 0 to {most}, not {value!r}")
    _check_shares(settings)
    Settings.of(settings)


def _advice(name: str) -> str:
    """Say what may have been meant."""
    base, dot, subject = name.partition(".")
    if dot and (base in _SIGNAL_NAMES or base in Rules.__struct_fields__):
        return f": `{base}` counts for the whole store and has no value for '{subject}' alone"
    near = get_close_matches(name, NAMES, n=1, cutoff=0.8) or get_close_matches(base, BY_SUBJECT, n=1, cutoff=0.8)
    if near:
        return f": did you mean `{near[0]}{dot + subject if near[0] in BY_SUBJECT else ''}`?"
    return f"; the rules are {', '.join(Rules.__struct_fields__)}, those of docs/signals.md and those of docs/priority.md"


def _range(name: str) -> tuple[str, int]:
    """Say in what a setting is counted, and the most that it may be."""
    limit = limit_of(name)
    if limit is not None:
        return "", limit
    base = name.partition(".")[0]
    if base in Rules.__struct_fields__:
        return " of seconds", MAX_SPAN_S
    if base.endswith("_share"):
        return "", 10 if base == "zone_congested_share" else 1
    return (" of seconds", MAX_SIGNAL_S) if base.endswith("_s") else ("", _MOST_PEOPLE)


def _check_shares(settings: Mapping[str, object]) -> None:
    """A zone has to be emptier when it is cleared than when it was congested."""
    for name, high in settings.items():
        base, dot, subject = name.partition(".")
        low = settings.get(f"zone_cleared_share{dot}{subject}")
        if base == "zone_congested_share" and isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
            raise ValueError(f"`zone_cleared_share{dot}{subject}` must be below `{name}`: it is {low}, and that is {high}")


class Micros(msgspec.Struct, frozen=True):
    """`Rules` in microseconds, the grain in which the engine counts."""

    visit_timeout: int
    presence_gap: int
    exit_grace: int
    lateness: int

    @classmethod
    def of(cls, rules: Rules) -> "Micros":
        """Round each rule to whole microseconds."""
        spans = (rules.visit_timeout_s, rules.presence_gap_s, rules.exit_grace_s, rules.lateness_s)
        return cls(*(round(span * SECOND) for span in spans))
