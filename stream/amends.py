"""What a worker said too late, told again as the database has it now. Reads, and decides nothing.

A worker may stand still (a stopped process, a machine that sleeps) between the commit of a flush and its words to Kafka. Another takes its
partitions over, writes and says newer things; then the first wakes up and says its old ones last. The database fences what is written, but
nothing fences what is said. So whoever may have been late looks again, and says what is there, until it has said just that.
"""

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from sensors.reading import SECOND
from storage.model import Flush, Removed, Signal, Visit
from storage.reader import Reader

_DAY = 86_400 * SECOND
"""How far a signal may have moved in time meanwhile."""


def amended(reader: Reader, flush: Flush) -> Flush:
    """Tell the visits and signals of a flush as they are stored now; those that are no more are among the removed."""
    visits, signals = _visits(reader, flush), _signals(reader, flush)
    told: dict[str, Removed] = {visit.visit_id: Removed(visit.visit_id, visit.store_id, visit.entered_at) for visit in flush.visits}
    told.update({one.visit_id: one for one in flush.removed})
    said = {signal.signal_id: signal for signal in (*flush.signals_gone, *flush.signals)}
    return replace(
        flush,
        visits=[visits[name] for name in told if name in visits],
        removed=[one for name, one in told.items() if name not in visits],
        signals=[signals[name] for name in said if name in signals],
        signals_gone=[one for name, one in said.items() if name not in signals],
    )


def _visits(reader: Reader, flush: Flush) -> dict[str, Visit]:
    removed = [(one.store_id, one.entered_at) for one in flush.removed]
    spans = _spans([(visit.store_id, visit.entered_at) for visit in flush.visits] + removed)
    return {visit.visit_id: visit for store_id, (first, last) in spans.items() for visit in reader.visits(store_id, first, last + 1)}


def _signals(reader: Reader, flush: Flush) -> dict[str, Signal]:
    spans = _spans((one.store_id, one.at) for one in (*flush.signals, *flush.signals_gone))
    found = (reader.signals(store_id, first - _DAY, last + _DAY) for store_id, (first, last) in spans.items())
    return {signal.signal_id: signal for of_store in found for signal in of_store}


def _spans(times: Iterable[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """The first and the last time of each store."""
    by_store: dict[str, list[int]] = defaultdict(list)
    for store_id, time in times:
        by_store[store_id].append(time)
    return {store_id: (min(some), max(some)) for store_id, some in by_store.items()}
