"""The text side of a layout: YAML or JSON whose every value knows its line.

A layout is written by people, so all that is wrong with it is told at once, each with its line and with what to do. YAML's guesses
are not followed: where a text is wanted, what YAML 1.1 would turn into a number, a date or a truth value is refused with the advice to
quote it, and a price is read from its own digits and never becomes a float. JSON is read by the same way in, being YAML for all
that matters here (`_as_yaml` evens out the rest).

`Table` wraps one mapping of the file and reads its fields one by one. A field that is wrong is noted in the `Report`, and a harmless value
stands in for it, so that reading goes on; whoever reads the file calls `Report.finish` at the end.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

import yaml

from sensors.reading import MAX_MONEY, MAX_TEXT, MONEY_DECIMALS

MAX_WHOLE = 2_147_483_647
"""The largest `integer` of PostgreSQL."""

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_MONEY = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAG = "tag:yaml.org,2002:"
_READ_AS = {"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a date", "null": "nothing"}

T = TypeVar("T")


class Problem(NamedTuple):
    """One thing that is wrong: its line, counted from 1, and a sentence that says what it is and what to do."""

    line: int
    text: str


class LayoutError(ValueError):
    """A layout that cannot be used. `problems` holds all that is wrong with it, by line; the message has a line for each."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{source}:{problem.line}: {problem.text}" for problem in self.problems))


class Report:
    """Collects what is wrong with one file."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    def add(self, line: int, text: str) -> None:
        """Note a problem."""
        self._problems.append(Problem(line, text))

    def finish(self) -> None:
        """Raise all that was noted.

        Raises:
            LayoutError: something was.
        """
        if self._problems:
            raise LayoutError(self._source, self._problems)


def line_of(node: yaml.Node) -> int:
    """Say on which line a node begins, counted from 1."""
    return int(node.start_mark.line) + 1


def compose(text: str, source: str) -> yaml.MappingNode:
    """Read the text into nodes that know their lines.

    Raises:
        LayoutError: it is neither YAML nor JSON, or holds something else than one mapping.
    """
    try:
        root = yaml.compose(_as_yaml(text), Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        what = f"the character {chr(error.character)!a} cannot stand in a layout: remove it"
        raise LayoutError(source, [Problem(at, what)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is neither YAML nor JSON: {error.problem or error.context}"
        raise LayoutError(source, [Problem(mark.line + 1 if mark else 1, what)]) from None
    except RecursionError:
        raise LayoutError(source, [Problem(1, "the lists and mappings are nested too deeply: a layout needs five levels")]) from None
    if not isinstance(root, yaml.MappingNode):
        found = "the file is empty" if root is None else f"the file holds {_shown(root)}"
        raise LayoutError(source, [Problem(1 if root is None else line_of(root), f"{found}: begin with `store_id: ...`")])
    return root


def _as_yaml(text: str) -> str:
    """Make JSON readable as YAML: PyYAML refuses tabs between values, and JSON strings cannot hold a bare tab."""
    if "\t" not in text:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _shown(node: yaml.Node) -> str:
    """Name a value in a message."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if node.tag == f"{_TAG}null":
        return "nothing"
    return f"`{node.value}`" if _is_plain(node) else f'the text "{node.value}"'


def _is_plain(node: yaml.Node) -> bool:
    """Whether it is a scalar that was written without quotes."""
    return isinstance(node, yaml.ScalarNode) and node.style is None


def _is_null(node: yaml.Node) -> bool:
    return _is_plain(node) and node.tag == f"{_TAG}null"


def _text(node: yaml.Node) -> tuple[str, str | None]:
    """Read a text: the text and None, or an empty text and what is wrong."""
    if not isinstance(node, yaml.ScalarNode):
        return "", f"must be a text, not {_shown(node)}"
    if _is_plain(node) and node.tag != f"{_TAG}str":
        as_what = _READ_AS.get(node.tag.removeprefix(_TAG), "something else than a text")
        return "", f'is {as_what} to YAML, not a text: quote it, "{node.value}"'
    try:
        # JSON writes a character beyond U+FFFF as two halves, and PyYAML leaves them so.
        text = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        text = "\0"
    return ("", "holds a character that no database can store: remove it") if "\0" in text else (text, None)


def _identifier(node: yaml.Node) -> tuple[str, str | None]:
    """Read a text of 1 to 256 characters."""
    text, wrong = _text(node)
    if wrong is None and not 1 <= len(text) <= MAX_TEXT:
        return "", f"must have 1 to {MAX_TEXT} characters, not {len(text)}"
    return text, wrong


def _number(node: yaml.Node) -> tuple[float, str | None]:
    """Read a finite number; not a number at all where it is wrong."""
    if not _is_plain(node) or not _NUMBER.fullmatch(node.value):
        return math.nan, _no_number("a number", node)
    value = float(node.value)
    return (value, None) if math.isfinite(value) else (math.nan, f"is too large a number: {node.value}")


