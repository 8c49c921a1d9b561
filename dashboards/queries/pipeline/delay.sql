SELECT
    bucket AS time,
    (sum(delay_s) / nullif(sum(stored), 0))::double precision AS "Mean",
    max(max_delay_s)::double precision AS "Longest"
FROM instore.traffic_${by:raw}
WHERE $__timeFilter(bucket)
GROUP BY bucket
ORDER BY bucket
