-- Store manager: the year, day by day, with the median and 90th percentile of a visit.
SELECT
    bucket AS time,
    entered,
    conversion_rate,
    instore.percentile(duration_histogram, 0.5) AS median_s,
    instore.percentile(duration_histogram, 0.9) AS p90_s
FROM instore.footfall_day
WHERE store_id = %(store_id)s AND bucket >= %(year_ago)s AND bucket <= %(now)s
ORDER BY bucket;
