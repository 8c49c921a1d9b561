-- The period before is moved onto this one by whole hours or days of the store's clock.
WITH period AS (
    SELECT
        timezone,
        $__timeFrom()::timestamptz AS since,
        $__timeTo()::timestamptz AS until,
        ceil(
            extract(EPOCH FROM $__timeTo()::timestamptz - $__timeFrom()::timestamptz) / extract(EPOCH FROM '1 ${by:raw}'::interval)
        ) * '1 ${by:raw}'::interval AS length
    FROM instore.stores
    WHERE store_id = ${store:sqlstring}
),

counted AS (
    SELECT
        bucket,
        entered,
        converted,
        0 AS before
    FROM instore.footfall_${by:raw}
    WHERE store_id = ${store:sqlstring} AND bucket >= date_trunc('${by:raw}', $__timeFrom()::timestamptz, (SELECT timezone FROM period)) AND bucket < $__timeTo()::timestamptz
    UNION ALL
    SELECT
        (bucket AT TIME ZONE timezone + length) AT TIME ZONE timezone,
        0,
        0,
        entered
    FROM period
    INNER JOIN instore.footfall_${by:raw} ON bucket >= since - length AND bucket < since
    WHERE store_id = ${store:sqlstring}
)

SELECT
    bucket AS time,
    sum(entered) AS "Visits",
    sum(converted) AS "With a purchase",
    sum(before) AS "Visits in the period before"
FROM counted
WHERE bucket < $__timeTo()::timestamptz
GROUP BY bucket
ORDER BY bucket
