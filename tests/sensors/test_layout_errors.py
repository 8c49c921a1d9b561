"""What is wrong with a layout file: each way has its message, with the line, and all are told together."""

import pytest

from sensors.layout import LayoutError, parse_layout
from stream.rules import Rules


def refused(text: str) -> list[str]:
    """Return the lines of the error that a text raises."""
    with pytest.raises(LayoutError) as caught:
        parse_layout(text, "f.yaml", Rules.of)
    return str(caught.value).splitlines()


ZONES = "store_id: s\nzones: [{zone_id: z}]\n"

WRONG = {
    "no mapping": ("- a", 1, "the file holds a list: begin with `store_id: ...`"),
    "empty": ("# nothing\n", 1, "the file is empty: begin with `store_id: ...`"),
    "no YAML": ("store_id: s\nzones: [", 2, "this is neither YAML nor JSON: expected the node content, but found '<stream end>'"),
    "two documents": ("store_id: s\n---\nstore_id: t", 2, "this is neither YAML nor JSON: but found another document"),
    "control character": ("store_id: s\nname: a\x07b", 2, "the character '\\x07' cannot stand in a layout: remove it"),
    "too deep": ("[" * 9000, 1, "the lists and mappings are nested too deeply: a layout needs five levels"),
    "missing": ("name: a\nzones: []", 1, "layout: `store_id` is missing: add it"),
    "missing in a list": ("store_id: s\nzones:\n  - name: a", 3, "zone number 1: `zone_id` is missing: add it"),
    "unknown, near": ("store_id: s\nzone: []", 2, "layout: `zone` is no field here: did you mean `zones`?"),
    "unknown, far": (
        "store_id: s\nshelves:\n- {shelf_id: a,\n   colour: red, zone_id: z}\nzones: [{zone_id: z}]",
        4,
        "shelf 'a': `colour` is no field here: the fields are shelf_id, zone_id, level, products",
    ),
    "merge key": (
        "store_id: s\nzones:\n- &a {zone_id: z}\n- {<<: *a, zone_id: y}",
        4,
        "zone 'y': a field's name is something else than a text to YAML, not a text: quote it, \"<<\"",
    ),
    "key twice": ("store_id: s\nname: a\nname: b", 3, "layout: `name` is given twice, in line 2 and here: remove one"),
    "key is a list": ("store_id: s\n[a]: b", 2, "layout: a field's name must be a text, not a list"),
    "id is a number": ("store_id: 1", 1, 'layout: `store_id` is a number to YAML, not a text: quote it, "1"'),
    "id is a float": ("store_id: 1.0", 1, 'layout: `store_id` is a number to YAML, not a text: quote it, "1.0"'),
    "id is octal": ("store_id: 007", 1, 'layout: `store_id` is a number to YAML, not a text: quote it, "007"'),
    "id is a truth value": ("store_id: no", 1, 'layout: `store_id` is true or false to YAML, not a text: quote it, "no"'),
    "id is a date": ("store_id: 2026-11-22", 1, 'layout: `store_id` is a date to YAML, not a text: quote it, "2026-11-22"'),
    "id is empty": ('store_id: ""', 1, "layout: `store_id` must have 1 to 256 characters, not 0"),
    "id is long": (f"store_id: {'x' * 257}", 1, "layout: `store_id` must have 1 to 256 characters, not 257"),
    "id is a list": ("store_id: [s]", 1, "layout: `store_id` must be a text, not a list"),
    "id holds NUL": ('store_id: "a\\0"', 1, "layout: `store_id` holds a character that no database can store: remove it"),
    "id holds half a character": ('store_id: "\\ud83d"', 1, "layout: `store_id` holds a character that no database can store: remove it"),
    "name is a mapping": ("store_id: s\nname: {de: Markt}", 2, "layout: `name` must be a text, not a mapping"),
    "staff": (
        "store_id: s\nstaff_devices:\n- a\n- on",
        4,
        'layout: `staff_devices, number 2` is true or false to YAML, not a text: quote it, "on"',
    ),
    "no list": ("store_id: s\nzones: {zone_id: z}", 2, "layout: `zones` must be a list, not a mapping"),
    "no mapping in a list": (
        "store_id: s\nzones:\n- dairy",
        3,
        "layout: number 1 of `zones` must be a mapping with zone_id, name, type, polygon, capacity, not `dairy`",
    ),
    "rules are a list": ("store_id: s\nrules: []", 2, "layout: `rules` must be a mapping, not a list"),
    "time zone, near": (
        "store_id: s\ntimezone: Europe/Berln",
        2,
        "layout: there is no time zone 'Europe/Berln': did you mean 'Europe/Berlin'?",
    ),
    "time zone, far": (
        "store_id: s\ntimezone: here",
        2,
        "layout: there is no time zone 'here': use a name of the IANA database, such as 'Europe/Berlin'",
    ),
    "time zone of this machine": (
        "store_id: s\ntimezone: localtime",
        2,
        "layout: there is no time zone 'localtime': use a name of the IANA database, such as 'Europe/Berlin'",
    ),
    "currency": (
        'store_id: s\ncurrency: "EUR\\n"',
        2,
        "layout: 'EUR\\n' is no currency: use the three capital letters of ISO 4217, such as EUR",
    ),
    "day": ("store_id: s\nopening_hours:\n  thur: []", 3, "opening_hours: `thur` is no field here: did you mean `thu`?"),
    "hours empty": (
        "store_id: s\nopening_hours:\n  sun:",
        3,
        "opening_hours: `sun` is empty: write [] for a closed day, or leave the day out if it is open all day",
    ),
    "hours unquoted": (
        'store_id: s\nopening_hours:\n  sun: ["08:00", 20:00]',
        3,
        'opening_hours: `sun, number 2` is a number to YAML, not a text: quote it, "20:00"',
    ),
    "hours odd": (
        'store_id: s\nopening_hours: {sun: ["08:00", "12:00", "14:00"]}',
        2,
        "opening_hours: `sun` needs pairs of times, opening and closing, not 3 times",
    ),
    "hours overnight": (
        'store_id: s\nopening_hours: {sun: ["18:00", "02:00"]}',
        2,
        'opening_hours: `sun` needs times that rise: past midnight, close at "24:00" and open the next day at "00:00"',
    ),
    "hours at once": (
        'store_id: s\nopening_hours: {sun: ["18:00", "18:00"]}',
        2,
        'opening_hours: `sun` needs times that rise: past midnight, close at "24:00" and open the next day at "00:00"',
    ),
    "hours no time": (
        'store_id: s\nopening_hours: {sun: ["8:00", "24:01"]}',
        2,
        'opening_hours: `sun` needs times from "00:00" to "24:00", written like "08:00" in quotes',
    ),
    "zone twice": (
        "store_id: s\nzones:\n- zone_id: a\n- zone_id: a",
        4,
        "zone 'a': `zone_id` is already given in line 3: each may stand once, so rename or remove one",
    ),
    "zone type": (
        "store_id: s\nzones:\n- zone_id: a\n  type: till",
        4,
        "zone 'a': `type` must be one of outside, entrance, general, interest, checkout, staff, not `till`",
    ),
    "capacity is a text": (
        'store_id: s\nzones: [{zone_id: a, capacity: "12"}]',
        2,
        "zone 'a': `capacity` must be a whole number, not a text: remove the quotes from 12",
    ),
    "capacity is octal": (
        "store_id: s\nzones: [{zone_id: a, capacity: 012}]",
        2,
        "zone 'a': `capacity` must be a whole number: `012` is octal to some and decimal to others, so write it without leading zeros",
    ),
    "capacity is a fraction": (
        "store_id: s\nzones: [{zone_id: a, capacity: 1.5}]",
        2,
        "zone 'a': `capacity` must be a whole number in decimal digits, not `1.5`",
    ),
    "capacity is zero": (
        "store_id: s\nzones: [{zone_id: a, capacity: 0}]",
        2,
        "zone 'a': `capacity` must be from 1 to 2147483647, not 0: leave it out where it is not known",
    ),
    "capacity is huge": (
        "store_id: s\nzones: [{zone_id: a, capacity: 2147483648}]",
        2,
        "zone 'a': `capacity` must be from 1 to 2147483647, not 2147483648: leave it out where it is not known",
    ),
    "polygon of two": (
        "store_id: s\nzones:\n- zone_id: a\n  polygon: [[0, 0], [1, 1]]",
        4,
        "zone 'a': a polygon needs at least 3 corners, not 2: add the others, or leave it out",
    ),
    "polygon crossed": (
        "store_id: s\nzones:\n- zone_id: a\n  polygon: [[0, 0], [2, 2], [2, 0], [0, 2]]",
        4,
        (
            "zone 'a': the polygon crosses or touches itself where [0, 0]-[2, 2] and [2, 0]-[0, 2] meet: "
            "list the corners in order around the zone"
        ),
    ),
    "polygon of one number": (
        "store_id: s\nzones:\n- zone_id: a\n  polygon:\n  - [0, 0]\n  - [1]",
        6,
        "zone 'a': `polygon`, number 2 must be a pair [x, y] in metres, not a list",
    ),
    "polygon of words": (
        "store_id: s\nzones:\n- zone_id: a\n  polygon:\n  - [0, 0]\n  - [1, .inf]\n  - [2, 3]",
        6,
        "zone 'a': `polygon, number 2` must be a number in decimal digits, not `.inf`",
    ),
    "shelf twice": (
        f"{ZONES}shelves:\n- {{shelf_id: a, zone_id: z}}\n- {{shelf_id: a, zone_id: z}}",
        5,
        "shelf 'a': `shelf_id` is already given in line 4: each may stand once, so rename or remove one",
    ),
    "shelf nowhere": (f"{ZONES}shelves:\n- {{shelf_id: a}}", 4, "shelf 'a': `zone_id` is missing: add it"),
    "shelf in no zone, near": (
        "store_id: s\nzones: [{zone_id: dairy}]\nshelves:\n- {shelf_id: a, zone_id: dary}",
        4,
        "shelf 'a': there is no zone 'dary': did you mean 'dairy'?",
    ),
    "gate in no zone": ("store_id: s\ngates:\n- {sensor_id: a, zone_id: x}", 3, "gate 'a': there is no zone 'x': add it under `zones`"),
    "till in no zone": ("store_id: s\ntills:\n- {sensor_id: a, zone_id: x}", 3, "till 'a': there is no zone 'x': add it under `zones`"),
    "gateway in no zone": (
        "store_id: s\ngateways:\n- {sensor_id: a, zone_id: x}",
        3,
        "gateway 'a': there is no zone 'x': add it under `zones`",
    ),
    "gateway nowhere": (
        "store_id: s\ngateways:\n- sensor_id: a",
        3,
        "gateway 'a': nobody knows where it is: add `zone_id`, or `x` and `y` in metres",
    ),
    "half a position": (
        "store_id: s\ntills:\n- sensor_id: a\n  x: 1",
        4,
        "till 'a': a position needs both `x` and `y`: add the other one",
    ),
    "position of words": ("store_id: s\ntills: [{sensor_id: a, x: 1e999, y: 1}]", 2, "till 'a': `x` is too large a number: 1e999"),
    "sensor twice": (
        "store_id: s\ngates:\n- sensor_id: a\ntills:\n- sensor_id: a",
        5,
        "till 'a': `sensor_id` is already given in line 3: each may stand once, so rename or remove one",
    ),
    "rule unknown": (
        "store_id: s\nrules:\n  lateness_s: 1\n  gap: 2",
        4,
        (
            "rules: `gap` is no rule; the rules are visit_timeout_s, presence_gap_s, exit_grace_s, lateness_s, bounce_s, "
            "those of docs/signals.md and those of docs/priority.md"
        ),
    ),
    "rule misspelt": ("store_id: s\nrules:\n  long_dwel_s: 5", 3, "rules: `long_dwel_s` is no rule: did you mean `long_dwell_s`?"),
    "rule of a zone that is not there": (
        "store_id: s\nzones: [{zone_id: dairy}]\nrules:\n  sensor_silent_s.any: 9\n  long_dwell_s.dary: 5",
        5,
        "rules: `long_dwell_s.dary`: there is no zone 'dary': did you mean `long_dwell_s.dairy`?",
    ),
    "rule by zone that is not": (
        "store_id: s\nrules:\n  abandoned_basket_items.dairy: 2",
        3,
        (
            "rules: `abandoned_basket_items.dairy` is no rule: `abandoned_basket_items` counts for the whole store and has no value for"
            " 'dairy' alone"
        ),
    ),
    "rule wrong": ("store_id: s\nrules:\n  lateness_s: -1", 3, "rules: `lateness_s` must be a number of seconds from 0 to 604800, not -1"),
    "rule a list": ("store_id: s\nrules:\n  lateness_s: [1]", 3, "rules: `lateness_s` must be a text, not a list"),
    "rule sexagesimal": (
        "store_id: s\nrules:\n  lateness_s: 1:30",
        3,
        "rules: `lateness_s` must be a number in decimal digits, not `1:30`",
    ),
    "rule yes": ("store_id: s\nrules:\n  lateness_s: yes", 3, "rules: `lateness_s` must be true or false, not `yes`"),
    "rule empty": ("store_id: s\nrules:\n  lateness_s:", 3, 'rules: `lateness_s` is nothing to YAML, not a text: quote it, ""'),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_its_line(name: str) -> None:
    """Each way of being wrong is one message: the file, the line, the thing, what is wrong, what to do."""
    text, line, message = WRONG[name]
    assert refused(text) == [f"f.yaml:{line}: {message}"]


PRODUCTS = f"""{ZONES}shelves:
- {{shelf_id: a, zone_id: z, products: [{{product_id: p, name: Pea, price: 1}}]}}
- shelf_id: b
  zone_id: z
  products:
  - product_id: p
"""

WRONG_PRODUCTS = {
    "{product_id: p}, {product_id: p}": "`product_id` is already given in line 4: each may stand once, so rename or remove one",
    "{product_id: p, promoted: yes}": "`promoted` must be true or false, not `yes`",
    "{product_id: p, price: -1}": "`price` must be from 0 to below 1e12 with at most 4 decimals, not -1",
    "{product_id: p, price: 1000000000000}": "`price` must be from 0 to below 1e12 with at most 4 decimals, not 1000000000000",
    "{product_id: p, price: 0.00001}": "`price` must be from 0 to below 1e12 with at most 4 decimals, not 0.00001",
    "{product_id: p, price: 1e1}": "`price` must be an amount in decimal digits, not `1e1`; write it like 1.19",
    "{product_id: p, price: .5}": "`price` must be an amount in decimal digits, not `.5`; write it like 1.19",
    '{product_id: p, price: "1,19"}': '`price` must be an amount in decimal digits, not the text "1,19"; write it like 1.19',
    "{product_id: p, price: [1]}": "`price` must be an amount, not a list; write it like 1.19",
}


@pytest.mark.parametrize("written", WRONG_PRODUCTS)
def test_what_is_wrong_with_a_product(written: str) -> None:
    """Prices and products are refused with the product's name and line."""
    text = f"{ZONES}shelves: [{{shelf_id: a, zone_id: z, products:\n[{written}]}}]"
    assert refused(text) == [f"f.yaml:4: product 'p': {WRONG_PRODUCTS[written]}"]


def test_a_product_on_two_shelves_is_one_product() -> None:
    """It may stand on both, with name and price given once or alike; two names or prices are refused."""
    assert len(parse_layout(PRODUCTS, "f.yaml").shelves) == 2
    assert len(parse_layout(f"{PRODUCTS}    name: Pea\n    price: 1.00", "f.yaml").shelves) == 2
    assert refused(f"{PRODUCTS}    name: Bean") == [
        "f.yaml:9: product 'p': its name is Pea in line 4 and Bean here: one product has one name, so correct one"
    ]
    assert refused(f"{PRODUCTS}    price: 2") == [
        "f.yaml:9: product 'p': its price is 1 in line 4 and 2 here: one product has one price, so correct one"
    ]


def test_all_problems_are_told_together() -> None:
    """A person mends a file once: problems of every part are there, in the order of lines, and as data."""
    text = "name: no\nzones:\n- zone_id: a\n  capacity: many\nshelves:\n- {shelf_id: b, zone_id: c}\nrules: {on: 1}"
    with pytest.raises(LayoutError) as caught:
        parse_layout(text, "f.yaml")
    assert [problem.line for problem in caught.value.problems] == [1, 1, 4, 6, 7]
    assert caught.value.source == "f.yaml"
    assert str(caught.value).splitlines()[3] == "f.yaml:6: shelf 'b': there is no zone 'c': add it under `zones`"


def test_a_zone_with_a_fault_is_still_a_zone() -> None:
    """What stands in a faulty zone is not reported as well."""
    text = "store_id: s\nzones: [{zone_id: a, capacity: -1}]\nshelves: [{shelf_id: b, zone_id: a}]"
    assert len(refused(text)) == 1


def test_rules_that_pass_alone_may_fail_together() -> None:
    """The check sees each rule alone, for its line, and then all of them."""

    def check(rules: object) -> None:
        if rules == {"low": 2, "high": 1}:
            raise ValueError("`low` is above `high`")

    with pytest.raises(LayoutError, match=r"^f\.yaml:3: rules: `low` is above `high`$"):
        parse_layout("store_id: s\nrules:\n  low: 2\n  high: 1", "f.yaml", check)
