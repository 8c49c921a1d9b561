-- Operator: readings a store, every 5 minutes, with what was late or refused.
SELECT bucket AS time, store_id, sum(stored) AS stored, sum(late) AS late, sum(rejected) AS rejected
FROM instore.traffic_5m
WHERE bucket >= %(day_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