def _whole(node: yaml.Node) -> tuple[int, str | None]:
    """Read a whole number from 1 to `MAX_WHOLE`."""
    if not _is_plain(node) or not _WHOLE.fullmatch(node.value):
        return 0, _no_number("a whole number", node)
    if len(node.value) > len(str(MAX_WHOLE)) + 1 or not 1 <= int(node.value) <= MAX_WHOLE:
        return 0, f"must be from 1 to {MAX_WHOLE}, not {node.value}: leave it out where it is not known"
    return int(node.value), None


def _money(node: yaml.Node) -> tuple[Decimal | None, str | None]:
    """Read a price, exactly as it is written, with or without quotes."""
    if not isinstance(node, yaml.ScalarNode) or not _MONEY.fullmatch(node.value):
        return None, f"{_no_number('an amount', node)}; write it like 1.19"
    value = Decimal(node.value)
    exponent = value.as_tuple().exponent
    if not 0 <= value < MAX_MONEY or (isinstance(exponent, int) and exponent < -MONEY_DECIMALS):
        return None, f"must be from 0 to below 1e12 with at most {MONEY_DECIMALS} decimals, not {node.value}"
    return value, None


def _no_number(wanted: str, node: yaml.Node) -> str:
    """Say why a value is no number, and what to do."""
    if not isinstance(node, yaml.ScalarNode):
        return f"must be {wanted}, not {_shown(node)}"
    if not _is_plain(node) and _NUMBER.fullmatch(node.value):
        return f"must be {wanted}, not a text: remove the quotes from {node.value}"
    if re.fullmatch(r"[-+]?0[0-9_.]+", node.value):
        return f"must be {wanted}: `{node.value}` is octal to some and decimal to others, so write it without leading zeros"
    return f"must be {wanted} in decimal digits, not {_shown(node)}"


def _flag(node: yaml.Node) -> tuple[bool, str | None]:
    """Read true or false, in YAML 1.2's spelling: `no` and `on` are words."""
    if _is_plain(node) and node.value in _TRUTH:
        return _TRUTH[node.value], None
    return False, f"must be true or false, not {_shown(node)}"


def _scalar(node: yaml.Node) -> tuple[bool | float | str | None, str | None]:
    """Read whatever one value can be: true or false, a number, or a text; None where it is wrong."""
    if not _is_plain(node):
        read: tuple[bool | float | str, str | None] = _text(node)
    elif node.tag == f"{_TAG}bool":
        read = _flag(node)
    elif _WHOLE.fullmatch(node.value) and len(node.value) <= MAX_TEXT:
        read = int(node.value), None
    elif _NUMBER.fullmatch(node.value) or node.tag in {f"{_TAG}int", f"{_TAG}float"}:
        read = _number(node)
    else:
        read = _text(node)
    return read if read[1] is None else (None, read[1])


