-- Store manager: a mean week of the last month, for the roster.
SELECT
    extract(ISODOW FROM bucket AT TIME ZONE 'Europe/Berlin') AS weekday,
    extract(HOUR FROM bucket AT TIME ZONE 'Europe/Berlin') AS hour,
    avg(entered) AS visits
FROM instore.footfall_hour
WHERE store_id = %(store_id)s AND bucket >= %(month_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY 1, 2;
