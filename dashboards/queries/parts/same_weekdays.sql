-- Today so far (0), and the same weekday of each of the four weeks before, up to the same time of day; midnights are the store's.
stretches AS (
    SELECT
        asked.store_id,
        asked.currency,
        week,
        (date_trunc('day', here.now) - week * interval '7 days') AT TIME ZONE asked.timezone AS since,
        (here.now - week * interval '7 days') AT TIME ZONE asked.timezone AS until
    FROM asked
    CROSS JOIN LATERAL (SELECT $__timeTo()::timestamptz AT TIME ZONE asked.timezone AS now) AS here
    CROSS JOIN generate_series(0, 4) AS week
)
