-- Store manager: who came in today, every 5 minutes?
SELECT bucket AS time, entered, exited, passed_by
FROM instore.footfall_5m
WHERE store_id = %(store_id)s AND bucket >= %(day_ago)s AND bucket <= %(now)s
ORDER BY bucket;
