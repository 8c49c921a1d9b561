SELECT
    count(DISTINCT store_id) FILTER (WHERE bucket >= $__timeFrom()::timestamptz AND entered > 0) AS "Stores",
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz) AS "Visits",
    sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz), 0) - 1 AS "Change",
    sum(converted) FILTER (WHERE bucket >= $__timeFrom()::timestamptz)::double precision
    / nullif(sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Conversion"
FROM instore.footfall_hour
WHERE
    bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
