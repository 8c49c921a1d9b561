"""The measures by the names that published.yaml and assumed.yaml use. Pure."""

from collections.abc import Callable

from simulators.report.measures import (
    MINUTE_S,
    SUPERMARKET_FIT,
    Measured,
    came_again,
    farthest,
    hour_share,
    impatient,
    mean,
    median,
    minutes,
    most_frequent,
    of_largest,
    ratio,
    share,
    shoppers_a_day,
    visits_a_week,
    weekday_factor,
    weekend_share,
)

Measure = Callable[[Measured, float], float | None]
"""What was simulated, and the `of` of the file, to a figure; None where too little was simulated."""

MEASURES: dict[str, Measure] = {
    "trips_under_min": lambda found, of: share(found.tally.length_s, of * MINUTE_S),
    "median_trip_min": lambda found, _: minutes(median(found.tally.length_s)),
    "mean_trip_min": lambda found, _: minutes(mean(found.tally.length_s)),
    "mean_trip_h": lambda found, _: minutes(minutes(mean(found.tally.length_s))),
    "gap_to_supermarket_fit": lambda found, _: farthest(found.tally, *SUPERMARKET_FIT),
    "most_frequent_basket": lambda found, _: most_frequent(found.tally.units),
    "baskets_up_to": lambda found, of: share(found.tally.units, of + 1),
    "units_of_largest": lambda found, of: of_largest(found.tally.units, of),
    "mean_basket": lambda found, _: mean(found.tally.units),
    "conversion": lambda found, _: ratio(found.tally.buyers, found.tally.parties),
    "conversion_of_heads": lambda found, _: ratio(found.tally.buyers, found.tally.shoppers),
    "mean_party": lambda found, _: ratio(found.tally.shoppers, found.tally.parties),
    "capture": lambda found, _: ratio(found.tally.shoppers, found.tally.shoppers + found.tally.passers_by),
    "shoppers_a_day": lambda found, _: shoppers_a_day(found.tally),
    "weekday_factor": lambda found, of: weekday_factor(found.tally, round(of)),
    "weekend_share": lambda found, _: weekend_share(found.tally),
    "hour_share": lambda found, of: hour_share(found.tally.hours, round(of)),
    "weekend_hour_share": lambda found, of: hour_share(found.tally.weekend_hours, round(of)),
    "mean_wait_min": lambda found, _: minutes(mean(found.tally.wait_s)),
    "impatient": lambda found, of: impatient(found.tally.habits, of),
    "gave_up": lambda found, _: ratio(found.tally.quitters, found.tally.quitters + found.tally.buyers),
    "reach_under": lambda found, of: share(found.tally.reach, of),
    "zone_reach_under": lambda found, of: share(found.tally.zone_reach, of),
    "shelf_reach_under": lambda found, of: share(found.tally.shelf_reach, of),
    "looks": lambda found, _: ratio(found.tally.view_s.total(), found.tally.shoppers),
    "median_look_s": lambda found, _: median(found.tally.view_s),
    "put_back": lambda found, _: ratio(found.tally.actions["putback"], found.tally.actions["pickup"]),
    "visits_a_week": lambda found, _: visits_a_week(found.tally),
    "came_again": lambda found, _: came_again(found.tally),
    "sigma_db": lambda found, _: found.radio.sigma_db(),
    "exponent": lambda found, _: found.radio.exponent(),
}
