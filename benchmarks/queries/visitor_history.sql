-- Shop assistant: the last visits of this device.
SELECT entered_at, duration_s, path, basket_total, priority
FROM instore.visits
WHERE store_id = %(store_id)s AND device_id = %(device_id)s
ORDER BY entered_at DESC
LIMIT 10;
