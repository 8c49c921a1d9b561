"""`instore dashboards`: parses, and publishes, writes or checks."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

Option = Callable[[Callable[..., None]], Callable[..., None]]
Find = Callable[..., dict[str, str]]

FAILED = 1

_source_url = click.option(
    "--grafana-database-url",
    metavar="URL",
    envvar="INSTORE_GRAFANA_DATABASE_URL",
    show_envvar=True,
    help="The database as Grafana reaches it, with a login of the role grafana (`instore grant`).",
)


def group(database_url: Option, data_dir: Option, find: Find) -> click.Group:
    """Make the commands.

    Args:
        database_url: the option that all commands share.
        data_dir: the same.
        find: completes addresses of servers by those of the `instore up` that runs on a data folder.
    """

    @click.group()
    def dashboards() -> None:
        """Dashboards and alerts for Grafana: publish, write as files, check."""

    for command in (_publish(find), _write(find), _check(find)):
        dashboards.add_command(click.command()(database_url(data_dir(command))))
    return dashboards


def _publish(find: Find) -> Callable[..., None]:
    @click.option("--grafana-url", metavar="URL", envvar="INSTORE_GRAFANA_URL", show_envvar=True, help="Grafana, http://host:3000.")
    @click.option("--token", envvar="INSTORE_GRAFANA_TOKEN", show_envvar=True, help="Of a service account with the role Admin.")
    @_source_url
    @click.option(
        "--contact",
        envvar="INSTORE_GRAFANA_CONTACT",
        show_envvar=True,
        help="Whom alerts reach: mail addresses, a webhook.",
    )
    @click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
    @click.option("--prune", is_flag=True, help="Remove the pages of stores that there are no longer.")
    def publish(
        database_url: str | None,
        data_dir: Path,
        grafana_url: str | None,
        token: str | None,
        grafana_database_url: str | None,
        **more: Any,
    ) -> None:
        """Bring folder, data source, dashboards and alert rules into a Grafana; what is as it should be is not touched."""
        from dashboards.alerts import groups
        from dashboards.boards import boards
        from dashboards.publishing import publish
        from dashboards.publishing.grafana import connect
        from dashboards.publishing.source import source
        from storage.errors import SettingError

        if not grafana_url:
            raise SettingError("INSTORE_GRAFANA_URL is not set: set it, or give --grafana-url")
        login = source(grafana_database_url) if grafana_database_url else None
        grafana, place = connect(grafana_url, token)
        plans = _plans(find(data_dir, database=database_url)["database"])
        offer = publish.Offer(boards(plans), groups(), login, more["contact"], more["prune"])
        outcome = publish.look(grafana, place, offer)
        _tell(outcome, more["dry_run"])
        if not more["dry_run"]:
            publish.apply(grafana, place, outcome.changes)

    return publish


def _tell(outcome: Any, dry_run: bool) -> None:
    """Say what changes; in a dry run, how."""
    for change in outcome.changes:
        click.echo(f"{'would ' if dry_run else ''}{change.verb} {change.what}")
        if dry_run:
            click.echo(change.diff())
    if outcome.gone:
        click.echo(f"{len(outcome.gone)} pages of stores that are gone stay: --prune removes {', '.join(outcome.gone)}")
    if not outcome.changes:
        click.echo("nothing to change")


def _write(find: Find) -> Callable[..., None]:
    @click.option(
        "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder, say Grafana's `provisioning`."
    )
    @click.option("--seen-as", type=click.Path(path_type=Path), help="The same folder as Grafana sees it, where that is another path.")
    @_source_url
    def write(database_url: str | None, data_dir: Path, grafana_database_url: str | None, out: Path, seen_as: Path | None) -> None:
        """Write dashboards, data source and alert rules as files for Grafana's provisioning, without the password."""
        from dashboards.alerts import groups
        from dashboards.boards import boards
        from dashboards.publishing import write
        from dashboards.publishing.source import SETTING, source
        from storage.errors import SettingError

        if not grafana_database_url:
            raise SettingError(f"{SETTING} is not set: set it, or give --grafana-database-url; the password is not written")
        found, plans = source(grafana_database_url), _plans(find(data_dir, database=database_url)["database"])
        try:
            files = write.write(out, seen_as or out.absolute(), boards(plans), groups(), found)
        except OSError as wrong:
            raise SettingError(f"--out {out} cannot be written: {wrong.strerror}: {wrong.filename}") from wrong
        click.echo(f"{len(files)} files in {out}" + (f"; Grafana needs {write.PASSWORD}" if found.password is not None else ""))

    return write


def _check(find: Find) -> Callable[..., None]:
    @click.option("--at", metavar="TIME", help="What the dashboards call now: 2026-11-21T12:00Z.  [default: now]")
    @click.option("--all", "everything", is_flag=True, help="Tell of each query, also where it is as it should be.")
    def check(database_url: str | None, data_dir: Path, at: str | None, everything: bool) -> None:
        """Ask every query of every panel, variable and alert, for each store; name what fails, returns nothing, or takes over 200 ms."""
        from dashboards import check, plans
        from dashboards.alerts import groups
        from dashboards.boards import boards
        from dashboards.frames import act_as_reader
        from storage.connect import session

        until = _time(at) if at else datetime.now(UTC)
        console, count, bad = Console(soft_wrap=True), 0, 0
        with session(find(data_dir, database=database_url)["database"], "instore dashboards") as connection:
            made = boards(plans.read(connection))
            act_as_reader(connection)
            for finding in check.check(connection, made, groups(), until):
                count += 1
                bad += finding.problem is not None
                if finding.problem or everything:
                    how = finding.problem or f"{finding.rows} rows in {finding.seconds * 1000:.0f} ms"
                    console.print(f"{finding.where}: {how}", markup=False, highlight=False)
        click.echo(f"{count} queries, {bad} not as they should be")
        sys.exit(FAILED if bad else 0)

    return check


def _plans(url: str) -> Any:
    from dashboards import plans
    from storage.connect import session

    with session(url, "instore dashboards") as connection:
        return plans.read(connection)


def _time(text: str) -> datetime:
    from storage.errors import SettingError

    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise SettingError(f"--at {text} is no time; write 2026-11-21T12:00Z") from wrong
    return at if at.tzinfo else at.replace(tzinfo=UTC)
