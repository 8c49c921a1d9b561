"""The settings of the journey rules (section 4 of the design), with their defaults; a store may have its own in its layout."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from sensors.reading import SECOND

MAX_SPAN_S = 604_800
"""No rule waits longer than a week."""

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
        """Check a store's settings and fill in the defaults.

        Raises:
            ValueError: a name that is no setting, or a value that is no number from 0 to 604800; the message names it.
        """
        unknown = sorted(set(settings) - set(cls.__struct_fields__))
        if unknown:
            raise ValueError(f"`{unknown[0]}` is no rule; the rules are {', '.join(cls.__struct_fields__)}")
        for name, value in settings.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SPAN_S:
                raise ValueError(f"`{name}` must be a number of seconds from 0 to {MAX_SPAN_S}, not {value!r}")
        return msgspec.convert(dict(settings), cls)


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
