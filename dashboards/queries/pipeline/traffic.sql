SELECT
    greatest(traffic.bucket, $__timeFrom()::timestamptz) AS time,
    (sum(traffic.stored) - sum(traffic.late))::bigint AS "On time",
    sum(traffic.late)::bigint AS "Late",
    sum(traffic.rejected)::bigint AS "Rejected"
FROM instore.traffic_${by:raw} AS traffic
LEFT JOIN instore_analysis.stores AS store ON store.store_id = traffic.store_id
WHERE
-- include parts/traffic_since
GROUP BY 1
ORDER BY 1
