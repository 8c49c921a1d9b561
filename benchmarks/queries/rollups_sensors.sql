-- Engineer: which sensors are silent or late. From docs/rollups.md.
SELECT sensor_id, max(last_received_at) AS last_heard, sum(delay_s) / nullif(sum(stored), 0) AS mean_delay_s, sum(late) AS late
FROM instore.traffic_hour
WHERE store_id = %(store_id)s AND bucket >= %(now)s - interval '1 day'
GROUP BY 1
ORDER BY last_heard;
