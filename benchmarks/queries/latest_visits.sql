-- Store manager: the visits that ended last.
SELECT device_id, entered_at, left_at, duration_s, path, basket_total, priority
FROM instore.visits
WHERE store_id = %(store_id)s AND left_at <= %(now)s AND left_at > %(day_ago)s AND ended_by IS NOT NULL AND NOT is_staff AND NOT pass_by
ORDER BY left_at DESC
LIMIT 50;
