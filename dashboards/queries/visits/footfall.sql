-- Nothing is compared with a period that began before the store did: somebody must have come in the fortnight before that.
SELECT
    coalesce(sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Visits",
    CASE WHEN EXISTS (
        SELECT
        FROM instore_analysis.visits
        WHERE
            visits.store_id = ${store:sqlstring}
            AND entered_at >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) - interval '14 days'
            AND entered_at < $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    ) THEN
        coalesce(sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0)::double precision
        / nullif(sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) - 1
    END AS "Change"
FROM instore.footfall_5m
WHERE
    store_id = ${store:sqlstring}
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
