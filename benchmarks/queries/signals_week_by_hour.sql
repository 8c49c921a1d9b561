-- Store manager: how often was help needed, by kind, a week by hour?
SELECT bucket AS time, kind, sum(signals) AS signals
FROM instore.signal_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
