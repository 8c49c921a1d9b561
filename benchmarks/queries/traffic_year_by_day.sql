-- Operator: readings a store and day over the year.
SELECT bucket AS time, store_id, sum(stored) AS stored, sum(rejected) AS rejected
FROM instore.traffic_day
WHERE bucket >= %(year_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
