"""Times as dashboards write them."""

from datetime import UTC, datetime

import pytest

from dashboards.since import begin

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("now", NOW),
        ("now-12h", datetime(2026, 11, 21, 0, 30, tzinfo=UTC)),
        ("now/d", datetime(2026, 11, 21, tzinfo=UTC)),
        ("now-7d/d", datetime(2026, 11, 14, tzinfo=UTC)),
        ("now-2w", datetime(2026, 11, 7, 12, 30, tzinfo=UTC)),
    ],
)
def test_it_means(text: str, means: datetime) -> None:
    """As Grafana understands it."""
    assert begin(text, NOW) == means


def test_anything_else_is_refused() -> None:
    """Rather than taken for something else."""
    with pytest.raises(ValueError, match="is no time like now-24h"):
        begin("yesterday", NOW)
