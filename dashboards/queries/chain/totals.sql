-- The change is that of the stores that were there before: somebody must have come in the fortnight before both periods.
WITH visits AS (
    SELECT
        store_id,
        sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS entered,
        sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz) AS entered_before,
        sum(converted) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS converted
    FROM instore.footfall_hour
    WHERE
        bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
    GROUP BY store_id
),

known AS (
    SELECT
        *,
        EXISTS (
            SELECT
            FROM instore_analysis.visits AS earlier
            WHERE
                earlier.store_id = visits.store_id
                AND entered_at >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '14 days'
                AND entered_at < $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        ) AS was_there
    FROM visits
)

SELECT
    count(*) FILTER (WHERE entered > 0) AS "Stores",
    coalesce(sum(entered), 0) AS "Visits",
    coalesce(sum(entered) FILTER (WHERE was_there), 0)::double precision
    / nullif(sum(entered_before) FILTER (WHERE was_there), 0) - 1 AS "Change",
    sum(converted)::double precision / nullif(sum(entered), 0) AS "Conversion"
FROM known
