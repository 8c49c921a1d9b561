"""When to try again, and saying so once."""

import pytest

from sensors.outage import Backoff, Outage


def test_backoff_grows_and_resets() -> None:
    """Each failure doubles the wait, up to the last; a success begins anew."""
    backoff = Backoff(first_s=1, last_s=5)
    assert backoff.is_over(0.0)
    for wait in (1, 2, 4, 5, 5):
        backoff.wait(100.0)
        assert not backoff.is_over(100.0 + wait - 0.001)
        assert backoff.is_over(100.0 + wait)
    backoff.reset()
    backoff.wait(100.0)
    assert backoff.is_over(101.0)


def test_outage_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """One warning at the beginning, one word at the end, however often it is noticed."""
    caplog.set_level("INFO")
    outage = Outage("kafka")
    assert not outage.end("back")
    outage.begin("away: 100 %")
    outage.begin("still away")
    assert outage.end("back")
    assert not outage.end("back")
    assert [(record.levelname, record.getMessage(), record.__dict__["action"]) for record in caplog.records] == [
        ("WARNING", "away: 100 %", "kafka_away"),
        ("INFO", "back", "kafka_back"),
    ]
