-- Store manager: busy hours of the week, with conversion.
SELECT bucket AS time, entered, converted, conversion_rate, bounce_rate
FROM instore.footfall_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
ORDER BY bucket;
