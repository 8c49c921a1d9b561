"""The queries of dashboards: those of the docs are among them, and each says whose question it answers."""

import re
from pathlib import Path

import pytest

from benchmarks.queries import Query, queries

ROOT = Path(__file__).parents[2]
LITERALS = {"'s1'": "%(store_id)s", "'band-1'": "%(device_id)s", "now()": "%(now)s"}
ALL = queries()


def _statement(text: str) -> str:
    """A statement without comments, in one line."""
    return " ".join(re.sub(r"--.*", "", text).split())


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_each_query_says_whose_question_it_answers(one: Query) -> None:
    """A comment of who asks, and what."""
    assert re.match(r"\w[\w ]+: \w", one.question) or one.name.startswith("demo_")


BLOCKS = [
    block for page in ("tables", "rollups") for block in re.findall(r"```sql\n(.*?)```", (ROOT / f"docs/{page}.md").read_text(), re.DOTALL)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_docs_recommend_is_measured(block: str) -> None:
    """Every query of docs/tables.md and docs/rollups.md is one of ours, with values for its literals."""
    for literal, name in LITERALS.items():
        block = block.replace(literal, name)
    assert _statement(block) in {_statement(one.text.decode()) for one in ALL}
