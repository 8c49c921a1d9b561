-- Planner: zone traffic and mean dwell, day by day over the year.
SELECT bucket AS time, zone_id, visits, mean_dwell_s
FROM instore.zone_day
WHERE store_id = %(store_id)s AND bucket >= %(year_ago)s AND bucket <= %(now)s
ORDER BY bucket, zone_id;
