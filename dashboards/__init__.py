"""What people look at: dashboards, their alerts, how they reach a Grafana, and the same in a browser without one."""
