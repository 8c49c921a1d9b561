"""The dashboards in a browser without Grafana: its JSON, its SQL, its rules of display, drawn with Dash. `server.serve` begins it.

`units`, `fields`, `colors`, `transform`, `moments`, `look` and the modules of panels are pure: they know no database and no browser.
"""
