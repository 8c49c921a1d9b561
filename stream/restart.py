"""Takes up partitions and their stores where another worker left them: what is stored becomes what a worker has in memory."""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from storage.model import Advance, Clock, Flush
from storage.reader import Reader
from storage.restore import StoredOffset
from stream.gathering import Gathering
from stream.journey import Plan
from stream.messages import Message, signal_messages, visit_messages
from stream.partition import Partition, Slice
from stream.store import Store

log = logging.getLogger("instore.worker")


class Taken(NamedTuple):
    """A partition that was read back.

    Attributes:
        where: which.
        partition: it.
        messages: what its last flush had changed; its last owner may have died before it said so.
        last: that flush; None: there is none.
    """

    where: Slice
    partition: Partition
    messages: list[Message]
    last: Flush | None


def restored(reader: Reader, plan: Plan, clock: Clock) -> Store:
    """Rebuild the journeys of a store from what is stored, as far back as any reading on time can reach.

    Its first `take` says what has to be told otherwise than it is stored: nothing, unless its plan was changed meanwhile.

    Args:
        reader: the database.
        plan: the store's rules and layout.
        clock: the store, its time, and by which plan it was told.
    """
    store_id, at = clock.store_id, clock.store_time
    store, kept_since = Store(store_id, plan), reader.kept_since()
    floor = max(kept_since, reader.live_floor(store_id, store.reach(at)))
    heard_since, within = max(kept_since, store.sensors_reach(at)), store.signals.least_silence
    heard = reader.sensors_since(store_id, heard_since, within) if within else []
    store.resume(at, reader.ids_since(store_id, store.ids_reach(at)), heard)
    store.recall(Gathering(reader, store, [], kept_since).everything(floor, clock.told_by))
    return store


def taken(  # noqa: PLR0913, PLR0917 - what a partition is made of
    reader: Reader, where: Slice, life: str, stored: StoredOffset | None, stores: list[Store], plan_of: Callable[[str], Plan]
) -> Taken:
    """Put a partition together.

    Args:
        reader: the database.
        where: which.
        life: which life of the topic is read now.
        stored: where it was before the first of its stores was read; None: nowhere.
        stores: its stores, `restored`.
        plan_of: gives the plan of a store that is new.
    """
    if stored is not None and stored.life != life:
        log.warning(
            "%s/%d is another topic than the one read before (%s, now %s): reading it from its beginning",
            *where,
            stored.life,
            life,
            extra={"action": "topic_changed"},
        )
    current = stored if stored is not None and stored.life == life else None
    partition = Partition(*where, life, None if current is None else current.next_offset, plan_of)
    partition.kept_since = reader.kept_since()
    for store in stores:
        partition.adopt(store, time.time_ns() // 1000)
    if stored is None:
        return Taken(where, partition, [], None)
    partition.flushed_at = stored.flushed_at if current is stored else None
    store_ids = [store.store_id for store in stores]
    visits = reader.visits_changed_at(store_ids, stored.flushed_at, {visit.visit_id: visit for store in stores for visit in store.told()})
    signals = reader.signals_changed_at(store_ids, stored.flushed_at)
    step = Advance(where.topic, where.number, stored.life, None, stored.next_offset)
    last = Flush(advance=step, visits=visits, signals=signals, signals_gone=stored.retracted)
    return Taken(where, partition, visit_messages(visits, stored.removed) + signal_messages(signals, stored.retracted), last)
