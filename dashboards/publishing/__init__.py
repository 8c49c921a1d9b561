"""How dashboards and alerts reach a Grafana: over its API, or as files for its provisioning."""
