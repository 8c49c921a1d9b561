-- The period before is moved onto this one by whole hours or days of the store's clock, and so are its first and last ones.
WITH period AS (
    SELECT
        timezone,
        date_trunc('${by:raw}', $__timeFrom()::timestamptz, timezone) AS since,
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
    WHERE store_id = ${store:sqlstring} AND bucket >= (SELECT since FROM period) AND bucket < $__timeTo()::timestamptz
    UNION ALL
    SELECT
        (bucket AT TIME ZONE (SELECT timezone FROM period) + (SELECT length FROM period)) AT TIME ZONE (SELECT timezone FROM period),
        0,
        0,
        entered
    FROM instore.footfall_${by:raw}
    WHERE
        store_id = ${store:sqlstring}
        AND bucket >= (SELECT since - length FROM period)
        AND bucket < (SELECT $__timeTo()::timestamptz - length FROM period)
)

SELECT
    bucket AS time,
    sum(entered) AS "Visits",
    sum(converted) AS "With a purchase",
    sum(before) AS "Visits in the period before"
FROM counted
GROUP BY bucket
ORDER BY bucket
