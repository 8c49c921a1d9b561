"""Whom alerts reach: a contact point, and a route to it for what has our label. Only where somebody asked for it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from grafana_client import GrafanaApi

from dashboards.publishing.alert_rules import BY_FILE
from dashboards.publishing.changes import Change, Conflict, Step, alike
from storage.errors import SettingError

CONTACT = "instore"
"""Uid and name of the contact point."""

MATCHERS = [["service", "=", "instore"]]
"""All our alert rules have this label."""


def contact_point(contact: str) -> dict[str, Any] | None:
    """Make a contact point of mail addresses or a webhook's URL; None where `contact` names one that there is."""
    if "://" in contact:
        return {"uid": CONTACT, "name": CONTACT, "type": "webhook", "settings": {"url": contact}}
    if "@" in contact:
        return {"uid": CONTACT, "name": CONTACT, "type": "email", "settings": {"addresses": contact.replace(",", ";")}}
    return None


def contact_steps(grafana: GrafanaApi, contact: str | None) -> Iterator[Step]:
    """Find out what has to change so that alerts reach somebody; nothing where no contact is given."""
    if contact is None:
        return
    points = grafana.alertingprovisioning.get_contactpoints()
    point = contact_point(contact)
    if point is not None:
        yield from _point_steps(grafana, points, point)
    elif contact not in {one["name"] for one in points}:
        raise SettingError(f"{contact} is no mail address, no URL, and no contact point of Grafana's")
    yield from _route_steps(grafana, CONTACT if point is not None else contact)


def _point_steps(grafana: GrafanaApi, points: list[dict[str, Any]], point: dict[str, Any]) -> Iterator[Step]:
    what, api = f"contact point {CONTACT}", grafana.alertingprovisioning
    theirs = next((one for one in points if one["uid"] == CONTACT), None)
    if theirs is None:
        if any(one["name"] == CONTACT for one in points):
            yield Conflict(f"there is a {what} that is not ours: rename it, or name it as the contact")
            return
        yield Change(what, None, _shown(point), lambda: api.create_contactpoint(point))
    elif (before := alike(theirs, point)) != point:
        if theirs.get("provenance") == BY_FILE:
            yield Conflict(f"the {what} comes from a file of Grafana's provisioning: change it there")
            return
        yield Change(what, _shown(before), _shown(point), lambda: api.update_contactpoint(CONTACT, point))


def _route_steps(grafana: GrafanaApi, receiver: str) -> Iterator[Step]:
    """Route what has our label, before all other routes, which stay as they are."""
    api = grafana.alertingprovisioning
    tree = api.get_notification_policy_tree()
    routes = tree.get("routes") or []
    ours = next((route for route in routes if route.get("object_matchers") == MATCHERS), None)
    if ours is not None and ours["receiver"] == receiver:
        return
    if tree.get("provenance") == BY_FILE:
        yield Conflict("the notification policies come from a file of Grafana's provisioning: put the route for service=instore there")
        return
    route = {**(ours or {"object_matchers": MATCHERS}), "receiver": receiver}
    wanted = {**_sent(tree), "routes": [route, *(one for one in routes if one is not ours)]}
    yield Change(f"route of alerts to {receiver}", ours, route, lambda: api.set_notification_policy_tree(wanted, disable_provenance=True))


def _shown(point: dict[str, Any]) -> dict[str, Any]:
    """Leave out what makes a webhook's address a secret: who one is, and what follows its host."""
    settings = dict(point["settings"])
    if "url" in settings:
        parts = urlsplit(settings["url"])
        settings["url"] = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/..."
    return {**point, "settings": settings}


def _sent(tree: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Grafana alone sets."""
    return {name: value for name, value in tree.items() if name != "provenance"}
