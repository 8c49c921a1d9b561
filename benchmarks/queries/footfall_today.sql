-- Store manager: the figures of today in one line.
SELECT
    sum(entered) AS visits,
    sum(converted) AS buyers,
    sum(converted) / nullif(sum(entered), 0) AS conversion_rate,
    sum(entered) - sum(exited) AS inside,
    instore.percentile(instore.sum(duration_histogram), 0.5) AS median_s
FROM instore.footfall_day
WHERE store_id = %(store_id)s AND bucket > %(day_ago)s AND bucket <= %(now)s;
