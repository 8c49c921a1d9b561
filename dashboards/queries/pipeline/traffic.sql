SELECT
    bucket AS time,
    (sum(stored) - sum(late))::bigint AS "On time",
    sum(late)::bigint AS "Late",
    sum(rejected)::bigint AS "Rejected"
FROM instore.traffic_${by:raw}
WHERE $__timeFilter(bucket)
GROUP BY bucket
ORDER BY bucket
