"""Alert rules into a Grafana: each by its uid, since Grafana 9.3 cannot list them all."""

from collections.abc import Iterator, Sequence
from typing import Any

from grafana_client import GrafanaApi

from dashboards.alerts import Group
from dashboards.publishing.changes import Change, Conflict, Step, alike
from dashboards.publishing.grafana import found

BY_FILE = "file"
"""The provenance of what comes from a file of Grafana's provisioning."""


def rule_steps(grafana: GrafanaApi, folder: str, groups: Sequence[Group]) -> Iterator[Step]:
    """Find out which rules have to be written or removed."""
    if not groups:
        return
    organization = grafana.client.GET("/org")["id"]
    for group in groups:
        where = {"orgID": organization, "folderUID": folder, "ruleGroup": group["title"]}
        theirs = found(grafana.alertingprovisioning.get_rule_group, folder, group["title"])
        for rule in group["rules"]:
            yield from _rule_steps(grafana, {**rule, **where})
        ours = {rule["uid"] for rule in group["rules"]}
        yield from (_removal(grafana, rule) for rule in (theirs or {}).get("rules", []) if rule["uid"] not in ours)
        yield from _pace_steps(grafana, folder, group, theirs)


def _rule_steps(grafana: GrafanaApi, rule: dict[str, Any]) -> Iterator[Step]:
    uid, what, api = rule["uid"], f"alert rule {rule['title']} ({rule['uid']})", grafana.alertingprovisioning
    theirs = found(api.get_alertrule, uid)
    if theirs is None:
        yield Change(what, None, rule, lambda: api.create_alertrule(rule))
    elif theirs["folderUID"] != rule["folderUID"]:
        yield Conflict(f"the {what} stands in another folder ({theirs['folderUID']}): it is not ours")
    elif (before := alike(theirs, rule)) == rule:
        return
    elif theirs.get("provenance") == BY_FILE:
        yield Conflict(f"the {what} comes from a file of Grafana's provisioning: `instore dashboards write` again")
    else:
        yield Change(what, before, rule, lambda: api.update_alertrule(uid, rule))


def _removal(grafana: GrafanaApi, rule: dict[str, Any]) -> Change:
    what = f"alert rule {rule['title']} ({rule['uid']})"
    return Change(what, rule, None, lambda: grafana.alertingprovisioning.delete_alertrule(rule["uid"]))


def _pace_steps(grafana: GrafanaApi, folder: str, group: Group, theirs: dict[str, Any] | None) -> Iterator[Step]:
    """How often a group is evaluated: a group without rules in the request changes that alone."""
    title, pace = group["title"], {"interval": group["interval"]}
    before = None if theirs is None else {"interval": theirs["interval"]}
    if before != pace:
        api, body = grafana.alertingprovisioning, {**pace, "title": title, "folderUid": folder}
        yield Change(f"pace of the alert group {title}", before, pace, lambda: api.update_rule_group(folder, title, body))
