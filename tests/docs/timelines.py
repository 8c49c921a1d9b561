"""The pictures of `docs/journeys.md`, drawn from what the real engine makes of example readings.

`.venv/bin/python -m tests.docs.timelines` draws all of them anew, and prints what the engine says of each: the lines under a picture on the
page, which are written by hand, have to say the same.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs import legend
from tests.docs.crowds import crowd_sentences, draw_crowd, draw_priority, priority_sentences
from tests.docs.lanes import draw
from tests.docs.rule_scenes import SCENES
from tests.docs.scenes import sentences
from tests.docs.signal_scenes import CROWDS, OF_VISITS, PRIORITIES

PAGE = Path(__file__).parents[2] / "docs" / "journeys.md"
FOLDER = PAGE.with_suffix("")


def pictures() -> Iterator[tuple[str, str, list[str]]]:
    """Draw every picture: its name, its SVG, and what it claims."""
    yield legend.NAME, legend.draw_legend(), []
    for scene in [*SCENES, *OF_VISITS]:
        yield scene.name, draw(scene), sentences(scene)
    for crowd in CROWDS:
        yield crowd.scene.name, draw_crowd(crowd), crowd_sentences(crowd)
    for scene in PRIORITIES:
        yield scene.name, draw_priority(scene), priority_sentences(scene)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg, claims in pictures():
        (FOLDER / f"{name}.svg").write_text(svg)
        sys.stdout.write(f"{name}\n" + "".join(f"> {claim}\n" for claim in claims))


if __name__ == "__main__":
    main()
