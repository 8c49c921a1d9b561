-- Planner: the median dwell in each zone, a week by hour.
SELECT bucket AS time, zone_id, instore.percentile(dwell_histogram, 0.5) AS median_s
FROM instore.zone_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
ORDER BY bucket, zone_id;
