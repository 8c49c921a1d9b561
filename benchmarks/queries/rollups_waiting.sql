-- Store manager: waiting at the tills, by day: the median, the 90th percentile, and who gave up. From docs/rollups.md.
SELECT
    bucket,
    zone_id,
    round(instore.percentile(wait_histogram, 0.5)) AS median_s,
    round(instore.percentile(wait_histogram, 0.9)) AS p90_s,
    abandonment_rate
FROM instore.queue_day
WHERE store_id = %(store_id)s
ORDER BY 1, 2;
