-- Store manager: waiting at each till today, every 5 minutes, 90th percentile.
SELECT bucket AS time, zone_id, joined, abandoned, instore.percentile(wait_histogram, 0.9) AS p90_wait_s
FROM instore.queue_5m
WHERE store_id = %(store_id)s AND bucket >= %(day_ago)s AND bucket <= %(now)s
ORDER BY bucket, zone_id;
