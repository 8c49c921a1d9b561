SELECT
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS "Visits",
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) - 1 AS "Change"
FROM instore.footfall_5m
WHERE
    store_id = ${store:sqlstring}
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
