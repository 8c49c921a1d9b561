-- Operator: how much does each store send a day?
SELECT date_trunc('day', hour, 'Europe/Berlin') AS time, store_id, sum(received) AS received, sum(duplicate) AS duplicate
FROM instore.ingest_counts
WHERE hour > %(month_ago)s AND hour <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
