SELECT
    coalesce(nullif(stores.name, ''), store_id) AS "Store",
    coalesce(sum(entered) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS "Visits",
    sum(entered) FILTER (WHERE bucket < $__timeFrom()::timestamptz) AS "Period before"
FROM instore.footfall_hour
LEFT JOIN instore.stores USING (store_id)
WHERE
    bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
    AND bucket < $__timeTo()::timestamptz
GROUP BY store_id, stores.name
ORDER BY 2 DESC NULLS LAST, 1
