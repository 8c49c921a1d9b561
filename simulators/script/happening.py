"""What every line of a script has: a time of day, and perhaps another one until which it lasts."""

from typing import Annotated

import msgspec

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day in the store's zone, `HH:MM`."""

Until = Annotated[str, msgspec.Meta(pattern=r"^([01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)$")]
"""The same; `24:00` is the end of the day."""

People = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=720)]


class Happening(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", forbid_unknown_fields=True):
    """Something that happens at a time of day; of what people do, that at which the first of them comes in."""

    at: Clock


class Lasting(Happening, frozen=True, kw_only=True):
    """Something that lasts until another time of that day."""

    until: Until
