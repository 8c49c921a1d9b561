-- Engineer: each sensor of a store today: how much, how late, how fresh?
SELECT
    sensor_id,
    sum(stored) AS stored,
    sum(rejected) AS rejected,
    sum(delay_s) / nullif(sum(stored), 0) AS mean_delay_s,
    max(max_delay_s) AS max_delay_s,
    %(now)s - max(last_received_at) AS silent_for
FROM instore.traffic_hour
WHERE store_id = %(store_id)s AND bucket >= %(day_ago)s AND bucket <= %(now)s
GROUP BY sensor_id
ORDER BY silent_for DESC;
