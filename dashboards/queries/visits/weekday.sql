-- A day is 24 hours of the period that fall on it: where it begins and ends in the middle of a Friday, both parts are one.
WITH hours AS (
    SELECT
        extract(ISODOW FROM hour AT TIME ZONE timezone)::integer AS weekday,
        hour >= $__timeFrom()::timestamptz AS is_now,
        entered
    FROM instore.stores
    CROSS JOIN generate_series(
        date_trunc('hour', $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz), timezone),
        $__timeTo()::timestamptz - interval '1 second',
        interval '1 hour'
    ) AS hour
    LEFT JOIN instore.footfall_hour
        ON footfall_hour.store_id = ${store:sqlstring}
        AND bucket = hour
        AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
    WHERE
        stores.store_id = ${store:sqlstring}
        AND hour >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
)

SELECT
    (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[weekday] AS "Weekday",
    24.0 * sum(entered) FILTER (WHERE is_now) / nullif(count(*) FILTER (WHERE is_now), 0) AS "Visits a day",
    24.0 * sum(entered) FILTER (WHERE NOT is_now) / nullif(count(*) FILTER (WHERE NOT is_now), 0) AS "In the period before"
FROM hours
GROUP BY weekday
HAVING sum(entered) > 0
ORDER BY weekday
