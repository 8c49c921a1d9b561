-- Shop assistant: what needed somebody last?
SELECT at, kind, zone_id, device_id, value, threshold, message
FROM instore.signals
WHERE store_id = %(store_id)s AND at > %(day_ago)s AND at <= %(now)s
ORDER BY at DESC
LIMIT 50;
