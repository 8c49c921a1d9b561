-- Chain: waiting and giving up at the tills of each store, a week by hour.
SELECT
    bucket AS time,
    store_id,
    sum(joined) AS joined,
    sum(abandoned) / nullif(sum(served) + sum(abandoned), 0) AS abandonment_rate,
    instore.percentile(instore.sum(wait_histogram), 0.5) AS median_wait_s
FROM instore.queue_hour
WHERE bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
