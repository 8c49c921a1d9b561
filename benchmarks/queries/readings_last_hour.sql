-- Engineer: readings a minute and kind in the last hour.
SELECT date_bin('1 minute', ts, timestamptz '2000-01-01 00:00:00+00') AS time, kind, count(*) AS readings
FROM instore.readings
WHERE store_id = %(store_id)s AND ts > %(hour_ago)s AND ts <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
