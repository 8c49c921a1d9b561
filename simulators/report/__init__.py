"""Simulated people held against what is published about real ones: one page of HTML (`instore simulate --report FILE`)."""
