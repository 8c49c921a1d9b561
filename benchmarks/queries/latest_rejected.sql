-- Engineer: what was refused last, with its bytes?
SELECT received_at, store_id, sensor_id, reason, detail, raw
FROM instore.rejected_readings
WHERE received_at > %(day_ago)s AND received_at <= %(now)s
ORDER BY received_at DESC
LIMIT 50;
