"""The page about readings says what is true: its examples are decoded, its reasons are all there."""

import re
from pathlib import Path

import pytest

from sensors.decode import decode
from sensors.reading import KINDS
from sensors.refused import REASONS
from tests.sensors.strategies import NOW

PAGE = (Path(__file__).parents[2] / "docs" / "readings.md").read_text()
EXAMPLES = re.findall(r"^```json (accepted|rejected=(\w+)) topic=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("_", "reason", "topic", "payload"), EXAMPLES)
def test_example(_: str, reason: str, topic: str, payload: str) -> None:
    """Each example is accepted, or rejected for the reason under which it stands."""
    decoded = decode(payload.encode(), topic=topic, received_at=NOW)
    assert {dead.reason for dead in decoded.rejected} == ({reason} if reason else set())
    assert reason or decoded.readings


def test_every_reason_has_its_section() -> None:
    """In the order of the code, and no other."""
    assert tuple(re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE)) == REASONS


def test_every_reason_that_fits_has_an_example() -> None:
    """All but those that would need a megabyte or a thousand brackets."""
    assert {reason for _, reason, _, _ in EXAMPLES if reason} == set(REASONS) - {"too_large", "too_deep"}


def test_every_field_is_explained() -> None:
    """No field of the model is missing on the page."""
    fields = {name for kind in KINDS.values() for name in kind.__struct_fields__}
    assert [name for name in sorted(fields) if f"`{name}`" not in PAGE] == []
