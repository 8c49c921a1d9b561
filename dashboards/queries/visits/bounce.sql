SELECT
    sum(bounced) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(completed) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Left at once",
    sum(bounced) FILTER (WHERE bucket < $__timeFrom()::timestamptz)::double precision
    / nullif(sum(completed) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) AS "Before"
FROM instore.footfall_5m
WHERE
    store_id = ${store:sqlstring}
    AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
