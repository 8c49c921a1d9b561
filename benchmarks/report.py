"""How figures reach people and machines: lines of JSON or a table on standard output, progress on standard error."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.figure import Figure

FILE_WIDTH = 160
"""Characters in a line where nobody sees a terminal."""


class Report:
    """Where a benchmark says how far it is."""

    def __init__(self, messages: Console) -> None:
        self._messages = messages

    @contextmanager
    def bar(self, what: str, total: float) -> Iterator[Callable[[float], None]]:
        """Show a bar; yields what to call with how much is done."""
        columns = TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
        with Progress(*columns, console=self._messages, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)


def tell(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Print figures: each as soon as it is there, or all in a table."""
    if as_json:
        for figure in figures:
            click.echo(figure.line())
        return
    table = Table("name", box=None, pad_edge=False)
    for column in ("value", "limit", "ratio"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("unit")
    table.add_column("what", overflow="fold")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.name, number(figure.value), number(figure.limit), ratio, figure.unit, figure.about)
    console = Console()
    console.print(table, highlight=False, markup=False, width=console.width if console.is_terminal else FILE_WIDTH)


def number(value: float | None) -> str:
    """Write a number for people: three digits, or all of a whole one."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits
