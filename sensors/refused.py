"""Why a reading was not accepted: a closed set of named reasons, each explained with an example in `docs/readings.md`."""

from hashlib import blake2b
from typing import Literal, NamedTuple, get_args

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.reading import MAX_TEXT
from sensors.topics import Place

Reason = Literal[
    "not_json",
    "too_large",
    "too_deep",
    "not_an_object",
    "bad_topic",
    "topic_mismatch",
    "unknown_kind",
    "missing_field",
    "wrong_type",
    "out_of_range",
    "bad_time",
    "no_time_zone",
    "future",
    "nul_character",
]

MAX_RAW_BYTES = 1 << 18
"""Of larger rejected bytes a dead letter keeps the beginning: it must fit into a Kafka record, as base64."""

_SHOWN = 80

REASONS: tuple[Reason, ...] = get_args(Reason)


class Refused(Exception):
    """A reading, or a payload, that cannot be accepted.

    Attributes:
        reason: the named reason.
        detail: a sentence for people.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


class Origin(NamedTuple):
    """Where a payload came from, and when it was received (microseconds since 1970)."""

    place: Place | None
    source: str
    received_at: int


def shown(value: object) -> str:
    """Write a value of a device into a sentence: short, and without characters that a database or a terminal would stumble over."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):  # nested too deeply, or an integer of more than 4300 digits
        return f"something of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def explained(wrong: msgspec.ValidationError) -> Refused:
    """Find the reason in what `msgspec`, or the model's own checks, say of a value."""
    message, _, path = str(wrong).partition(" - at `$")
    field = path.strip(".`")
    detail = f"`{field}`: {message}" if field else message
    if "missing required field" in message or "got `null`" in message or "needs" in message:
        return Refused("missing_field", detail)
    if ", got `" in message or message == "Invalid decimal string":
        return Refused("wrong_type", detail)
    return Refused("out_of_range", detail)


def dead_letter(refused: Refused, raw: bytes, origin: Origin, position: int | None = None, said: object = None) -> DeadLetter:
    """Write the dead letter of what was refused.

    Args:
        refused: why.
        raw: the refused bytes.
        origin: where they came from.
        position: which element of the payload, from 0; None: the payload as a whole.
        said: the refused object, as far as it could be read; the topic counts more, and what is no identifier is left out.
    """
    known = {**said} if isinstance(said, dict) else {}
    if origin.place is not None:
        known |= origin.place._asdict()
    cut = "" if len(raw) <= MAX_RAW_BYTES else f" (the first {MAX_RAW_BYTES} of {len(raw)} bytes are kept)"
    letter = DeadLetter(
        id="",
        received_at=origin.received_at,
        source=_storable(origin.source),
        position=position,
        store_id=_identifier(known.get("store_id")),
        sensor_id=_identifier(known.get("sensor_id")),
        kind=_identifier(known.get("kind")),
        reason=refused.reason,
        detail=_storable(refused.detail + cut),
        raw=raw[:MAX_RAW_BYTES],
    )
    letter.id = blake2b(msgspec.json.encode(letter), digest_size=16).hexdigest()
    return letter


def _identifier(value: object) -> str | None:
    """Return what can be stored as an identifier, else None."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and _storable(value) == value else None


def _storable(text: str) -> str:
    """Write text so that UTF-8 and PostgreSQL can hold it."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
