-- Chain: who came into which store today, every 5 minutes?
SELECT bucket AS time, store_id, entered
FROM instore.footfall_5m
WHERE bucket >= %(day_ago)s AND bucket <= %(now)s
ORDER BY bucket, store_id;
