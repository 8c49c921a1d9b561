"""What can go wrong with a Grafana, by blame; a setting that is wrong is a `SettingError`, as everywhere."""


class GrafanaAway(Exception):
    """Grafana cannot be worked with: it is not there, or is no Grafana, or too old, or refuses what we send."""


class Conflicts(Exception):
    """What is not ours stands where ours should be: nothing was written."""
