"""Dashboards, tried on a small store that was simulated."""
