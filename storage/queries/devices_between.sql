-- Which devices were heard, or paid, in [since, until).
SELECT DISTINCT device_id
FROM instore.readings
WHERE
    store_id = %(store_id)s
    AND device_id IS NOT NULL
    AND ts >= instore.at(%(since)s::bigint)
    AND ts < instore.at(%(until)s::bigint)
ORDER BY device_id;
