"""What goes wrong on the way, and that it is counted exactly."""

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.decode import decode
from sensors.urls import SettingError
from simulators.recordings.messages import messages
from simulators.sensing.faults import BREAKS, MAX_DELAY_S, SLACK_S, Expected, Faults, afflict, break_line, check, max_delay_s
from simulators.sensing.sense import Recorded, Sensors, readings
from simulators.shop.habits import NEVER
from tests.simulators.observer import millis
from tests.simulators.plans import CROWDED, options_of, play, run, said

SHARES = st.floats(0, 0.5)
SOON = 4_000_000_000_000_000
"""A time of receipt after all that is simulated (microseconds)."""

PLAYED = play(habits=structs.replace(CROWDED, shoppers=12))
RECORDED: list[Recorded] = list(readings(Sensors(PLAYED.floor), PLAYED.walks, PLAYED.window, NEVER, 1))
ORIGINAL = [line for _, _, line in RECORDED]


def disturb(seed: int, faults: Faults) -> tuple[list[bytes], Expected]:
    """Let faults happen to a small recording."""
    expected = Expected()
    return [line for _, line in afflict(Random(seed), faults, RECORDED, expected)], expected


def ids(lines: list[bytes]) -> Counter[str]:
    """How often each id occurs in lines that are not broken."""
    return Counter(one.id for one in said(lines))


def test_without_faults_nothing_happens() -> None:
    """Line for line."""
    lines, expected = disturb(1, Faults())
    assert lines == ORIGINAL
    assert expected == Expected(received=len(ORIGINAL), stored=len(ORIGINAL))


@settings(max_examples=20)
@given(st.integers(0, 99), SHARES)
def test_duplicates_are_counted(seed: int, share: float) -> None:
    """Each reading once, and as many once more as are said to be."""
    lines, expected = disturb(seed, Faults(duplicates=share))
    count = ids(lines)
    assert count.keys() == ids(ORIGINAL).keys()
    assert sum(count.values()) == expected.received == expected.stored + expected.duplicate
    assert expected.stored == len(ORIGINAL)
    assert max(count.values()) <= 2


def test_the_share_of_duplicates_is_the_one_asked_for() -> None:
    """On average."""
    _, expected = disturb(1, Faults(duplicates=0.2))
    assert 0.17 < expected.duplicate / expected.stored < 0.23


@settings(max_examples=20)
@given(st.integers(0, 99), SHARES, st.floats(0, MAX_DELAY_S))
def test_no_reading_comes_later_than_a_store_waits(seed: int, share: float, disorder_s: float) -> None:
    """However messages are delayed and repeated: none is behind the newest reading before it by more than the lateness."""
    lines, _ = disturb(seed, Faults(duplicates=share, disorder_s=disorder_s))
    newest = 0
    for one in said(lines):
        newest = max(newest, millis(one.ts))
        assert newest - millis(one.ts) < 1000 * (MAX_DELAY_S + SLACK_S) < 60_000


def test_disorder_changes_the_order_and_nothing_else() -> None:
    """The same readings arrive, each once."""
    lines, expected = disturb(1, Faults(disorder_s=40))
    times = [millis(one.ts) for one in said(lines)]
    assert Counter(lines) == Counter(ORIGINAL)
    assert times != sorted(times)
    assert expected == Expected(received=len(ORIGINAL), stored=len(ORIGINAL))


def test_the_readings_of_a_message_stay_together() -> None:
    """The network delays messages, not readings: disorder does not tear arrays apart."""
    calm = sum(1 for _ in messages(ORIGINAL))
    stormy = sum(1 for _ in messages(disturb(1, Faults(disorder_s=40))[0]))
    assert stormy == pytest.approx(calm, rel=0.1)


