"""Alert rules."""

from dashboards.rules import Group


def groups() -> list[Group]:
    """Return the alert rules."""
    return []
