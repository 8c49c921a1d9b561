-- Store manager: who came into which zone today, every 5 minutes?
SELECT bucket AS time, zone_id, entered, mean_dwell_s
FROM instore.zone_5m
WHERE store_id = %(store_id)s AND bucket >= %(day_ago)s AND bucket <= %(now)s
ORDER BY bucket, zone_id;
