"""The page: the table of figures, the pictures, and what is only assumed. One file of HTML, which asks for nothing from elsewhere. Pure."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from simulators.report.claims import Assumption, Claim, Row
from simulators.report.picture import Picture

_COLUMNS = (
    *(("Figure", ""), ("Published", ""), ("Within", "number"), ("Simulated", "number")),
    *(("Difference", "number"), ("Verdict", ""), ("Source", "")),
)
_ASSUMED = (("Figure", ""), ("Simulated", "number"))


class Content(NamedTuple):
    """What stands on the page.

    Attributes:
        title: of what store.
        about: what was simulated, in a sentence.
        rows: published figures, with what was simulated.
        assumptions: figures without a source.
        not_simulated: sentences about what is not there at all.
        pictures: the charts, in order; the first is as wide as the page.
    """

    title: str
    about: str
    rows: Sequence[Row]
    assumptions: Sequence[tuple[Assumption, float | None]]
    not_simulated: Sequence[str]
    pictures: Sequence[Picture]


def page(of: Content, style: str) -> str:
    """Write the page, in this style (CSS)."""
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
    parts = [
        f'<!doctype html><html lang="en"><head>{meta}<title>{escape(of.title)}</title><style>\n{style}</style></head><body>',
        f"<h1>{escape(of.title)}</h1><p>{escape(of.about)}</p><h2>Simulated and published</h2>",
        f'<p id="count"><strong>{_count(of.rows)}.</strong> Tolerances are ours; the difference is simulated less published.</p>',
        f'<div class="scroll"><table id="figures">{_heads(_COLUMNS)}<tbody>',
        *map(_row, of.rows),
        "</tbody></table></div><h2>Assumed</h2>",
        "<p>Of these we know nothing published for this kind of store, so they are compared with nothing.</p>",
        f'<table id="assumed">{_heads(_ASSUMED)}<tbody>',
        *(f'<tr><td>{escape(one.name)}</td><td class="number">{shown(value, one.unit)}</td></tr>' for one, value in of.assumptions),
        "</tbody></table><h2>Not simulated</h2><ul>",
        *(f"<li>{escape(one)}</li>" for one in of.not_simulated),
        '</ul><h2>Pictures</h2><div class="pictures">',
        *(_figure(one, wide=not number) for number, one in enumerate(of.pictures)),
        "</div></body></html>\n",
    ]
    return "\n".join(parts)


def _count(rows: Sequence[Row]) -> str:
    """How many figures are as they should be."""
    count = {verdict: sum(row.verdict == verdict for row in rows) for verdict in ("within", "outside", "not known")}
    told = f"{count['within']} of {len(rows)} published figures are within tolerance, {count['outside']} outside"
    return told + (f", {count['not known']} not known from so little" if count["not known"] else "")


def _heads(columns: Sequence[tuple[str, str]]) -> str:
    cells = (f'<th class="{style}">{name}</th>' if style else f"<th>{name}</th>" for name, style in columns)
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _row(row: Row) -> str:
    claim = row.claim
    note = f"<small>{escape(claim.note)}</small>" if claim.note else ""
    off = "" if row.value is None else shown(row.value - claim.figure, claim.unit, sign=True)
    cells = (
        f"<td>{escape(claim.name)}{note}</td>",
        f"<td>{escape(claim.said)}</td>",
        f'<td class="number">{_limits(claim)}</td>',
        f'<td class="number">{shown(row.value, claim.unit)}</td>',
        f'<td class="number">{off}</td>',
        f'<td class="{row.verdict.replace(" ", "-")}">{row.verdict}</td>',
        f"<td>{escape(claim.source)}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


_NO_MORE = 50.0
"""A limit beyond this is none; shares are far below."""


def _limits(claim: Claim) -> str:
    low, high = claim.limits
    if claim.unit == "" and high > _NO_MORE:
        return f"from {shown(low, '')}"
    return shown(low, claim.unit) if low == high else f"{shown(low, claim.unit, bare=True)} to {shown(high, claim.unit)}"


def shown(value: float | None, unit: str, *, sign: bool = False, bare: bool = False) -> str:
    """A figure as people write it; `bare` without its unit."""
    if value is None:
        return "not known"
    number = value * 100 if unit == "%" else value
    digits = 2 if unit in {"x", "", "dB", "h"} and abs(number) < 100 else 1 if abs(number) < 100 else 0  # noqa: PLR2004 - three digits
    said = f"{number:{'+' if sign else ''},.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return said if bare or not unit or unit == "x" else f"{said} {unit if not sign or unit != '%' else 'points'}"


def _figure(picture: Picture, *, wide: bool) -> str:
    named = f'<p class="source">{escape(picture.source)}</p>' if picture.source else ""
    return (
        f"<figure{' class=wide' if wide else ''}><h3>{escape(picture.title)}</h3>{picture.drawn}"
        f'<figcaption><p class="about">{escape(picture.about)}</p>{named}</figcaption></figure>'
    )
