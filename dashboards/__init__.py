"""Grafana as code. Empty until the dashboards are built: one file a dashboard will stand here."""