class Table:
    """One mapping of the file, whose fields are read by name.

    A null is as good as a field left out. `what` names the thing in messages: `zone 'dairy'`.
    """

    def __init__(self, node: yaml.MappingNode, report: Report, what: str, fields: Sequence[str] | None) -> None:
        self.node = node
        self.what = what
        self.report = report
        self._nodes: dict[str, yaml.Node] = {}
        self._keys: dict[str, int] = {}
        for key, value in node.value:
            self._take(key, value, fields)

    def _take(self, key: yaml.Node, value: yaml.Node, fields: Sequence[str] | None) -> None:
        name, wrong = _identifier(key)
        if wrong is not None:
            self.note(key, f"a field's name {wrong}")
        elif fields is not None and name not in fields:
            near = get_close_matches(name, fields, n=1)
            advice = f"did you mean `{near[0]}`?" if near else f"the fields are {', '.join(fields)}"
            self.note(key, f"`{name}` is no field here: {advice}")
        elif name in self._keys:
            self.note(key, f"`{name}` is given twice, in line {self._keys[name]} and here: remove one")
        else:
            self._keys[name] = line_of(key)
            self._nodes[name] = value

    def note(self, where: yaml.Node | str, text: str) -> None:
        """Note a problem at a node, or at a field's value (where the field is missing, at the beginning of the mapping)."""
        self.report.add(self.line(where) if isinstance(where, str) else line_of(where), f"{self.what}: {text}")

    def line(self, name: str) -> int:
        """Say on which line a field's value begins; where the field is missing, the mapping."""
        return line_of(self._nodes.get(name, self.node))

    def names(self) -> list[str]:
        """List the fields that are there, in the file's order, nulls too."""
        return list(self._nodes)

    def null(self, name: str) -> bool:
        """Whether the field is there and null."""
        return name in self._nodes and _is_null(self._nodes[name])

    def _read(self, name: str, read: tuple[T, str | None], at: yaml.Node) -> T:
        value, wrong = read
        if wrong is not None:
            self.note(at, f"`{name}` {wrong}")
        return value

    def _get(self, name: str) -> yaml.Node | None:
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else node

    def identifier(self, name: str) -> str:
        """Read an identifier that must be there; empty where it is wrong."""
        node = self._get(name)
        if node is None:
            self.note(name, f"`{name}` is missing: add it")
            return ""
        return self._read(name, _identifier(node), node)

    def unique(self, name: str, seen: dict[str, int]) -> str:
        """Read an identifier that must be there, and be new; `seen` holds the earlier ones with their lines, and gets it."""
        value = self.identifier(name)
        if value in seen:
            self.note(name, f"`{name}` is already given in line {seen[value]}: each may stand once, so rename or remove one")
        elif value:
            seen[value] = line_of(self._nodes[name])
        return value

    def optional_identifier(self, name: str) -> str | None:
        """Read an identifier that may be missing; None too where it is wrong."""
        node = self._get(name)
        return None if node is None else self._read(name, _identifier(node), node) or None

    def text(self, name: str, default: str = "") -> str:
        """Read a text of any length."""
        node = self._get(name)
        return default if node is None else self._read(name, _text(node), node)

    def number(self, name: str) -> float | None:
        """Read a number."""
        node = self._get(name)
        return None if node is None else self._read(name, _number(node), node)

    def whole(self, name: str) -> int | None:
        """Read a whole number from 1."""
        node = self._get(name)
        return None if node is None else self._read(name, _whole(node), node)

    def money(self, name: str) -> Decimal | None:
        """Read an amount of money."""
        node = self._get(name)
        return None if node is None else self._read(name, _money(node), node)

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        node = self._get(name)
        return default if node is None else self._read(name, _flag(node), node)

    def scalar(self, name: str) -> bool | float | str | None:
        """Read a field that is there as whatever it is: a truth value, a number or a text; None where it is wrong."""
        return self._read(name, _scalar(self._nodes[name]), self._nodes[name])

    def choice(self, name: str, options: Sequence[T], default: T) -> T:
        """Read one of a few words."""
        node = self._get(name)
        if node is None:
            return default
        value = node.value if isinstance(node, yaml.ScalarNode) else None
        if value not in options:
            self.note(node, f"`{name}` must be one of {', '.join(map(str, options))}, not {_shown(node)}")
            return default
        return options[options.index(value)]

    def items(self, name: str) -> Sequence[yaml.Node]:
        """Read a list, as nodes; empty where it is missing."""
        node = self._get(name)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, f"`{name}` must be a list, not {_shown(node)}")
            return ()
        return list(node.value)

    def identifiers(self, name: str) -> Iterator[str]:
        """Read a list of identifiers."""
        for number, node in enumerate(self.items(name), start=1):
            yield self._read(f"{name}, number {number}", _identifier(node), node)

    def points(self, name: str) -> list[tuple[float, float]]:
        """Read a list of pairs of numbers; empty where one is wrong."""
        points = []
        for number, node in enumerate(self.items(name), start=1):
            pair = node.value if isinstance(node, yaml.SequenceNode) else []
            if len(pair) != len("xy"):
                self.note(node, f"`{name}`, number {number} must be a pair [x, y] in metres, not {_shown(node)}")
                pair = []
            points.append([self._read(f"{name}, number {number}", _number(value), value) for value in pair])
        right = [(point[0], point[1]) for point in points if point and all(map(math.isfinite, point))]
        return right if len(right) == len(points) else []

    def table(self, name: str, fields: Sequence[str] | None) -> "Table | None":
        """Read a mapping inside this one."""
        node = self._get(name)
        if node is not None and not isinstance(node, yaml.MappingNode):
            self.note(node, f"`{name}` must be a mapping, not {_shown(node)}")
            return None
        return None if node is None else Table(node, self.report, name, fields)

    def tables(self, name: str, noun: str, id_field: str, fields: Sequence[str]) -> Iterator["Table"]:
        """Read a list of mappings, each named in messages by its identifier, or its number where it has none."""
        for number, node in enumerate(self.items(name), start=1):
            if not isinstance(node, yaml.MappingNode):
                self.note(node, f"number {number} of `{name}` must be a mapping with {', '.join(fields)}, not {_shown(node)}")
                continue
            named = [value.value for key, value in node.value if key.value == id_field and isinstance(value, yaml.ScalarNode)]
            label = f"'{named[0]}'" if named and named[0] else f"number {number}"
            yield Table(node, self.report, f"{noun} {label}", fields)
