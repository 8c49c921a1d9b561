SELECT
    instore.percentile(instore.sum(duration_histogram) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0.5) AS "Median stay",
    instore.percentile(instore.sum(duration_histogram) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0.5) AS "Before"
FROM instore.footfall_5m
WHERE
    store_id = ${store:sqlstring}
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
