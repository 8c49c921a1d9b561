"""What is logged, and how: lines for people, or JSON for machines."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Literal

import msgspec

from sensors.reading import rfc3339

Form = Literal["text", "json"]

_CHATTY = ("kafka", "aiokafka", "faust", "mode", "asyncio")
"""We say ourselves what is wrong, and once."""

_OURS = {*logging.makeLogRecord({}).__dict__, "message", "asctime"}
"""What every record has; all else was given as `extra`."""


_UNFIT = (TypeError, ValueError, OverflowError, RecursionError)
"""What encoding raises at halves of characters, numbers beyond 64 bits, keys that are no texts."""


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message, then what was given as `extra`, then `error` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        said = {
            "time": rfc3339(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in _OURS},
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = "".join(traceback.format_exception(*record.exc_info))
        return _line(said)


def configure(form: Form, *, verbose: bool = False) -> None:
    """Have what is logged written to standard error, from now on.

    With `json` every line there is an object: also what Python itself would say of a warning, or of an exception that nobody catches.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.DEBUG if verbose else logging.INFO)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.INFO if verbose else logging.CRITICAL)
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("instore").critical("%s: %s", kind.__name__, error, exc_info=(kind, error, trace), extra={"action": "crashed"})


def _line(said: dict[str, object]) -> str:
    try:
        return msgspec.json.encode(said, enc_hook=str).decode()
    except _UNFIT:
        return msgspec.json.encode({name: _fitting(value) for name, value in said.items()}).decode()


def _fitting(value: object) -> object:
    """Return a value of which JSON can be made: it, or what Python would show of it."""
    try:
        return msgspec.Raw(msgspec.json.encode(value, enc_hook=str))
    except _UNFIT:
        return ascii(value)
