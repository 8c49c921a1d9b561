"""Makes the page while days are simulated: nothing of them is kept but counts."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from simulators.report.charts import charts
from simulators.report.measures import Measured
from simulators.report.page import Content, page
from simulators.report.plan import plan
from simulators.report.published import assumed, judge
from simulators.report.radio import Radio
from simulators.report.tally import Tally
from simulators.sensing.faults import Expected
from simulators.shop.floor import floor_of
from simulators.simulate import Day, Options, simulate

NOT_SIMULATED = (
    "Carts and baskets (20 % and 28 % of shoppers, Larsen 2020): people carry what they take.",
    "The 14 kinds of paths of Larson, Bradlow and Fader 2005: people walk a usual round, its reverse, or zigzag; the shares are assumed.",
    "What shoppers value, and what they do for it (simulators.shop.manners): assumed, for no public truth exists.",
    (
        "Two or more gateways that hear one device (Bermuda's constants): readings say in which zone a device is, so the nearest one alone"
        " reports it, as if all had agreed. What each one hears would be a sighting, and nothing makes zones of sightings yet."
    ),
    "Addresses that rotate every 15 minutes: a passer-by has a random one each time, a shopper a band or a tag that lasts.",
)


@dataclass(slots=True)
class Report:
    """A page in the making.

    Attributes:
        wanted: what is simulated.
        found: counted so far.
    """

    wanted: Options
    found: Measured

    @classmethod
    def of(cls, wanted: Options) -> "Report":
        """Begin one.

        Raises:
            SettingError: the layout cannot be simulated.
        """
        floor = floor_of(wanted.layout)
        return cls(wanted, Measured(Tally(floor, wanted.habits), Radio(floor)))

    def watch(self, day: Day) -> Day:
        """Count a day; the readings of the first one too, when they are read."""
        is_first = not self.found.tally.days
        self.found.tally.add(day.window, day.walks)
        return day._replace(arrivals=self.found.radio.listen(day.arrivals)) if is_first else day

    def html(self) -> str:
        """Write the page."""
        layout, tally = self.wanted.layout, self.found.tally
        days = sorted(tally.days)
        about = (
            f"{tally.shoppers:,} visits of shoppers on {len(days)} open days from {days[0]} to {days[-1]}, seed {self.wanted.seed}; the"
            f" people are of the kind “{self.wanted.habits.kind}”. All is told from what they did, not from what sensors saw of it."
            if days
            else "The store was closed all the time: nobody came."
        )
        pictures = [one for one in (plan(tally), *charts(self.found)) if one is not None]
        title = f"{layout.name or layout.store_id}: simulated people against published ones"
        style = (resources.files("simulators.report") / "page.css").read_text(encoding="utf-8")
        return page(Content(title, about, judge(self.found), assumed(self.found), NOT_SIMULATED, pictures), style)


def report_on(wanted: Options, progress: Callable[[float], None] = lambda _: None) -> str:
    """Simulate for the page alone: of the readings only those of the first day are made.

    Args:
        wanted: what to simulate.
        progress: told how many open days are done; of two windows a day, each is its share.

    Raises:
        SettingError: as `simulate`.
    """
    report, done = Report.of(wanted), 0.0
    for day in map(report.watch, simulate(wanted, Expected())):
        if not done:
            deque(day.arrivals, maxlen=0)
        done += day.window.share
        progress(done)
    return report.html()
