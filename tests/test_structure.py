"""The shape of the code: who imports whom, what is pure, how long files and functions are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "sensors": set(),
    "stream": {"sensors", "storage"},
    "storage": {"sensors"},
    "dashboards": {"storage"},
    "simulators": {"sensors", "stream", "storage", "dashboards"},
    "benchmarks": {"sensors", "stream", "storage", "dashboards", "simulators"},
    "instore": {"sensors", "stream", "storage", "dashboards", "simulators", "benchmarks"},
    "tests": {"sensors", "stream", "storage", "dashboards", "simulators", "benchmarks", "instore"},
}
"""The table of section 1 of the design: which of our top-level names each of them may import besides itself."""

PURE = {
    "benchmarks/drawing.py",
    "benchmarks/figure.py",
    "benchmarks/peers/rules.py",
    "dashboards/preview/colors.py",
    "dashboards/preview/moments.py",
    "sensors/dead_letter.py",
    "sensors/decode.py",
    "sensors/event_time.py",
    "sensors/hours.py",
    "sensors/lanes.py",
    "sensors/money.py",
    "sensors/polygon.py",
    "sensors/reading.py",
    "sensors/refused.py",
    "sensors/urls.py",
    "storage/model.py",
    "storage/reading_rows.py",
    "storage/visit_rows.py",
    "stream/facts.py",
    "stream/course.py",
    "stream/form.py",
    "stream/journey.py",
    "stream/live.py",
    "stream/partition.py",
    "stream/naming.py",
    "stream/payments.py",
    "stream/priority.py",
    "stream/recall.py",
    "stream/reconstruct.py",
    "stream/rules.py",
    "stream/signal_kinds.py",
    "stream/signals.py",
    "stream/silence.py",
    "stream/store.py",
    "stream/telling.py",
    "stream/track.py",
    "stream/zones.py",
    "simulators/shop/companions.py",
    "simulators/crowd.py",
    "simulators/truth/crowding.py",
    "simulators/sensing/cut.py",
    "simulators/shop/devices.py",
    "simulators/shop/doors.py",
    "simulators/truth/doubt.py",
    "simulators/truth/due.py",
    "simulators/script/events.py",
    "simulators/sensing/faults.py",
    "simulators/shop/figures.py",
    "simulators/shop/geometry.py",
    "simulators/shop/habits.py",
    "simulators/script/happening.py",
    "simulators/recordings/lateness.py",
    "simulators/shop/manners.py",
    "simulators/recordings/messages.py",
    "simulators/script/mishaps.py",
    "simulators/shop/opening.py",
    "simulators/truth/reconcile.py",
    "simulators/report/charts.py",
    "simulators/report/charts_of_time.py",
    "simulators/report/claims.py",
    "simulators/report/curves.py",
    "simulators/report/measures.py",
    "simulators/report/named.py",
    "simulators/report/page.py",
    "simulators/report/picture.py",
    "simulators/report/plan.py",
    "simulators/report/radio.py",
    "simulators/report/svg.py",
    "simulators/report/tally.py",
    "simulators/recordings/rounds.py",
    "simulators/shop/scene.py",
    "simulators/sensing/sense.py",
    "simulators/recordings/shift.py",
    "simulators/shop/shoppers.py",
    "simulators/truth/signalled.py",
    "simulators/sensing/silence.py",
    "simulators/sensing/skew.py",
    "simulators/shop/staff.py",
    "simulators/shop/stock.py",
    "simulators/shop/tills.py",
    "simulators/truth/visits.py",
    "simulators/shop/walk.py",
}
"""Modules that do no I/O and know no clock: what they say depends on their arguments alone."""

PURE_ENOUGH = {
    "sensors.layout": {"load"},
    "sensors.topics": {"ensure_topics"},
    "simulators.shop.floor": {"builtin", "builtin_file", "builtin_names"},
}
"""Modules of names and types that pure ones may import, but for the few functions there that do I/O."""

HARMLESS = {
    *(
        "base64",
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "html",
    ),
    *("itertools", "json", "math", "operator", "random", "re", "statistics", "typing", "urllib.parse", "uuid", "zoneinfo", "msgspec"),
}
"""What a pure module may import from elsewhere: nothing here touches the world by itself."""

IMPURE_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4", "open", "print", "input", "read_text", "read_bytes"}
"""Calls of harmless modules and builtins that ask the world all the same."""

SEEDED = {"Random"}
"""All that a pure module may take from `random`: its generator is an argument, or has a seed."""

LONGEST_FILE = 500
LONGEST_FUNCTION = 60


class Import(NamedTuple):
    """One name that a module imports; `name` is empty for `import module`."""

    module: str
    name: str
    line: int


def imports_of(source: str, package: str) -> Iterator[Import]:
    """Find every import of a module, those inside functions too.

    Args:
        source: the module.
        package: the package that it is in, for relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (Import(module, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__", "importorskip"}:
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
            yield from (Import(str(name), "", node.lineno) for name in names)


def tops(imported: Import) -> set[str]:
    """Name the top-level modules of an import."""
    return {imported.module.split(".")[0]}


def impurities(source: str, package: str) -> Iterator[str]:
    """Find what would make a module impure."""
    for imported in imports_of(source, package):
        full = f"{imported.module}.{imported.name}" if imported.name else imported.module
        if imported.module in PURE_ENOUGH:
            if imported.name in PURE_ENOUGH[imported.module]:
                yield f"line {imported.line}: {full} does I/O"
        elif imported.module == "random" and imported.name not in SEEDED:
            yield f"line {imported.line}: {full} is global chance"
        elif not _is_harmless(imported):
            yield f"line {imported.line}: {full} is not known to be pure"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) in IMPURE_CALLS:
            yield f"line {node.lineno}: {_called(node)}() asks the world"


def lengths(source: str) -> Iterator[tuple[str, int]]:
    """Measure the body of each function, in lines, without its docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            last = node.end_lineno or node.lineno
            yield node.name, last - body[0].lineno + 1 if body else 0


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _is_harmless(imported: Import) -> bool:
    """Tell whether an import brings a harmless module or a pure one of ours."""
    if {imported.module, imported.module.split(".")[0]} & HARMLESS and imported.module != "urllib":
        return True
    if (imported.module, imported.name) == ("sys", "intern"):
        return True
    paths = {f"{imported.module}.{imported.name}".replace(".", "/") + ".py", imported.module.replace(".", "/") + ".py"}
    return bool(paths & PURE)


def _files(*parts: str) -> list[Path]:
    """List the Python files of our folders, and `instore.py`."""
    found: list[Path] = []
    for part in parts or MAY_IMPORT:
        found += [ROOT / f"{part}.py"] if part == "instore" else sorted((ROOT / part).rglob("*.py"))
    return found


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _package(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).parent.parts)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_folders_import_only_what_the_table_allows(part: str) -> None:
    """Section 1 of the design says which folder may import which, function-level imports included."""
    allowed = MAY_IMPORT[part] | {part}
    ours = set(MAY_IMPORT)
    wrong = [
        f"{_name(file)}:{imported.line} imports {imported.module}"
        for file in _files(part)
        for imported in imports_of(file.read_text(), _package(file))
        if tops(imported) & ours - allowed
    ]
    assert not wrong


def test_every_folder_is_in_the_table() -> None:
    """A new folder of code has to be given its place in the table first."""
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")} | {file.stem for file in ROOT.glob("*.py")}
    assert folders == set(MAY_IMPORT)


@pytest.mark.parametrize("file", sorted(PURE))
def test_pure_modules_touch_nothing_outside(file: str) -> None:
    """A pure module imports only pure modules and harmless ones, and asks no clock, no file, no global chance."""
    assert not list(impurities((ROOT / file).read_text(), file.split("/", maxsplit=1)[0]))


def test_what_is_excepted_in_modules_that_pure_ones_share_is_there() -> None:
    """Each function with I/O that `PURE_ENOUGH` names exists: a renamed one would be let through."""
    for module, functions in PURE_ENOUGH.items():
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
        assert functions <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_file_is_too_long_to_read_in_one_go() -> None:
    """A file has 500 lines at most, a body of a function 60."""
    long_files = [_name(file) for file in _files() if len(file.read_text().splitlines()) > LONGEST_FILE]
    long_functions = [
        f"{_name(file)}: {name} has {length} lines"
        for file in _files()
        for name, length in lengths(file.read_text())
        if length > LONGEST_FUNCTION
    ]
    assert not long_files
    assert not long_functions


def test_no_test_pretends() -> None:
    """Tests talk to real servers and say what they lack: no mocks, no silent skips."""
    wrong = [
        f"{_name(file)}:{imported.line} imports {imported.module}"
        for file in _files("tests")
        for imported in imports_of(file.read_text(), _package(file))
        if "mock" in imported.module or imported.name == "mock"
    ]
    silent = [
        f"{_name(file)}:{node.lineno} importorskip"
        for file in _files("tests")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and _called(node) == "importorskip"
    ]
    assert not wrong
    assert not silent


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import stream.worker", "stream.worker"),
        ("from stream import worker", "stream"),
        ("def f():\n    from stream.app import run", "stream.app"),
        ("if True:\n    import stream.app as other", "stream.app"),
        ("import importlib\nimportlib.import_module('stream.app')", "stream.app"),
        ("from . import bridge", "sensors"),
        ("from .bridge import run", "sensors.bridge"),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, expected: str) -> None:
    """The finder sees imports at the top, inside functions, relative ones, and those by name."""
    assert expected in {imported.module for imported in imports_of(source, "sensors")}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "import asyncio",
        "import socket",
        "import logging",
        "from pathlib import Path",
        "import urllib.request",
        "import psycopg",
        "def f():\n    import kafka",
        "from random import random",
        "import random",
        "from sensors.layout import load",
        "from sensors import bridge",
        "from datetime import datetime\ndatetime.now()",
        "import uuid\nuuid.uuid4()",
        "open('file')",
    ],
)
def test_impurities_are_found(source: str) -> None:
    """The judge of purity knows what touches the world."""
    assert list(impurities(source, "sensors"))


@pytest.mark.parametrize(
    "source",
    [
        "from random import Random",
        "import msgspec.json",
        "from urllib.parse import urlsplit",
        "from sensors import event_time",
        "from sensors.layout import Layout",
    ],
)
def test_what_is_pure_passes(source: str) -> None:
    """The judge of purity lets a seeded generator, pure neighbours and types pass."""
    assert not list(impurities(source, "sensors"))


def test_lengths_leave_out_docstrings() -> None:
    """The body of a function counts from its first statement to its last line; a docstring is no code."""
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    x = 1\n    return x\n'
    assert dict(lengths(source)) == {"f": 2}


def test_the_finder_knows_the_standard_library_names_it_allows() -> None:
    """Each harmless module exists: a misspelt one would allow nothing and be noticed by nobody."""
    assert {name.split(".")[0] for name in HARMLESS} - {"msgspec"} <= set(sys.stdlib_module_names)


def test_the_command_starts_without_what_its_commands_need() -> None:
    """`--help` and a wrong setting answer at once."""
    heavy = {"dash", "faust", "kafka", "numpy", "paho", "pandas", "psycopg", "pyarrow"}
    look = f"import instore, sys; print(sorted({heavy} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
