"""What Hypothesis draws: readings in the form that sensors send, and the same as the model has them."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from sensors.reading import KINDS, MAX_DURATION_S, SECOND, rfc3339

NOW = 1_795_339_812 * SECOND
"""When the tests receive: 2026-11-22T09:30:12Z."""

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
money = st.decimals(-999_999_999_999, 999_999_999_999, places=4, allow_nan=False, allow_infinity=False)
seconds = st.floats(0, MAX_DURATION_S) | st.integers(0, 86_400)
dbm = st.floats(-200, 100)
micros = st.integers(0, NOW + 300 * SECOND)

FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "entry": {"device_id": names, "direction": st.sampled_from(["in", "out"])},
    "dwell": {"device_id": names, "zone_id": names},
    "shelf": {"device_id": names, "shelf_id": names, "action": st.sampled_from(["view", "pickup", "putback"])},
    "payment": {"receipt_id": names, "amount": money, "currency": st.text("ABCXYZ", min_size=3, max_size=3)},
    "status": {"state": st.sampled_from(["online", "alive", "offline"])},
    "sighting": {"device_id": names, "rssi_dbm": dbm},
}
"""What a reading of each kind must have beyond what all have."""

item = st.fixed_dictionaries({"product_id": names, "quantity": money, "unit_price": money})

OPTIONAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "entry": {"zone_id": names},
    "dwell": {"duration_s": seconds, "rssi_dbm": dbm},
    "shelf": {"product_id": names, "zone_id": names, "duration_s": seconds},
    "payment": {"items": st.lists(item, max_size=3), "device_id": names, "zone_id": names},
    "status": {},
    "sighting": {"distance_m": st.floats(0, 1e6)},
}


@st.composite
def sent(draw: st.DrawFn, *, with_id: bool | None = None) -> dict[str, Any]:
    """Draw a right reading with all its fields in the payload; money is `Decimal`, `ts` text with microseconds."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    common = {"kind": st.just(kind), "store_id": names, "sensor_id": names, "ts": micros.map(rfc3339)}
    optional = dict(OPTIONAL[kind])
    if with_id or (with_id is None and draw(st.booleans())):
        common["id"] = names
    reading: dict[str, Any] = draw(st.fixed_dictionaries(common | FIELDS[kind], optional=optional))
    return reading


def plain_money(value: Any) -> Any:
    """Turn decimals into text, so that `json` can write them."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: plain_money(inner) for name, inner in value.items()}
    return [plain_money(inner) for inner in value] if isinstance(value, list) else value
