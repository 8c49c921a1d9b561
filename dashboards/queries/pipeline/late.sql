SELECT
    coalesce(nullif(store.name, ''), traffic.store_id) AS "Store",
    sum(traffic.late)::bigint AS "Late readings",
    sum(traffic.late) / nullif(sum(traffic.stored), 0)::double precision AS "Of all",
    max(traffic.max_delay_s)::double precision AS "Longest delay"
FROM instore.traffic_hour AS traffic
LEFT JOIN instore_analysis.stores AS store ON store.store_id = traffic.store_id
WHERE traffic.bucket > $__timeFrom()::timestamptz - interval '1 hour' AND traffic.bucket <= $__timeTo()::timestamptz
GROUP BY traffic.store_id, store.name
HAVING sum(traffic.late) > 0
ORDER BY 2 DESC
