-- Hours in which nobody was there have a row too: a line would be drawn across the night.
WITH stays AS (
    SELECT
        bucket,
        instore.sum(dwell_histogram) AS dwell_histogram
    FROM instore.zone_hour
    WHERE
        store_id = ${store:sqlstring}
        AND zone_id = ANY(ARRAY[${zone:sqlstring}]::text[])
        AND zone_id NOT IN (SELECT zone_id FROM instore.zones WHERE store_id = ${store:sqlstring} AND type IN ('outside', 'staff'))
        AND bucket >= $__timeFrom()::timestamptz
        AND bucket < $__timeTo()::timestamptz
    GROUP BY bucket
)

SELECT
    hour AS time,
    instore.percentile(dwell_histogram, 0.5) AS "Median",
    instore.percentile(dwell_histogram, 0.9) AS "90th percentile"
FROM instore.stores
CROSS JOIN generate_series(
    date_trunc('hour', $__timeFrom()::timestamptz, timezone), $__timeTo()::timestamptz - interval '1 second', interval '1 hour'
) AS hour
LEFT JOIN stays ON bucket = hour
WHERE store_id = ${store:sqlstring}
ORDER BY hour
