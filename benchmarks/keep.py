"""The rollups of a database that was filled: kept as the worker keeps them."""

from storage.refresh import Refresher

AT_ONCE = 1_000_000
"""Figures of each level and kind in one transaction: all, so that hours are made of 5 minutes that are kept."""


def keep(url: str) -> None:
    """Keep all figures that are marked."""
    refresher = Refresher(url)
    try:
        while refresher.refresh(settled_s=0.0, at_most=AT_ONCE):
            pass
    finally:
        refresher.close()
