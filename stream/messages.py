"""What a worker publishes of what it has written: messages for `instore.visits` and `instore.signals`."""

import logging
from collections.abc import Iterable
from typing import NamedTuple

from sensors.topics import SIGNALS, VISITS
from storage.model import Flush, Signal, Visit
from stream.form import signal_message, visit_message

log = logging.getLogger("instore.worker")

MAX_MESSAGE_BYTES = 900_000
"""What Kafka takes in a message where nobody configured otherwise is 1 MiB, with all that comes around it."""


class Message(NamedTuple):
    """What to publish: on `instore.visits` no value is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None


def flush_messages(flush: Flush) -> list[Message]:
    """Write for Kafka what a flush changed."""
    gone = [one.visit_id for one in flush.removed]
    return visit_messages(flush.visits, gone) + signal_messages(flush.signals, flush.signals_gone)


def visit_messages(visits: Iterable[Visit], removed: Iterable[str]) -> list[Message]:
    """Write visits for `instore.visits`; of one that was removed, a tombstone. One too large for Kafka is only in the database."""
    messages = [Message(VISITS, visit_id.encode(), None) for visit_id in removed]
    for visit in visits:
        value = visit_message(visit)
        if len(value) <= MAX_MESSAGE_BYTES:
            messages.append(Message(VISITS, visit.visit_id.encode(), value))
        else:
            log.warning("visit %s is too large for Kafka (%d bytes)", visit.visit_id, len(value), extra={"action": "visit_too_large"})
    return messages


def signal_messages(signals: Iterable[Signal], gone: Iterable[Signal]) -> list[Message]:
    """Write signals for `instore.signals`; first those that are taken back."""
    retracted = [Message(SIGNALS, signal.store_id.encode(), signal_message(signal, retracted=True)) for signal in gone]
    return retracted + [Message(SIGNALS, signal.store_id.encode(), signal_message(signal)) for signal in signals]
