-- Nothing is compared with a period that began before the store did: somebody must have come in the fortnight before that.
WITH
-- include parts/both_periods

SELECT
    coalesce(sum(entered) FILTER (WHERE is_now), 0) AS "Visits",
    CASE WHEN EXISTS (
        SELECT
        FROM instore_analysis.visits
        WHERE
            visits.store_id = ${store:sqlstring}
            AND entered_at >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '14 days'
            AND entered_at < $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    ) THEN
        coalesce(sum(entered) FILTER (WHERE is_now), 0)::double precision
        / nullif(sum(entered) FILTER (WHERE NOT is_now), 0) - 1
    END AS "Change"
FROM both_periods
