"""Logs as JSON: each line an object, whatever is logged."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.logs import JsonLines

CRASH = """
import warnings
from sensors.logs import configure
configure("json")
warnings.warn("old ways")
raise ValueError("no way")
"""


def _written(message: object = "said", arguments: tuple[object, ...] = (), **extra: object) -> dict[str, Any]:
    record = logging.getLogger("instore.x").makeRecord("instore.x", logging.WARNING, "f.py", 1, message, arguments, None, extra=extra)
    line = JsonLines().format(record)
    assert "\n" not in line
    written: dict[str, Any] = json.loads(line)
    return written


def test_what_stands_in_a_line() -> None:
    """Time, level, logger and message, then what the call gave as `extra`, with its types."""
    written = _written("%d of %s", (3, "ten"), action="counted", n=3, store="s1")
    assert written.pop("time").endswith("Z")
    assert written == {"level": "warning", "logger": "instore.x", "message": "3 of ten", "action": "counted", "n": 3, "store": "s1"}


def test_an_exception_is_part_of_its_line() -> None:
    """The traceback is a text in the same object."""
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        record = logging.makeLogRecord({"msg": "bad", "exc_info": sys.exc_info()})
    written = json.loads(JsonLines().format(record))
    assert written["error"].startswith("Traceback")
    assert written["error"].endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("value", [object(), {1, 2}, b"\xff", float("nan"), 1 << 80, "half \ud800", {("a", "b"): 1}, [1, [2, {3}]]])
def test_any_extra_can_be_written(value: object) -> None:
    """What JSON does not know is written as text; nothing keeps a line from being logged."""
    assert _written(thing=value)["message"] == "said"


@given(st.text())
def test_any_message_is_one_line(text: str) -> None:
    """Line breaks, quotes and half characters in what devices send break no line."""
    assert _written("%s", (text,))["message"] == text


def test_half_a_character_is_shown() -> None:
    """What cannot be written in UTF-8 is written as Python would show it."""
    assert _written("\ud800")["message"] == "'\\ud800'"


def test_what_nobody_catches_is_an_object_too() -> None:
    """A warning of Python's and a crash: standard error has objects only."""
    ended = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, check=False, text=True)
    assert ended.returncode == 1
    warned, crashed = map(json.loads, ended.stderr.splitlines())
    assert (warned["logger"], warned["level"]) == ("py.warnings", "warning")
    assert (crashed["level"], crashed["action"], crashed["message"]) == ("critical", "crashed", "ValueError: no way")
    assert "Traceback" in crashed["error"]