@settings(max_examples=10)
@given(st.integers(0, 99), SHARES)
def test_broken_messages_are_refused_for_the_reason_that_is_counted(seed: int, share: float) -> None:
    """Published as the replay would, decoded as the bridge does: every count comes out."""
    lines, expected = disturb(seed, Faults(malformed=share, duplicates=0.1, disorder_s=10))
    stored, refused = set[str](), Counter[str]()
    accepted = 0
    for message in messages(lines):
        decoded = decode(message.payload, topic=message.topic, received_at=SOON)
        accepted += len(decoded.readings)
        stored.update(one.id for one in decoded.readings)
        refused.update(letter.reason for letter in decoded.rejected)
    assert refused == expected.rejected
    assert (len(stored), accepted - len(stored)) == (expected.stored, expected.duplicate)
    assert expected.received == expected.stored + expected.duplicate + expected.rejected.total()


@pytest.mark.parametrize("reason", BREAKS)
def test_each_way_of_being_wrong_is_refused_for_its_reason(reason: str) -> None:
    """For every kind of reading, in any way that chance chooses."""
    one_of_each = {one.kind: line for one, line in zip(said(ORIGINAL), ORIGINAL, strict=True)}
    assert one_of_each.keys() == {"entry", "dwell", "shelf", "payment", "status"}
    for kind, line in one_of_each.items():
        for seed in range(12):
            (message,) = messages([BREAKS[reason](Random(seed), line)])
            decoded = decode(message.payload, topic=message.topic, received_at=SOON)
            assert decoded.readings == []
            assert [letter.reason for letter in decoded.rejected] == [reason], (kind, message)


def test_a_broken_copy_goes_to_the_topic_of_the_good_one() -> None:
    """Even one that is no JSON; only one of unknown kind has a topic of its own."""
    for reason, breaks in BREAKS.items():
        line = breaks(Random(1), ORIGINAL[-1])
        (good,), (bad,) = messages([ORIGINAL[-1]]), messages([line])
        assert bad.topic == (good.topic.replace("/status/", "/teleport/") if reason == "unknown_kind" else good.topic)


def test_a_broken_copy_is_one_line() -> None:
    """It does not break the recording."""
    for seed in range(50):
        broken, _ = break_line(Random(seed), ORIGINAL[seed])
        assert b"\n" not in broken
        assert broken.strip()


def test_a_broken_copy_is_no_repetition() -> None:
    """It has an id of its own, so that no store takes the good one for the second of two."""
    for reason in BREAKS.keys() - {"not_json", "topic_mismatch"}:
        assert msgspec.json.decode(BREAKS[reason](Random(1), ORIGINAL[0]))["id"] not in ids(ORIGINAL)


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        (Faults(duplicates=1.1), "`duplicates` is a share from 0 to 1, not 1.1"),
        (Faults(malformed=-0.1), "`malformed` is a share from 0 to 1, not -0.1"),
        (Faults(disorder_s=51), "`disorder` must be from 0 to 50 seconds, not 51"),
        (Faults(disorder_s=-1), "`disorder` must be from 0 to 50 seconds, not -1"),
        (Faults(duplicates=float("nan")), "`duplicates` is a share"),
    ],
)
def test_faults_that_cannot_be_are_refused(faults: Faults, sentence: str) -> None:
    """The sentence says what is allowed."""
    with pytest.raises(SettingError, match=sentence):
        check(faults, 60)


def test_a_store_that_waits_less_bears_less() -> None:
    """Delays are bounded by its lateness; without any, there is no time for duplicates."""
    assert (max_delay_s(60), max_delay_s(14), max_delay_s(0)) == (50, 10, 0)
    check(Faults(disorder_s=10), 14)
    with pytest.raises(SettingError, match="`disorder` must be from 0 to 10 seconds"):
        check(Faults(disorder_s=11), 14)
    with pytest.raises(SettingError, match="leaves no time for duplicates"):
        check(Faults(duplicates=0.1), 4)


def test_faults_leave_the_truth_alone() -> None:
    """They happen behind the sensors."""
    calm, stormy = (run(options_of(faults=faults))[0] for faults in (Faults(), Faults(duplicates=0.1, disorder_s=30, malformed=0.05)))
    assert calm == stormy
