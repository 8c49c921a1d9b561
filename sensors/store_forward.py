"""Store and forward: while Kafka is away the bridge's records go into the spool on disk, and from there to Kafka when it is back.

MQTT brokers drop what they cannot queue, without a word; a disk holds more, and says when it is full.

The order of a store is that of the spool. So as long as anything is in the spool, only the spool sends to Kafka, and what is new goes
behind it. When the last of it is under way, what is new waits in memory until Kafka has it, and then goes to Kafka directly again.
"""

import logging
import time

from sensors.lanes import Delivery, Lanes
from sensors.outage import Backoff, Outage
from sensors.spool import Spool, SpoolRefused

log = logging.getLogger("instore.bridge")

REPORT_S = 60.0
"""Between two reports of what is in the spool."""

_MOST_BYTES = 8 << 20
_MOST_ELEMENTS = 50_000
"""What is read ahead from the spool, in memory."""


class StoreAndForward:
    """The way round by the spool.

    Args:
        spool: None: there is none, and nothing is ever stored.

    Attributes:
        spool: `n_records`, `n_elements` and `n_bytes` tell what is in it.
        lanes: what was read from it for Kafka.
    """

    def __init__(self, spool: Spool | None) -> None:
        self.spool = spool
        self.lanes = Lanes()
        self._read = 0
        self._refusal, self._backoff = Outage("spool"), Backoff()
        self._began = time.monotonic()
        self._report_at = self._began + REPORT_S
        self._passed = 0
        if spool is not None and spool.was_cut_off:
            said = f"the bridge before did not close the spool {spool.folder}; what it had half-written is cut off, MQTT sends it again"
            log.warning(said, extra={"action": "spool_cut"})
        if self.holds:
            log.info("%s, from before; it goes to Kafka first", self._said(), extra={"action": "spool_found"})

    @property
    def is_on(self) -> bool:
        """Whether there is a spool."""
        return self.spool is not None

    @property
    def holds(self) -> bool:
        """Whether anything is in the spool."""
        return self.spool is not None and self.spool.n_records > 0

    @property
    def is_behind(self) -> bool:
        """Whether anything in the spool is not under way to Kafka yet."""
        return self.spool is not None and self.holds and self.spool.last > self._read

    def store(self, lanes: Lanes, now: float) -> int:
        """Put what waits for Kafka, also what was under way there, into the spool; where there is no room, it goes on waiting.

        Returns:
            How many readings.
        """
        n_stored = 0
        while self._backoff.is_over(now):
            lanes.give_out(now)
            if not lanes.under_way:
                break
            n_stored += self._append(lanes, now)
            if lanes.under_way:  # no room for these
                break
        return n_stored

    def fetch(self) -> None:
        """Read ahead what goes to Kafka next."""
        if self.spool is None or not self.is_behind or self._is_enough():
            return
        try:
            for number, topic, key, n_elements, value in self.spool.read(self._read):
                self.lanes.add_record(Delivery(number, 0, len(value), n_elements), topic, key, value)
                self._read = number
                if self._is_enough():
                    return
        except SpoolRefused as refused:
            self._refusal.begin(f"{refused}; trying again")

    def settle(self) -> int:
        """Take out of the spool what Kafka has.

        Returns:
            How many readings.
        """
        settled = list(self.lanes.settled())
        if self.spool is None or not settled:
            return 0
        self.spool.forget(settled[-1].mid)
        n_elements = sum(delivery.n_elements for delivery in settled)
        self._passed += n_elements
        if not self.holds:
            self._refusal.end("the spool is empty")
            took_s = time.monotonic() - self._began
            said = f"the spool is drained: Kafka has its {self._passed} readings, after {took_s:.0f} s"
            log.info(said, extra={"action": "spool_drained"})
        return n_elements

    def report(self, now: float) -> None:
        """Say every minute what is in the spool, if anything is."""
        if self.holds and now >= self._report_at:
            self._report_at = now + REPORT_S
            log.info("%s, for %.0f s now", self._said(), now - self._began, extra={"action": "spool_holds"})

    def close(self) -> None:
        """Leave the spool, with what is in it."""
        if self.spool is not None:
            if self.holds:
                log.info("%s, for the next start", self._said(), extra={"action": "spool_left"})
            self.spool.close()

    def _append(self, lanes: Lanes, now: float) -> int:
        assert self.spool is not None
        waiting = list(lanes.under_way.values())
        was_empty = not self.holds
        try:
            taken = waiting[: self.spool.append(waiting)]
        except SpoolRefused as refused:
            self._backoff.wait(now)
            self._refuse(str(refused))
            return 0
        for record in taken:
            lanes.done(record)
        if was_empty and taken:
            self._begin(now)
        if len(taken) < len(waiting):
            self._refuse(f"the spool {self.spool.folder} is full ({self.spool.max_bytes} bytes)")
        else:
            self._backoff.reset()
            self._refusal.end("the spool takes readings again")
        return sum(record.n_elements for record in taken)

    def _begin(self, now: float) -> None:
        assert self.spool is not None
        self._began, self._passed, self._report_at = now, 0, now + REPORT_S
        said = f"readings go into the spool {self.spool.folder} until Kafka takes them, up to {self.spool.max_bytes} bytes"
        log.warning(said, extra={"action": "spool_begun"})

    def _refuse(self, sentence: str) -> None:
        self._refusal.begin(f"{sentence}; what it does not take stays with the MQTT broker, unacknowledged")

    def _is_enough(self) -> bool:
        return self.lanes.held_bytes >= _MOST_BYTES or self.lanes.held_elements >= _MOST_ELEMENTS

    def _said(self) -> str:
        assert self.spool is not None
        spool = self.spool
        held = f"{spool.n_elements} readings in {spool.n_records} records, {spool.n_bytes} of {spool.max_bytes} bytes"
        return f"the spool {spool.folder} holds {held}"
