SELECT
    greatest(traffic.bucket, $__timeFrom()::timestamptz) AS time,
    (sum(traffic.delay_s) / nullif(sum(traffic.stored), 0))::double precision AS "Mean",
    max(traffic.max_delay_s)::double precision AS "Longest"
FROM instore.traffic_${by:raw} AS traffic
LEFT JOIN instore_analysis.stores AS store ON store.store_id = traffic.store_id
WHERE
-- include parts/traffic_since
GROUP BY 1
ORDER BY 1
