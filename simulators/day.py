"""What the demo tells people: how the pipeline did, what the store's days were like, and where to look further."""

from rich.console import Console
from rich.table import Table

from simulators.stack import Urls
from storage.accounts import Days

TOP_ZONES = 8
BAR = 40

QUERIES = (
    ("Who is in the store now", "SELECT device_id, path FROM instore.visits WHERE ended_by IS NULL AND NOT is_staff AND NOT pass_by;"),
    (
        "Where people spend their time",
        "SELECT zone_id, count(*), sum(dwell_s) / 3600 AS hours FROM instore.stays GROUP BY 1 ORDER BY 3 DESC;",
    ),
    ("Is everything accounted for", "SELECT * FROM instore.accounting_total;"),
)


def print_days(console: Console, days: Days) -> None:
    """Print visits, conversion, the busiest hour, dwell a zone, and the signals by kind, if there are any."""
    summary = days.summary
    share = summary.buyers / summary.visits if summary.visits else 0.0
    console.print(f"\n[bold]{summary.visits} visits[/], {summary.passers_by} passed by, {summary.staff} shifts of staff")
    sales = f"{summary.sales or 0:.2f} {summary.currency or ''}"
    console.print(f"{summary.buyers} bought ([bold]{share:.0%} conversion[/], {sales}), {summary.bounced} bounced")
    if summary.median_s is not None:
        console.print(f"half of the visits were longer than {_span(summary.median_s)}")
    _print_hours(console, days)
    _print_zones(console, days)
    if days.signals:
        console.print("\nsignals: " + ", ".join(f"{count} {kind}" for kind, count in days.signals))


def print_addresses(console: Console, urls: Urls, preview: str) -> None:
    """Print where the dashboards and the servers are, and three queries to begin with."""
    console.print(f"\n[bold]Look at the store[/] in a browser: {preview}", highlight=False)
    console.print("\n[bold]Running here, until Ctrl-C[/]")
    for name, url in urls.settings().items():
        console.print(f"  export {name}='{url}'", highlight=False, markup=False)
    console.print("\n[bold]Look into the database[/] with any client, say")
    console.print(f"  psql '{urls.database}'", highlight=False, markup=False)
    for question, statement in QUERIES:
        console.print(f"  -- {question}", style="dim", highlight=False)
        console.print(f"  {statement}", highlight=False, markup=False)


def _print_hours(console: Console, days: Days) -> None:
    if not days.hours:
        return
    busiest, most = max(days.hours, key=lambda hour: hour[1])
    console.print(f"busiest hour: [bold]{busiest:%A %H}:00 to {(busiest.hour + 1) % 24:02}:00[/], {most} came in\n")
    for hour, visits in days.hours if len(days.hours) <= 24 else ():  # noqa: PLR2004 - a day has so many
        console.print(f"  {hour:%H}:00 {'█' * round(BAR * visits / most)} {visits}", highlight=False)


def _print_zones(console: Console, days: Days) -> None:
    table = Table("zone", "visits", "median stay", "all stays", box=None, pad_edge=False, title=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for zone in days.zones[:TOP_ZONES]:
        table.add_row(zone.zone, str(zone.visits), _span(zone.median_s), f"{zone.hours:.1f} h")
    console.print()
    console.print(table)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
