"""One scene for each rule of section 4 of the design, and those of lateness."""

from sensors.reading import Reading
from tests.docs.scenes import Frame, Scene, Shown
from tests.example_parts import alive, dwell, enter, leave, pay, shelf

GRACE: frozenset[Shown] = frozenset({"grace"})
TIME: frozenset[Shown] = frozenset({"grace", "time"})


def whole(*readings: Reading, is_end: bool = True) -> list[Frame]:
    """Have readings arrive as they happened, and usually nothing after them."""
    return [Frame(sorted(readings, key=lambda reading: reading.ts), is_end=is_end)]


RULES = [
    Scene(
        "rule-0",
        "Rule 0: a presence begins before its reading, but never before the reading before",
        whole(dwell(30, "entrance"), dwell(120, "dairy", lasting=60), dwell(180, "bakery", lasting=90)),
        until=210,
    ),
    Scene(
        "rule-1",
        "Rule 1: a reading with a device opens a visit",
        [Frame([alive(15), pay(45), dwell(120, "dairy", lasting=40), dwell(165, "dairy")])],
        until=210,
    ),
    Scene(
        "rule-2",
        "Rule 2: a silence longer than the timeout ends a visit",
        whole(enter(0), dwell(420, "dairy", lasting=360), dwell(780, "bakery", lasting=350), dwell(3240, "dairy", lasting=360)),
        until=3600,
        step=600,
    ),
    Scene(
        "rule-3",
        "Rule 3: an exit ends a visit, and grace follows",
        whole(
            *(enter(0, gate="gate-e"), dwell(20, "dairy"), leave(75), dwell(110, "bakery"), pay(150, device="d1")),
            *(dwell(225, "dairy"), dwell(255, "dairy")),
        ),
        until=270,
        says=frozenset({"readings", "paid"}),
        shows=GRACE,
    ),
    Scene(
        "rule-4",
        "Rule 4: a second look at the gate is no new visit",
        whole(enter(0), dwell(25, "dairy"), enter(70), dwell(100, "bakery"), leave(150)),
        until=180,
    ),
    Scene(
        "rule-5",
        "Rule 5: the time between two readings belongs to the zone of the earlier one",
        whole(
            *(enter(0, gate="gate-e"), dwell(40, "dairy"), dwell(65, "dairy"), dwell(90, "bakery"), dwell(130, "bakery")),
            *(dwell(215, "checkout"), leave(255)),
        ),
        until=270,
    ),
    Scene(
        "rule-6",
        "Rule 6: a stay is presence in one zone without too long a silence",
        whole(
            *(dwell(0, "dairy"), dwell(40, "dairy"), dwell(70, "bakery"), dwell(110, "dairy"), dwell(145, "dairy")),
            *(dwell(235, "dairy"), leave(275)),
        ),
        until=300,
        says=frozenset({"path"}),
    ),
    Scene(
        "rule-7",
        "Rule 7: what was looked at, taken and put back",
        whole(
            *(dwell(0, "dairy"), shelf(30, product="milk", lasting=20), shelf(60, action="pickup", product="milk")),
            *(shelf(100, action="pickup", product="butter"), shelf(140, action="putback", product="milk"), leave(175)),
        ),
        until=210,
        says=frozenset({"taken"}),
    ),
    Scene(
        "rule-8",
        "Rule 8: whose payment it is",
        whole(
            *(dwell(t, zone, "tag-a") for t, zone in ((0, "dairy"), (30, "checkout"), (75, "checkout"), (125, "checkout"))),
            *(
                dwell(t, zone, "tag-b")
                for t, zone in ((0, "bakery"), (50, "bakery"), (80, "checkout"), (130, "checkout"), (155, "checkout"))
            ),
            *(pay(100, "7.20"), pay(145, "3.10", device="tag-b")),
        ),
        until=180,
        says=frozenset({"paid"}),
    ),
    Scene(
        "rule-9",
        "Rule 9: what is said of a visit",
        whole(
            *(dwell(t, zone, "a") for t, zone in ((0, "dairy"), (50, "dairy"), (100, "checkout"), (150, "checkout"))),
            pay(130, "7.20", device="a"),
            *(enter(20, "b", gate="gate-e"), leave(75, "b", gate="gate-e")),
            *(dwell(t, "street", "c") for t in (10, 65, 120, 145)),
            *(dwell(t, "bakery", "badge") for t in (0, 60, 120, 170)),
        ),
        until=180,
        says=frozenset({"kind"}),
        names={"a": "shopper", "b": "in and out", "c": "passer-by", "badge": "badge"},
    ),
    Scene(
        "rule-10",
        "Rule 10: an earlier reading gives a visit another start and so another id",
        [
            Frame([dwell(45, "dairy"), dwell(70, "dairy")], "1. Two readings have come"),
            Frame([enter(20, gate="gate-e")], "2. The reading of the gate, of 0:20, comes after them, but on time"),
        ],
        until=90,
        step=15,
        says=frozenset({"state"}),
    ),
]

LATENESS = [
    Scene(
        "store-time",
        "The store's time and its watermark",
        [
            Frame([dwell(20, "dairy"), dwell(70, "dairy"), alive(130)], "1. A heartbeat of 2:10: that is the store's time now"),
            Frame([dwell(90, "bakery")], "2. A reading of 1:30 comes. It is behind, but not by more than 1:00: on time"),
            Frame([dwell(50, "entrance")], "3. A reading of 0:50 comes. It is before the watermark: late"),
        ],
        until=150,
        shows=TIME,
    ),
    Scene(
        "live-final",
        "A visit from its first reading until it is final",
        [
            Frame([enter(0, gate="gate-e"), dwell(40, "dairy")], "1. Open: its row changes with each reading"),
            Frame([dwell(80, "dairy"), leave(110)], "2. Left, and still live: a payment may join within the grace"),
            Frame([pay(150, device="d1"), alive(290)], "3. 4:50: the grace ended at 3:50, and lateness ends just now: live"),
            Frame([alive(291)], "4. A second later: final"),
        ],
        until=300,
        says=frozenset({"state", "paid"}),
        shows=TIME,
    ),
    Scene(
        "late",
        "A late reading corrects a final visit",
        [
            Frame(
                [enter(20), dwell(30, "dairy"), dwell(85, "dairy"), dwell(125, "dairy"), leave(140), alive(325)],
                "1. Left at 2:20. At 5:25 it is past grace and lateness: final",
            ),
            Frame([dwell(60, "bakery")], "2. A late reading of 1:00 comes. The final visit is told anew, under its id"),
            Frame([dwell(5, "street")], "3. A late reading of 0:05 comes. It moves the start: another id, and a tombstone for the former"),
        ],
        until=360,
        says=frozenset({"state"}),
        shows=TIME,
    ),
]

SCENES = [*RULES, *LATENESS]
