"""The page about journeys says what is true: its pictures are what the engine makes of their readings now, and can be read."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from stream.rules import Rules
from tests.docs.drawing import WIDTH, text_width
from tests.docs.rule_scenes import LATENESS, RULES, SCENES
from tests.docs.scenes import play
from tests.docs.timelines import FOLDER, PAGE, pictures

SVG = "{http://www.w3.org/2000/svg}"
TEXT = PAGE.read_text()
SHOWN = re.findall(r"^!\[([^]]*)\]\(journeys/([\w-]+)\.svg\)\n((?:\n?>.*\n)*)", TEXT, re.MULTILINE)
"""Of each picture on the page: what it shows in words, its name, and what the page claims below it."""

DRAWN = {name: (svg, claims) for name, svg, claims in pictures()}


@pytest.mark.parametrize("name", DRAWN)
def test_picture_is_what_the_engine_says(name: str) -> None:
    """Stale: `python -m tests.docs.timelines` draws it anew."""
    assert (FOLDER / f"{name}.svg").read_text() == DRAWN[name][0]


@pytest.mark.parametrize(("name", "claimed"), [(name, claimed) for _, name, claimed in SHOWN])
def test_what_the_page_claims_is_what_the_engine_says(name: str, claimed: str) -> None:
    """Every line below a picture, and no other."""
    assert [line.removeprefix("> ").removesuffix("<br>") for line in claimed.split("\n") if line] == DRAWN[name][1]


def test_every_picture_is_shown_once_and_no_other_exists() -> None:
    """Each with words for who does not see it."""
    assert sorted(name for _, name, _ in SHOWN) == sorted(DRAWN) == sorted(path.stem for path in FOLDER.iterdir())
    assert [name for words, name, _ in SHOWN if len(words) < 20] == []


def test_every_rule_has_its_picture_below_its_heading() -> None:
    """In the order of section 4 of the design."""
    under = [re.search(r"journeys/([\w-]+)\.svg", part) for part in re.split(r"^##+ ", TEXT, flags=re.MULTILINE) if re.match(r"\d", part)]
    assert [found[1] for found in under if found] == [scene.name for scene in RULES] == [f"rule-{n}" for n in range(11)]


def test_heads_say_late_and_on_time_where_the_engine_does() -> None:
    """What stands over a frame is written by hand."""
    said = {}
    for scene in LATENESS + RULES:
        for told in play(scene.frames, scene.plan):
            is_late = any(one.id in told.late for one in told.frame.arrives)
            assert is_late == bool(re.search(r"\blate\b", told.frame.head)), (scene.name, told.frame.head)
            said[scene.name, told.frame.head[:2]] = is_late
    assert sum(said.values()) == 3


def test_heads_say_final_where_the_engine_does() -> None:
    """As far as a picture is about that."""
    for scene in (one for one in SCENES if one.name in {"late", "live-final"}):
        for told in play(scene.frames, scene.plan):
            assert not (told.frame.head.endswith("final") and not told.visits[0].is_final)
            assert not (re.search(r"\b(live|[Oo]pen)\b", told.frame.head) and told.visits[0].is_final)


@pytest.mark.parametrize("name", DRAWN)
def test_picture_can_be_read(name: str) -> None:
    """Text is large enough, inside of the picture, and on no other text; there is a title and a description; the file is small."""
    svg = DRAWN[name][0]
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["viewBox"] == f"0 0 {WIDTH} {root.attrib['height']}"
    assert float(root.attrib["font-size"]) >= 12
    assert all(len(root.findtext(f"{SVG}{part}") or "") > 10 for part in ("title", "desc"))
    assert len(svg) < 12_000
    boxes = [_box(one) for one in root.iter(f"{SVG}text")]
    assert [box for box in boxes if box[0] < 4 or box[1] > WIDTH - 4 or box[2] > float(root.attrib["height"]) - 4] == []
    assert [(a, b) for a, b in combinations(boxes, 2) if a[0] < b[1] and b[0] < a[1] and abs(a[2] - b[2]) < 12] == []


def _box(text: ET.Element) -> tuple[float, float, float, str]:
    """Say from where to where a text reaches, about as wide as fonts are, and where its foot is."""
    words = text.text or ""
    width, x = text_width(words) * 0.93, float(text.attrib["x"])
    names = text.attrib.get("class", "").split()
    left = x - width / 2 if "m" in names else x - width if "e" in names else x
    return left, left + width, float(text.attrib["y"]), words


def test_settings_on_the_page_are_those_of_the_engine() -> None:
    """Every setting that the page names has the default that it says."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) min \|", TEXT, re.MULTILINE)
    defaults = Rules()
    assert {name: int(minutes) * 60 for name, minutes in rows} == {name: getattr(defaults, name) for name in defaults.__struct_fields__}


def test_pages_that_are_linked_exist() -> None:
    """Relative links lead somewhere."""
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", TEXT)
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
    assert {"signals.md", "priority.md"} <= set(links)
