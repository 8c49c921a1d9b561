"""Runs the notebooks of docs/notebooks as Jupyter would, without Jupyter: plain Python, cell by cell, figures as pictures.

`.venv/bin/python -m tests.dashboards.notebook` runs them on the shop of `tests.dashboards.shop` and keeps what they show; a test runs them
again and fails where something else is shown.
"""

import ast
import base64
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import BytesIO, StringIO
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import msgspec
import numpy as np
import pandas as pd
from matplotlib import image
from matplotlib import pyplot as plt

from storage.migrate import migrate
from storage.postgres import postgres
from tests.dashboards.shop import fill, story
from tests.databases import Database
from tests.storage.logins import member

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"

DPI = 80

Cell = dict[str, Any]
Output = dict[str, Any]


def load(file: Path) -> list[Cell]:
    """Read the cells of a notebook."""
    cells: list[Cell] = msgspec.json.decode(file.read_bytes())["cells"]
    return cells


def run(cells: list[Cell], url: str) -> tuple[list[list[Output]], dict[str, Any]]:
    """Run all code of a notebook.

    Args:
        cells: the notebook.
        url: what it finds in INSTORE_DATABASE_URL.

    Returns:
        What each cell of code shows, and what the names in it stand for in the end.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with _surroundings(url):
        return [list(_outputs(_source(cell), namespace)) for cell in cells if cell["cell_type"] == "code"], namespace


def keep(file: Path, url: str) -> None:
    """Run a notebook, and write down what it shows."""
    whole = msgspec.json.decode(file.read_bytes())
    code = [cell for cell in whole["cells"] if cell["cell_type"] == "code"]
    shown, _ = run(whole["cells"], url)
    for number, (cell, outputs) in enumerate(zip(code, shown, strict=True), 1):
        cell |= {"execution_count": number, "outputs": [_numbered(output, number) for output in outputs]}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")


def differences(kept: list[Output], shown: list[Output]) -> Iterator[str]:
    """Say where a cell shows something else than what was kept; pictures may differ by what another processor makes of a curve."""
    if len(kept) != len(shown):
        yield f"{len(shown)} outputs instead of {len(kept)}"
        return
    for before, now in zip(kept, shown, strict=True):
        for kind in sorted(_data(before).keys() | _data(now).keys()):
            one, other = _data(before).get(kind), _data(now).get(kind)
            if kind == "image/png" and one and other:
                share = _changed(one, other)
                if share > 0.001:
                    yield f"a picture differs in {share:.1%} of its points"
            elif one != other:
                yield f"{kind}: {other!r} instead of {one!r}"


def picture(output: Output) -> bytes:
    """The PNG of an output."""
    return base64.b64decode(_data(output)["image/png"])


@contextmanager
def _surroundings(url: str) -> Iterator[None]:
    """What Jupyter does: figures are kept until the end of a cell, and there is an address of a database."""
    before = environ.get("INSTORE_DATABASE_URL")
    environ["INSTORE_DATABASE_URL"] = url
    try:
        with warnings.catch_warnings(), mpl.rc_context({"figure.dpi": DPI}), pd.option_context("display.width", 120):
            warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
            plt.switch_backend("agg")
            yield
    finally:
        plt.close("all")
        del environ["INSTORE_DATABASE_URL"]
        if before is not None:
            environ["INSTORE_DATABASE_URL"] = before


def _outputs(source: str, namespace: dict[str, Any]) -> Iterator[Output]:
    """Run a cell; gives what it prints, its figures, and its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";") else None
    printed, value = StringIO(), None
    with redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), namespace)  # noqa: S102  # that is what a notebook is for
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)  # noqa: S307  # same
    if printed.getvalue():
        yield {"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())}
    for number in plt.get_fignums():
        yield {"output_type": "display_data", "metadata": {}, "data": _figure(plt.figure(number))}
    plt.close("all")
    if value is not None:
        yield {"output_type": "execute_result", "metadata": {}, "data": _shown(value)}


def _figure(figure: Any) -> dict[str, Any]:
    png = BytesIO()
    figure.savefig(png, format="png", bbox_inches="tight", metadata={"Software": None})
    return {"image/png": base64.b64encode(png.getvalue()).decode() + "\n", "text/plain": [repr(figure)]}


def _shown(value: object) -> dict[str, Any]:
    data: dict[str, Any] = {"text/plain": _lines(repr(value))}
    if isinstance(value, pd.DataFrame):
        data["text/html"] = _lines(value.to_html(border=0))
    return data


def _numbered(output: Output, number: int) -> Output:
    return output | {"execution_count": number} if output["output_type"] == "execute_result" else output


def _data(output: Output) -> dict[str, Any]:
    data: dict[str, Any] = output.get("data", {"text": output.get("text")})
    return data


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _changed(one: str, other: str) -> float:
    """Which share of the points of two pictures differs."""
    before, now = (image.imread(BytesIO(base64.b64decode(png))) for png in (one, other))
    return 1.0 if before.shape != now.shape else float((np.abs(before - now).max(axis=2) > 0.1).mean())


def main() -> None:
    """Keep what all notebooks show."""
    with TemporaryDirectory() as folder, postgres(Path(folder)) as url:
        migrate(url)
        fill(Database(url, "plain"), story())
        with member(url, "analyst") as mine:
            for file in sorted(FOLDER.glob("*.ipynb")):
                keep(file, mine)
                sys.stderr.write(f"wrote {file}\n")


if __name__ == "__main__":
    main()
