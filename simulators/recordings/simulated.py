"""What sensors say in a simulation as the recording that `instore record` would have made of it: messages with their arrival."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from sensors.recording import ENDED, STARTED, Recorded, encode, encode_note
from sensors.topics import MQTT_FILTER
from simulators.recordings.messages import messages
from simulators.sensing.faults import Arrival

_MILLI = 1_000
"""Microseconds: arrivals are told in milliseconds."""


def as_recording(arrivals: Iterable[Arrival]) -> Iterator[bytes]:
    """Tell a simulation as the lines of a recording, line feeds included.

    Neighbours that arrive at the same moment at one topic are one message, as their sensor sent them at once. Faults may tear such a
    message: a line that is no reading stands alone (`simulators.recordings.messages`), and what comes behind it is another message.

    Args:
        arrivals: lines of readings, in order of arrival.
    """
    first = at = None
    count = 0
    for at_ms, group in groupby(arrivals, key=itemgetter(0)):
        at = at_ms * _MILLI
        if first is None:
            first = at
            yield encode_note(first, 0, STARTED, simulated=True, topics=[MQTT_FILTER])
        for message in messages(line for _, line in group):
            yield encode(Recorded(at, at - first, message.topic, message.payload, message.qos, message.retain))
            count += 1
    if first is not None and at is not None:
        yield encode_note(at, at - first, ENDED, messages=count, gaps=0, gap_s=0.0, dropped=0)
