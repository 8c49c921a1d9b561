"""`make chaos`: everything that lasts too long for `make test`. What it prints is Markdown, for docs/reliability.md.

All of it takes about an hour; a part, or one round again by its seed:

    python -m tests.chaos rounds --rounds 20 --seed 1
    python -m tests.chaos rounds --rounds 1 --seed 7
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.chaos import broker, kafka_away, rounds, workers
from tests.chaos.busy import FAULTS, Busy, busy_hours
from tests.chaos.left import Left
from tests.chaos.stage import undisturbed
from tests.e2e.processes import surroundings

TWO = ("north", "south")
EIGHT = tuple(f"store-{number}" for number in range(1, 9))

ROUND_S = 40.0
"""How long readings are sent in a round."""

AWAY_S = 420.0
"""The same while Kafka is away."""

WORKERS_S = 120.0


def say(*cells: object) -> None:
    """Print a row of a table, at once."""
    click.echo(f"| {' | '.join(map(str, cells))} |")
    sys.stdout.flush()


def head(*cells: str) -> None:
    """Print the head of a table."""
    click.echo()
    say(*cells)
    say(*("---" for _ in cells))


@contextmanager
def simulated(store_ids: tuple[str, ...], hours: float, shoppers: int, *faults: str) -> Iterator[tuple[Busy, Left]]:
    """Have busy hours, and what the run leaves that nobody disturbs."""
    with TemporaryDirectory(prefix="instore-chaos-") as folder, surroundings(Path(folder)) as here:
        busy = busy_hours(here, store_ids, hours, shoppers, *faults)
        expected = undisturbed(busy)
        click.echo(f"\n{len(store_ids)} stores, {hours:g} h of a Saturday; undisturbed: {_size(expected)}")
        yield busy, expected


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Kill everything, again and again, and compare what is left with what nobody disturbed."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], check=False, capture_output=True, text=True).stdout.strip()
    click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}")
    if ctx.invoked_subcommand is None:
        for command in (play, away, share, forget):
            ctx.invoke(command)


@main.command("rounds")
@click.option("--rounds", "n_rounds", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of the first round; the next has the next.")
@click.option("--seconds", default=ROUND_S, show_default=True, help="How long readings are sent in a round.")
def play(n_rounds: int, seed: int, seconds: float) -> None:
    """Kill bridge, worker, Kafka and database, one after another and together; restart mosquitto."""
    with simulated(TWO, 3.0, 300, *FAULTS) as (busy, expected):
        head(
            "seed",
            "hit, seconds after the first reading was stored (readings stored by then)",
            "ended by itself",
            "sent again",
            "s",
            "result",
        )
        failed = [number for number in range(seed, seed + n_rounds) if not _round(number, busy, expected, seconds)]
    click.echo(f"\n{n_rounds - len(failed)} of {n_rounds} rounds equal to the undisturbed run")
    if failed:
        sys.exit(1)


def _round(seed: int, busy: Busy, expected: Left, seconds: float) -> bool:
    try:
        outcome = rounds.play(seed, busy, expected, seconds)
    except AssertionError as wrong:
        say(seed, "", "", "", "", f"**not finished**: {wrong}")
        return False
    hits = "; ".join(map(str, outcome.hits))
    again = outcome.left.duplicate - expected.duplicate
    say(seed, hits, len(outcome.ends.by_themselves), f"{again:,}", f"{outcome.seconds:.0f}", _result(outcome.wrong))
    for sentence in sorted(set(outcome.ends.by_themselves)):
        click.echo(f"    {sentence}", err=True)
    return not outcome.wrong


@main.command("kafka-away")
@click.option("--seconds", default=AWAY_S, show_default=True, help="How long readings are sent.")
def away(seconds: float) -> None:
    """Kafka away for three quarters of that time, and the bridge killed meanwhile."""
    with simulated(("north",), 8.0, 400) as (busy, expected):
        outcome = kafka_away.play(busy, expected, seconds)
    head("Kafka away", "in the spool when it came back", "drained", "result")
    say(
        f"{outcome.away_s:.0f} s", f"{outcome.n_spooled:,} readings, {outcome.spool_bytes:,} bytes", outcome.drained, _result(outcome.wrong)
    )
    _end(outcome.wrong)


@main.command("workers")
@click.option("--seconds", default=WORKERS_S, show_default=True, help="How long readings are sent.")
def share(seconds: float) -> None:
    """One worker, three, two, one; one of two stopped beyond its session timeout, anywhere and in the middle of a transaction."""
    with simulated(EIGHT, 1.0, 150, *FAULTS) as (busy, expected):
        head("steps, at second (readings stored by then; seconds until all partitions were worked on)", "flushes refused", "s", "result")
        stories: tuple[Callable[[], workers.Story], ...] = (
            lambda: workers.come_and_go(busy, expected, seconds),
            lambda: workers.stand_still(busy, expected, seconds, times=3),
            lambda: workers.stand_still(busy, expected, seconds, times=1, in_flush=True),
        )
        _end([sentence for story in stories for sentence in _tell(story())])


@main.command("mosquitto")
def forget() -> None:
    """What mosquitto loses when it is killed, by its settings."""
    head("mosquitto.conf", "lost, the bridge there", "lost, the bridge away for 5 s", "messages a second, the bridge away")
    for said_as, loss in broker.losses():
        reach = f" ({loss.away_s:.1f} s)" if loss.away else ""
        say(said_as, loss.there, f"{loss.away:,}{reach}", f"{loss.rate:,.0f}")


def _tell(story: workers.Story) -> list[str]:
    say("; ".join(map(str, story.steps)), story.fenced, f"{story.seconds:.0f}", _result(story.wrong))
    return story.wrong


def _result(wrong: list[str]) -> str:
    return "**differs**: " + "; ".join(wrong) if wrong else "equal"


def _size(left: Left) -> str:
    return f"{left.size()}, {len(left.visits):,} last words on visits, {len(left.dead_letters):,} dead letters"


def _end(wrong: list[str]) -> None:
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything that was started ends too
    main()
